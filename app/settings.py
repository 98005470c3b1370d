"""The settings: environment variables VUURTOREN_* or lines of a file .env, documented in docs/settings.md.

Built at the edges only (main, cli, migrations): everything below gets what it needs as an argument.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assets.litter import CROW, Thresholds

PREFIX = "VUURTOREN_"
ENV_FILE = ".env"
SHORTEST_SECRET = 16


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence for the operator."""


def default_data_dir() -> Path:
    """Return where data is kept when nothing is said: /var/lib for root, the user's own data folder otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/vuurtoren")
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "vuurtoren"


class Settings(BaseSettings):
    """Every setting, with its default; a field's description is what docs and `vuurtoren settings` say about it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore",
        hide_input_in_errors=True,
    )  # fmt: skip

    database_url: str | None = Field(
        default=None, repr=False,
        description="PostgreSQL server with PostGIS to use, as postgresql://user:password@host:port/database. "
        "Without it Vuurtoren starts a private one.",
    )  # fmt: skip
    owner_database_url: str | None = Field(
        default=None, repr=False,
        description="The same database as its owner, for changing the schema. Without it: VUURTOREN_DATABASE_URL, "
        "whose user then owns the database and acts as the role vuurtoren_app while it serves.",
    )  # fmt: skip
    public_database_url: str | None = Field(
        default=None, repr=False,
        description="Other URL for anonymous reading, such as a read-only replica; its user may read the "
        "published_* views only. Without it: the same server, as the role vuurtoren_public.",
    )  # fmt: skip
    storage_crs: Annotated[int, NoDecode] = Field(
        default=28992,
        description="Projected CRS in metres in which geometry is kept, as EPSG:number. Fixed by the first migration.",
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder of the private database server: /var/lib/vuurtoren for root, "
        "~/.local/share/vuurtoren for another user.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    base_url: str | None = Field(
        default=None,
        description="Address at which visitors reach the service, for links. Without it: that of the request.",
    )
    secret: SecretStr | None = Field(
        default=None,
        description=f"At least {SHORTEST_SECRET} random characters for signing; required with a database server "
        "of your own. The private server's secret is made once and kept in the data folder.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="OpenID Connect provider at which staff of a municipality sign in, as https://login.example.org. "
        "Its address for coming back is /sign-in/oidc/callback.",
    )
    oidc_client_id: str | None = Field(default=None, description="Name by which that provider knows this service.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret that goes with that name; without it the service is a public client."
    )
    contact_email: str | None = Field(
        default=None,
        description="E-mail address of whoever runs this map, for programmers and for reports of security problems. "
        "Without it they are sent to the page /about.",
    )
    smtp_url: str | None = Field(
        default=None, repr=False,
        description="Mail server, as smtp://user:password@host:port or smtps://. Without it mails are written to the "
        "folder outbox of the data folder.",
    )  # fmt: skip
    mail_from: str | None = Field(
        default=None,
        description="E-mail address that mails come from. Without it: VUURTOREN_CONTACT_EMAIL, or vuurtoren@ the host "
        "of VUURTOREN_BASE_URL.",
    )
    language: str = Field(
        default="nl",
        description="Language of pages for who asks for no other: nl, en, or another of which there is a file in "
        "app/locales.",
    )
    litter_coarse: Annotated[tuple[float, float, float, float], NoDecode] = Field(
        default=CROW.coarse,
        description="Most pieces of coarse litter per 100 square metres for the levels A+, A, B and C; more is D.",
    )
    litter_fine: Annotated[tuple[float, float, float, float], NoDecode] = Field(
        default=CROW.fine,
        description="Most pieces of fine litter per square metre for the levels A+, A, B and C; more is D.",
    )
    activity_hours: float = Field(
        default=1.0, ge=0.1, le=24, allow_inf_nan=False,
        description="Hours that an activity is taken to have lasted when nobody wrote how long, in the plan.",
    )  # fmt: skip
    upload_mb: int = Field(default=20, ge=1, le=2000, description="Largest body of a request, in megabytes.")
    log: Literal["text", "json"] = Field(default="text", description="Form of the log lines on standard error.")

    @field_validator("storage_crs", mode="before")
    @classmethod
    def _epsg_number(cls, value: object) -> object:
        found = re.fullmatch(r"(?:EPSG:)?(\d{4,6})", str(value).strip(), re.IGNORECASE)
        if not found:
            raise ValueError("write it as EPSG:28992")
        return int(found[1])

    @field_validator("database_url", "owner_database_url", "public_database_url")
    @classmethod
    def _postgresql_url(cls, value: str | None) -> str | None:
        """Name the driver, so that the URL of any hosting provider works as it is."""
        if value is None:
            return None
        scheme, _, rest = value.partition("://")
        if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
            raise ValueError("write it as postgresql://user:password@host:port/database")
        try:
            _ = urlsplit(value).port
        except ValueError:
            raise ValueError(
                "its port is no number; write it as postgresql://user:password@host:port/database"
            ) from None
        return f"postgresql+psycopg://{rest}"

    @field_validator("litter_coarse", "litter_fine", mode="before")
    @classmethod
    def _rising_numbers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",")]
        numbers = [float(part) for part in parts if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", part)]
        if len(parts) != 4 or len(numbers) != 4 or numbers != sorted(set(numbers)):
            raise ValueError("write four numbers from low to high, as 0,3,10,25")
        return tuple(numbers)

    @field_validator("language")
    @classmethod
    def _offered(cls, value: str) -> str:
        from app import i18n

        found = i18n.known(value)
        if found is None:
            raise ValueError(f"write one of {', '.join(i18n.languages())}")
        return found

    @field_validator("data_dir")
    @classmethod
    def _home_folder(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("write it as https://map.example.org")
        return value.rstrip("/") if value else None

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_provider(cls, value: str | None) -> str | None:
        safe = r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s?#]*)?"
        if value is not None and not re.fullmatch(safe, value):
            raise ValueError("write it as https://login.example.org")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str | None) -> str | None:
        from app.mail_delivery import SmtpServer

        if value is not None:
            SmtpServer.of(value)
        return value

    @field_validator("contact_email", "mail_from")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^\s@<>,;]{1,64}@[^\s@<>,;]+\.[^\s@<>,;]{2,}", value):
            raise ValueError("write it as map@example.org")
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"it has fewer than {SHORTEST_SECRET} characters")
        return value

    @property
    def storage_srid(self) -> int:
        """The EPSG number of the storage CRS."""
        return self.storage_crs

    @property
    def litter(self) -> Thresholds:
        """From pieces of litter to levels."""
        return Thresholds(coarse=self.litter_coarse, fine=self.litter_fine)

    @property
    def address(self) -> str:
        """Where the service is, for links that no request asked for: the setting, else where it listens."""
        if self.base_url is not None:
            return self.base_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.port}"  # noqa: S104 - compares

    @property
    def owner_url(self) -> str:
        """The URL as which the schema is changed; a database must be named or running."""
        return str(self.owner_database_url or self.database_url)

    def on(self, urls: dict[str, str]) -> "Settings":
        """These settings with the URLs of the private cluster; a URL of one's own for visitors stays."""
        own = {"public_database_url": self.public_database_url} if self.public_database_url else {}
        return self.model_copy(update={**urls, **own})

    @property
    def embedded(self) -> bool:
        """Whether the private database server is to be used."""
        return self.database_url is None


