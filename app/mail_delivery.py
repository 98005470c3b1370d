"""From a stored mail to a message, and from a message to an SMTP server or to a folder.

Nothing here writes an address to a log: an error says only what kind of refusal it was.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from assets.mails import Mail

if TYPE_CHECKING:
    from app.settings import Settings

TIMEOUT_S: Final = 20
LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
#: Header by which a mail in the folder `outbox` says what it tells of, so that it goes when that is erased.
TELLS_OF: Final = "X-Vuurtoren-About"
Way = Callable[[EmailMessage, Mail], None]


class NotNow(Exception):
    """This mail could not be sent now and can be tried again; the message holds no address."""


class Refused(Exception):
    """The server will never take this mail; the message holds no address."""


def message(mail: Mail, *, sender: str, host: str) -> EmailMessage:
    """The mail as a message (RFC 5322): plain text in UTF-8, with what a mailer must say of itself."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("Vuurtoren", addr_spec=sender)
    made["To"] = Address(addr_spec=mail.recipient)
    made["Subject"] = mail.subject
    made["Date"] = mail.created_at
    made["Message-ID"] = f"<{mail.message_key.hex}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    if mail.reply_to is not None:
        made["Reply-To"] = mail.reply_to
    if mail.stop_url is not None:
        made["List-Unsubscribe"] = f"<{mail.stop_url}>"
        if mail.stop_url.startswith("https:"):
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    made.set_content(mail.body, charset="utf-8", cte="quoted-printable")
    made["Content-Language"] = mail.language  # after the content, which brings its own Content-* headers
    return made


def way_of(settings: "Settings") -> Callable[[Mail], None]:
    """How mails leave: by the SMTP server of the settings, or into the folder `outbox` without one."""
    host = _host(settings)
    sender = settings.mail_from or settings.contact_email or f"vuurtoren@{host}"
    way: Way = SmtpServer.of(settings.smtp_url) if settings.smtp_url else Outbox(settings.data_dir / "outbox")

    def send(mail: Mail) -> None:
        try:
            made = message(mail, sender=sender, host=host)
        except (ValueError, HeaderParseError) as error:
            raise Refused(f"no message can be made of it ({type(error).__name__})") from None
        way(made, mail)

    return send


def _host(settings: "Settings") -> str:
    """The name of this service in mail: that of its address, in ASCII."""
    name = urlsplit(settings.address).hostname or "localhost"
    with suppress(ValueError):
        ip_address(name)
        return "localhost"
    return name.encode("idna").decode("ascii")


# --- By SMTP ---


@dataclass(frozen=True)
class SmtpServer:
    """A server that takes mails, as smtp://user:password@host:port (STARTTLS) or smtps:// (TLS from the start)."""

    host: str
    port: int
    secure: bool
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Read an address; ValueError when it is none."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("write it as smtp://user:password@host:port")
        user = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        if (user is None) != (password is None):
            raise ValueError("it has a user without a password; write it as smtp://user:password@host:port")
        usual = 465 if parts.scheme == "smtps" else 587 if user else 25
        return cls(parts.hostname, parts.port or usual, parts.scheme == "smtps", user, password)

    def __call__(self, made: EmailMessage, mail: Mail) -> None:
        """Hand a message over; NotNow or Refused when the server does not take it."""
        try:
            sender = made["From"].addresses[0]
            server = self._connected(sender.domain)
            try:
                server.sendmail(sender.addr_spec, [mail.recipient], made.as_bytes())
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()  # the mail has been taken: a goodbye that fails must not send it again
            finally:
                server.close()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refusal(codes[0] if codes else 0, "the address") from None
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, "the message") from None
        except smtplib.SMTPSenderRefused as error:
            # a matter of the settings: worth another try when they have been mended
            raise NotNow(f"the mail server refuses the sender, VUURTOREN_MAIL_FROM ({error.smtp_code})") from None
        except smtplib.SMTPAuthenticationError as error:
            raise NotNow(f"the mail server refuses user or password ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            raise NotNow(f"the mail server answered {error.smtp_code}") from None
        except ssl.SSLError as error:
            raise NotNow(f"no safe connection with the mail server ({error.reason or type(error).__name__})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(f"the mail server cannot be reached ({type(error).__name__})") from None

    def _connected(self, name: str) -> smtplib.SMTP:
        """A conversation in which we are called by this name, and not by that of this machine."""
        context = ssl.create_default_context()
        if self.secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, name, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=TIMEOUT_S)
        try:
            server.ehlo_or_helo_if_needed()
            if not self.secure and self.host not in LOOPBACK:
                if server.has_extn("starttls"):
                    server.starttls(context=context)
                elif self.user is not None:
                    raise NotNow("the mail server offers no STARTTLS, and the password is not sent in the open")
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int, what: str) -> NotNow | Refused:
    if 500 <= code < 600:
        return Refused(f"the mail server refuses {what} ({code})")
    return NotNow(f"the mail server does not take {what} now ({code})")


# --- Into a folder ---


@dataclass(frozen=True)
class Outbox:
    """A folder of .eml files, for a service without a mail server; their names hold no address."""

    folder: Path

    def __call__(self, made: EmailMessage, mail: Mail) -> None:
        """Write the message to a file, whole or not at all; the same mail again is the same file."""
        if mail.about:
            made[TELLS_OF] = " ".join(mail.about)
        name = f"{mail.created_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{mail.message_key.hex[:12]}.eml"
        unfinished = self.folder / f".{name}.new"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(made.as_bytes())
            unfinished.replace(self.folder / name)
        except OSError as error:
            raise NotNow(f"the folder outbox cannot be written to ({error.strerror})") from None
