"""Settings: where they come from, what is refused, and what is never shown."""

import os
from pathlib import Path

import pytest

from app import settings as environment

URL = "postgresql://vuurtoren:geheim@db.example.org:5433/kaart"


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env of the developer takes part."""
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    """Without a word of an operator the private database, the loopback address and Dutch are used."""
    settings = environment.load()
    assert settings.embedded
    assert (settings.host, settings.port, settings.language, settings.storage_srid) == ("127.0.0.1", 8000, "nl", 28992)


def test_data_dir_of_root_and_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's data lies under /var/lib, another user's in their own data folder."""
    if os.geteuid() == 0:
        assert environment.default_data_dir() == Path("/var/lib/vuurtoren")
    else:
        monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
        assert environment.default_data_dir() == Path("/somewhere/vuurtoren")


def test_environment_wins_over_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment counts more than a line of .env, and each is named as the origin."""
    Path(".env").write_text("VUURTOREN_PORT=8081\nVUURTOREN_LANGUAGE=en\n")
    monkeypatch.setenv("VUURTOREN_PORT", "8082")
    settings = environment.load()
    assert (settings.port, settings.language) == (8082, "en")
    origins = {row.name: row.origin for row in environment.shown(settings)}
    assert origins["VUURTOREN_PORT"] == "environment"
    assert origins["VUURTOREN_LANGUAGE"] == ".env"
    assert origins["VUURTOREN_HOST"] == "default"


def test_every_setting_is_shown_and_described() -> None:
    """`vuurtoren settings` leaves none out, and each has a description for the documentation."""
    names = [row.name for row in environment.shown(environment.load())]
    assert names == [f"VUURTOREN_{field.upper()}" for field in environment.Settings.model_fields]
    assert all(field.description for field in environment.Settings.model_fields.values())


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the table of settings nor their text form holds a password or the secret."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", URL)
    monkeypatch.setenv("VUURTOREN_PUBLIC_DATABASE_URL", URL.replace("geheim@", "ge@heim@") + "?password=geheim")
    monkeypatch.setenv("VUURTOREN_SECRET", "geheim-geheim-geheim")
    settings = environment.load()
    shown = " ".join(row.value for row in environment.shown(settings))
    assert "heim" not in shown
    assert "***@db.example.org:5433/kaart" in shown
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_database_url_of_any_provider(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL that a hosting provider gives is taken as it is."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", URL.replace("postgresql", scheme, 1))
    assert environment.load().database_url == URL.replace("postgresql", "postgresql+psycopg")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:geheim@host/db"),
        ("DATABASE_URL", "geheim"),
        ("DATABASE_URL", "postgresql://u:geheim@host:poort/db"),
        ("STORAGE_CRS", "rijksdriehoek"),
        ("PORT", "0"),
        ("PORT", "tachtig"),
        ("WORKERS", "0"),
        ("LANGUAGE", "de"),
        ("SECRET", "geheim"),
        ("BASE_URL", "kaart.example.org"),
        ("UPLOAD_MB", "-1"),
    ],
)
def test_wrong_value_is_named_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be used is refused in one sentence with its name, never with its value."""
    monkeypatch.setenv(f"VUURTOREN_{name}", value)
    with pytest.raises(environment.SettingsError) as refused:
        environment.load()
    sentence = str(refused.value)
    assert sentence.startswith(f"VUURTOREN_{name} cannot be used: ")
    assert "geheim" not in sentence
    assert "\n" not in sentence


def test_all_wrong_values_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong settings are told together."""
    monkeypatch.setenv("VUURTOREN_PORT", "x")
    monkeypatch.setenv("VUURTOREN_LOG", "xml")
    with pytest.raises(environment.SettingsError, match=r"PORT.*LOG"):
        environment.load()


def test_misspelt_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A VUURTOREN_ variable that is no setting is listed, from the environment and from .env."""
    Path(".env").write_text("VUURTOREN_TAAL=nl\nOTHER=1\n")
    monkeypatch.setenv("VUURTOREN_PROT", "8080")
    assert environment.unknown_variables() == ["VUURTOREN_PROT", "VUURTOREN_TAAL"]


def test_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable, as compose files make them, means the default."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", "")
    assert environment.load().embedded
