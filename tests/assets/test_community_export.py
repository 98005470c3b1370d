"""Everything of a community as one zip: complete, readable by other programs, and with nothing of anybody else."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import geopandas
import pandas
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import community_export, connections, consents, conversations, inventory
from assets.drafts import AssetDraft, ConversationDraft
from assets.errors import NotAllowed, NotFound
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Audience, ConnectionKind, Role
from tests.assets.test_community_leave import Planted, drawn, plant, two
from tests.neighbourhood import DAY

__all__ = ["drawn", "two"]


def exported(session: Session, planted: Planted) -> ZipFile:
    """The zip of a community, read back."""
    stream = io.BytesIO()
    community_export.write(session, planted.id, stream, by=planted.steward)
    return ZipFile(stream)


def rows(made: ZipFile, name: str) -> list[dict[str, str]]:
    """The rows of one table."""
    return list(csv.DictReader(io.StringIO(made.read(name).decode("utf-8-sig"), newline="")))


def test_everything_of_it_is_there(two: tuple[Session, Planted, Planted], tmp_path: Path) -> None:
    """Read back with geopandas and pandas, each table has as many rows as the database; a photo is a picture."""
    session, west, _ = two
    made = exported(session, west)
    assert made.testzip() is None
    made.extractall(tmp_path)
    entries = geopandas.read_file(tmp_path / "assets.geojson")
    assert 4326 == entries.crs.to_epsg()
    counts = {
        "activities.csv": "activity AS t JOIN asset AS a ON a.id = t.asset_id WHERE a.community_id = :id",
        "conversations.csv": "conversation AS t WHERE t.community_id = :id",
        "suggestions.csv": "suggestion AS t WHERE t.community_id = :id",
        "consents.csv": "consent AS t JOIN asset AS a ON a.id = t.asset_id WHERE a.community_id = :id",
        "history.csv": "change AS t WHERE t.community_id = :id",
        "members.csv": "membership AS t WHERE t.community_id = :id",
        "photos.csv": "photo AS t JOIN asset AS a ON a.id = t.asset_id WHERE a.community_id = :id",
    }
    noted = 1  # that it was exported is noted afterwards
    for name, of in counts.items():
        count = session.scalar(text(f"SELECT count(*) FROM {of}"), {"id": west.id})
        assert count - (noted if name == "history.csv" else 0) == len(pandas.read_csv(tmp_path / name)) > 0, name
    assert len(entries) == session.scalar(text("SELECT count(*) FROM asset WHERE community_id = :id"), {"id": west.id})
    assert {"club", "person"} == set(entries["kind"])
    person = entries[entries["kind"] == "person"].iloc[0]
    assert ("public", "given") == (person["audience"], person["consent"])
    assert 2 == len(rows(made, "connections.csv"))
    [photo] = rows(made, "photos.csv")
    assert made.read(photo["file"]).startswith(b"\xff\xd8")
    assert west.word in photo["alt"]
    about = json.loads(made.read("community.json"))
    assert west.word.lower() == about["slug"]
    assert f"Om {west.word}" == about["shared_with_the_municipality"]["conversations"]["reason"]
    readme = made.read("README.txt").decode()
    assert set(made.namelist()) - {photo["file"], "README.txt"} <= set(readme.replace(",", " ").split())


def test_nothing_of_anybody_else(two: tuple[Session, Planted, Planted]) -> None:
    """No word of the other community, of who withdrew, of an address or of a key; the other end is a number."""
    session, west, oost = two
    hidden = AssetDraft.model_validate(
        {"kind": "person", "title": "Nel Verstopje", "description": "Verstopje", "place": {"area": "BU00010102"}}
    )
    nel = inventory.add(session, hidden, by=west.steward, today=DAY).id
    consents.record(
        session, nel, audience=Audience.public, wording_version="1", wording="Verstopje?", language="nl",
        given_on=date.today(), by=west.steward.name,
    )  # fmt: skip
    connections.add(session, nel, ConnectionKind.organises, west.club, by=west.steward)
    consents.withdraw(session, nel, by=west.steward.name)
    made = exported(session, west)
    said = "\n".join(made.read(name).decode("utf-8", "replace") for name in made.namelist())
    assert west.word in said
    for word in (oost.word, "Verstopje", "@example.org", "account:", "token:", '"holder"'):
        assert word not in said, word
    ends = {(one["from_id"], one["from_title"]) for one in rows(made, "connections.csv")}
    assert (str(oost.club), "") in ends
    hashes = session.scalars(
        text("SELECT follow_hash FROM suggestion UNION SELECT token_hash FROM personal_link")
    ).all()
    assert hashes
    assert not [one for one in hashes if one in said]


def test_a_spreadsheet_runs_nothing(two: tuple[Session, Planted, Planted]) -> None:
    """A cell that begins like a formula gets an apostrophe, in whatever table it stands."""
    session, west, _ = two
    talk = ConversationDraft(street="Kerkstraat", held_on=DAY, note="=HYPERLINK(1)")
    conversations.add(session, talk, by=west.steward, today=DAY)
    session.execute(text("UPDATE photo SET alt = '+31'"))
    session.execute(text("UPDATE account SET name = '@stien' WHERE name = :name"), {"name": west.steward.name})
    made = exported(session, west)
    tables = [name for name in made.namelist() if name.endswith(".csv")]
    cells = [cell for name in tables for row in rows(made, name) for cell in row.values()]
    assert {"'=HYPERLINK(1)", "'+31", "'@stien"} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def test_who_may(two: tuple[Session, Planted, Planted]) -> None:
    """A steward of this community and the operator; the history of the community tells that it was done."""
    session, west, oost = two
    builder = Viewer("Bo", Role.builder, account_id=98, community_id=west.id, roles={west.id: Role.builder})
    for somebody in (
        oost.steward,
        builder,
        Viewer("programma", Role.steward, token_id=1),
        Viewer("Ad", Role.admin, account_id=99),
    ):
        with pytest.raises(NotAllowed):
            community_export.write(session, west.id, io.BytesIO(), by=somebody)
    with pytest.raises(NotFound):
        community_export.write(session, 2**40, io.BytesIO(), by=OPERATOR)
    community_export.write(session, west.id, io.BytesIO(), by=OPERATOR)
    told = text("SELECT by FROM change WHERE subject = 'community' AND action = 'exported' AND community_id = :id")
    assert ["operator"] == list(session.scalars(told, {"id": west.id}))


def test_an_empty_community(drawn: Session) -> None:
    """It has every file, with its columns and without rows."""
    made = exported(drawn, plant(drawn, "Zilvervisje"))
    empty = inventory.communities.add(drawn, "leeg", "Leeg").id
    stream = io.BytesIO()
    community_export.write(drawn, empty, stream, by=OPERATOR)
    bare = ZipFile(stream)
    assert set(bare.namelist()) == {name for name in made.namelist() if not name.startswith("photos/")}
    assert [] == json.loads(bare.read("assets.geojson"))["features"]
    assert [] == rows(bare, "members.csv")