def load(**given: Any) -> Settings:
    """Return the settings of this environment; SettingsError names the wrong variables, never values."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [
            f"{PREFIX}{str(fault['loc'][0]).upper()} cannot be used: {_plain(fault['type'], fault['msg'])}"
            for fault in error.errors()
        ]
        raise SettingsError("; ".join(faults) + ".") from None


def _plain(kind: str, message: str) -> str:
    """Return what pydantic says in our words."""
    if kind.startswith("int_"):
        return "write a whole number"
    message = message.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return f"it {message}" if message.startswith("should") else message


# --- What `vuurtoren settings` shows ---


@dataclass(frozen=True)
class Shown:
    """One setting as it may be shown: name of its variable, value with secrets hidden, and where it comes from."""

    name: str
    value: str
    origin: Literal["default", "environment", ".env"]


def shown(settings: Settings) -> list[Shown]:
    """Return every setting in the order of the documentation, secrets hidden."""
    in_file = _names_in_env_file()
    rows = []
    for field in Settings.model_fields:
        name = f"{PREFIX}{field.upper()}"
        origin: Literal["default", "environment", ".env"] = "default"
        if os.environ.get(name):
            origin = "environment"
        elif name in in_file:
            origin = ".env"
        rows.append(Shown(name, _showable(field, getattr(settings, field)), origin))
    return rows


def _showable(field: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, SecretStr):
        return "(hidden)"
    if field.endswith("database_url") or field == "smtp_url":
        return without_password(str(value))
    if isinstance(value, tuple):
        return ",".join(f"{number:g}" for number in value)
    return f"EPSG:{value}" if field == "storage_crs" else str(value)


def without_password(url: str) -> str:
    """Return the URL of a database or mail server in which every password is replaced by stars."""
    url = re.sub(r"(://[^:/@?]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)(password=)[^&]*", r"\1***", url)


def unknown_variables() -> list[str]:
    """Return the names VUURTOREN_* in the environment and in .env that are no setting: most likely misspelt."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    there = {name for name in os.environ if name.startswith(PREFIX)} | _names_in_env_file()
    return sorted(there - known)


def _names_in_env_file() -> set[str]:
    from dotenv import dotenv_values

    values = dotenv_values(ENV_FILE, encoding="utf-8") if Path(ENV_FILE).is_file() else {}
    return {name.upper() for name, value in values.items() if name.upper().startswith(PREFIX) and value}
