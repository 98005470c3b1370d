"""E-mail addresses: what is one, written in one way."""

import re

from assets.errors import Invalid

LONGEST, LONGEST_NAME = 254, 64
#: The letters before the @ (RFC 5322 dot-atom): no quotes, comments or display names.
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def checked(text: str, *, pointer: str = "email") -> str:
    """The address in one way of writing: without spaces around it, its domain in small ASCII letters.

    A domain with other letters (`café.example`) becomes its ASCII form (`xn--caf-dma.example`), which every mail server
    knows.

    Raises:
        Invalid: what cannot be an address, with its place and what is wrong.
    """
    text = text.strip()
    name, at, domain = text.rpartition("@")
    if not at or not name or not domain or not text.isprintable() or re.search(r"[\s<>,;\"()]", text):
        raise Invalid.at(pointer, "This is no e-mail address. Write it as name@example.org.")
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise Invalid.at(pointer, "What stands before the @ cannot be used. Is there a typing error in it?")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise Invalid.at(pointer, "What stands after the @ cannot be used. Is there a typing error in it?")
    if len(name) + 1 + len(ascii_domain) > LONGEST:
        raise Invalid.at(pointer, "This e-mail address is too long.")
    return f"{name}@{ascii_domain}"
