"""Mails, from a template to the queue: written in the transaction of the work that they tell of.

    mail.post(session, "thanks", to=address, language="nl", title=asset.title, page=f"/assets/{asset.id}")

A template is `templates/mail/<name>.txt`: plain text, its first line `Subject: ...`, a paragraph a line (lines are
folded here). `{{ address(path) }}` is the full address of a page of ours, always under VUURTOREN_BASE_URL and never
under what a request called us. What people wrote comes out on one line; `{{ words|quoted }}` shows longer words as
quoted lines, and `{{ part()|lines }}` what a macro of the template itself made. No line of a mail can become a header.
"""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app import i18n, words
from app.database import ADDRESS
from app.templating import HERE
from assets import mails
from assets.email_addresses import checked
from assets.mails import Mail

WIDTH: Final = 72
LONGEST_SUBJECT: Final = 150
SUBJECT: Final = "Subject: "


def post(
    session: Session,
    template: str,
    *,
    to: str,
    language: str,
    stop: str | None = None,
    about: Sequence[str] = (),
    reply_to: str | None = None,
    **values: object,
) -> None:
    """Hand a mail to the queue; it is sent after the session's transaction is committed, and not at all otherwise.

    Args:
        session: of app.database, which knows the address of the service.
        template: name in templates/mail, without `.txt`.
        to: one e-mail address; Invalid when it cannot be one.
        language: code of the language of the mail; Dutch when it is none of ours.
        stop: path that ends such mails with one POST and no form (RFC 8058); the template knows it as `stop`.
        about: what it tells of, as `asset:12` or `suggestion:5`; when that is erased the mail is not sent.
        reply_to: an address that answers go to, of somebody who said so.
        values: what the template needs.
    """
    base_url = session.info.get(ADDRESS)
    if base_url is None:
        raise LookupError("this session does not know the address of the service: make it in app.database")
    spoken = i18n.known(language) or i18n.DEFAULT
    subject, body = compose(template, base_url=base_url, language=spoken, stop=stop, **values)
    mails.hand_in(
        session,
        Mail(
            recipient=checked(to), language=spoken, subject=subject, body=body, about=list(about),
            stop_url=None if stop is None else full_address(base_url, stop),
            reply_to=None if reply_to is None else checked(reply_to),
        ),
    )  # fmt: skip


def compose(template: str, *, base_url: str, language: i18n.Language, **values: object) -> tuple[str, str]:
    """Subject and text of a mail."""
    text = environment(language).get_template(f"{template}.txt").render(
        **values, language=language, address=lambda path: full_address(base_url, path)
    )  # fmt: skip
    first, _, rest = text.partition("\n")
    if not first.startswith(SUBJECT):
        raise ValueError(f"the first line of mail/{template}.txt is no {SUBJECT!r}")
    subject = one_line(first.removeprefix(SUBJECT))
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(_folded(clean(line)) for line in rest.split("\n"))).strip()
    return subject, f"{body}\n\n-- \nVuurtoren\n{base_url}\n"


def full_address(base_url: str, path: str) -> str:
    """The address of a page of ours; ValueError for what is no path of ours."""
    if not re.fullmatch(r"/(?!/)[!-~]*", path):
        raise ValueError("a mail links to a path of ours, in ASCII, that begins with one slash")
    return f"{base_url}{path}"


# --- Text that cannot do anything but be read ---


def clean(text: str) -> str:
    """The text without what is no letter: control characters, halves of characters, and turns of the direction."""
    return "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in text
        if unicodedata.category(c) != "Cs" and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    )


def one_line(text: str) -> str:
    """The text on one line with single spaces."""
    return re.sub(r"\s+", " ", clean(text)).strip()


class _Lines(str):
    """Text whose line ends were made by us."""

    __slots__ = ()


def _quoted(text: str) -> _Lines:
    """Words of somebody, marked as theirs on every line."""
    return _Lines("\n".join(f"> {one_line(line)}".rstrip() for line in text.strip().splitlines()))


def _finalize(value: object) -> object:
    return one_line(value) if isinstance(value, str) and not isinstance(value, _Lines) else value


def _folded(line: str) -> str:
    """A paragraph in lines of 72 characters; an address is never cut."""
    mark = re.match(r"(> |[-*] |  )?", line)
    hang = {"> ": "> ", "": ""}.get(mark[0] if mark else "", "  ")
    return "\n".join(
        textwrap.wrap(line.rstrip(), WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
    )


@lru_cache(maxsize=4)
def environment(language: i18n.Language) -> Environment:
    """The templates of mails in a language."""
    speaker = i18n.translator(language)
    made = Environment(
        loader=FileSystemLoader(HERE / "templates" / "mail"),
        autoescape=False,  # noqa: S701 - plain text; what is written in it cannot become a header or a tag
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        speaker.gettext, speaker.ngettext, newstyle=True, pgettext=speaker.pgettext, npgettext=speaker.npgettext
    )
    made.policies["ext.i18n.trimmed"] = True
    made.filters |= {
        "day": speaker.day, "weekday": speaker.weekday, "month": speaker.month, "number": speaker.number,
        "quoted": _quoted, "lines": _Lines,
    }  # fmt: skip
    made.globals |= {"words": words}
    return made
