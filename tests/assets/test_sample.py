"""The sample neighbourhood shows everything the map can show, gives nobody away and leaves no trace when it goes."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import dist
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from assets import communities, coverage, inventory, lookups, sample
from assets.activities import Activity
from assets.areas import Area
from assets.consents import Consent
from assets.conversations import Conversation
from assets.drafts import AssetDraft
from assets.errors import Conflict, Invalid, NotFound
from assets.inventory import Asset
from assets.people import refuse_personal_data
from assets.permissions import OPERATOR, Viewer
from assets.streets import Segment, Street, StreetPart
from assets.vocabulary import AssetKind, LookupKind, Placement, Role, StreetState, Theme

OUDE_VEER, ZONNEHOF = "BU99990101", "BU99990102"
FILES = ("areas.geojson", "streets.geojson", "assets.json", "activities.json", "conversations.json")


def file(name: str) -> Any:
    return json.loads((sample.FOLDER / name).read_text(encoding="utf-8"))


def entry(key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in file("assets.json") if one["key"] == key)
    return found


@pytest.fixture
def loaded(sample_url: str) -> Iterator[Session]:
    """A session on the shared sample neighbourhood; nothing it does lasts."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture
def own(own_sample_url: str) -> Iterator[Session]:
    """A session on a sample neighbourhood that the test may change."""
    engine = create_engine(own_sample_url)
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


def litter(session: Session) -> dict[tuple[str, str | None], coverage.StreetPartCoverage]:
    """The state of every street part for litter today, by street and neighbourhood."""
    parts = coverage.street_parts(session, on=date.today(), theme=Theme.litter)
    return {(part.name, part.area_code): part for part in parts}


# --- What the files hold ---


def test_the_files_are_small() -> None:
    """A visitor's first start must not wait for a big download: all sample data together is under 300 KB."""
    assert sum((sample.FOLDER / name).stat().st_size for name in FILES) < 300_000


def test_it_lies_in_open_water() -> None:
    """The sample pretends to be nobody's street plan: every coordinate lies in the middle of the Markermeer, in RD."""
    for feature in file("streets.geojson")["features"]:
        for x, y in feature["geometry"]["coordinates"]:
            assert 148_500 < x < 152_000
            assert 504_000 < y < 506_500


def test_streets_meet_where_they_cross() -> None:
    """One can walk from every street to every other: segments are split at crossings and share their end points."""
    joined = defaultdict(set)
    for feature in file("streets.geojson")["features"]:
        line = [tuple(position) for position in feature["geometry"]["coordinates"]]
        joined[line[0]].add(line[-1])
        joined[line[-1]].add(line[0])
    reached, queue = set(), [next(iter(joined))]
    while queue:
        here = queue.pop()
        if here not in reached:
            reached.add(here)
            queue += joined[here]
    assert reached == set(joined)


def test_streets_have_the_size_of_streets() -> None:
    """Between sixty and seventy named streets of 80 to 600 metres; only the avenue with its two carriageways is
    longer."""
    lengths: dict[str, float] = defaultdict(float)
    for feature in file("streets.geojson")["features"]:
        if feature["properties"]["name"]:
            lengths[feature["properties"]["name"]] += sum(
                dist(a, b) for a, b in pairwise(feature["geometry"]["coordinates"])
            )
    assert 60 <= len(lengths) <= 70
    assert min(lengths.values()) > 80
    long = {name for name, length in lengths.items() if length > 615}
    assert long == {"Vuurtorenlaan"}


def test_words_give_nobody_away() -> None:
    """No text of the sample holds an e-mail address, a telephone number or a bank account, and none is an address."""
    for name in ("assets.json", "activities.json", "conversations.json"):
        for one in file(name):
            for field in ("title", "description", "rhythm", "note"):
                refuse_personal_data(one.get(field) or "", f"/{field}")
            for gift in one.get("gifts", []):
                refuse_personal_data(gift["what"], "/gifts")


def test_titles_of_persons_name_a_gift_and_not_a_person() -> None:
    """A made-up resident is called a resident, so that nobody real can be meant."""
    persons = [one for one in file("assets.json") if one["kind"] == "person"]
    assert len(persons) == 10
    assert all(one["title"].startswith("Een bewoner ") for one in persons)


def test_nothing_happened_before_it_started_or_after_it_ended() -> None:
    """The dates of an entry and of what it did agree with each other."""
    entries = {one["key"]: one for one in file("assets.json")}
    for one in file("activities.json"):
        asset = entries[one["asset"]]
        assert asset["started_on"] <= one["held_on"] <= asset.get("ended_on", "2026-11-23"), one


# --- What is on the map ---


def test_all_kinds_are_there(loaded: Session) -> None:
    """Sixty entries of all seven kinds, with two years of activities and conversations."""
    kinds = dict(loaded.execute(select(Asset.kind, func.count()).group_by(Asset.kind)).all())
    assert kinds == {
        AssetKind.street_initiative: 25,
        AssetKind.person: 10,
        AssetKind.club: 8,
        AssetKind.meeting_place: 8,
        AssetKind.institution: 3,
        AssetKind.exchange: 3,
        AssetKind.story: 3,
    }
    assert loaded.scalar(select(func.count(Activity.id))) == len(file("activities.json"))
    assert loaded.scalar(select(func.count(Conversation.id))) == len(file("conversations.json"))
    first, last = loaded.execute(select(func.min(Activity.held_on), func.max(Activity.held_on))).one()
    assert timedelta(days=700) < last - first < timedelta(days=760)


def test_importing_refuses_nothing(loaded: Session) -> None:
    """The sample's own files are read whole: nothing is refused and every line is stored."""
    refused = dict(loaded.execute(text("SELECT what, refused FROM import_batch")).all())
    assert refused == {"areas": 0, "streets": 0}
    assert loaded.scalar(select(func.count(Segment.id))) == len(file("streets.geojson")["features"])


def test_areas_lie_in_each_other(loaded: Session) -> None:
    """Two neighbourhoods in one district in one municipality."""
    rows = {area.code: area for area in loaded.scalars(select(Area))}
    assert sorted(rows) == [OUDE_VEER, ZONNEHOF, "GM9999", "WK999901"]
    for code in (OUDE_VEER, ZONNEHOF):
        assert rows[code].district_id == rows["WK999901"].id
        assert rows[code].municipality_id == rows["GM9999"].id


def test_every_state_is_there_in_both_neighbourhoods(loaded: Session) -> None:
    """The question "streets without a litter initiative" is worth asking: each neighbourhood has carried, partly
    carried, asked and not yet asked street parts, several of each."""
    for area in (OUDE_VEER, ZONNEHOF):
        totals = coverage.totals(loaded, on=date.today(), area=area, theme=Theme.litter)
        assert all(totals[state].parts >= 3 for state in StreetState), (area, totals)
        without = totals[StreetState.asked].parts + totals[StreetState.unasked].parts
        assert without > totals[StreetState.carried].parts


def test_streets_that_the_readme_promises(loaded: Session) -> None:
    """Border, crossing, overlap, ageing, faded, ended and lapsed cases stand where the README says."""
    parts = litter(loaded)
    state = {key: part.state for key, part in parts.items()}
    for street in ("Molenweg", "Vuurtorenlaan", "Sluisdijk", "Spoorlaan"):
        assert (street, OUDE_VEER) in parts
        assert (street, ZONNEHOF) in parts
    assert state["Molenweg", OUDE_VEER] == state["Molenweg", ZONNEHOF] == StreetState.partly
    assert state["Vuurtorenlaan", ZONNEHOF] == StreetState.carried
    assert state["Veerdijk", OUDE_VEER] == state["Boomgaardstraat", OUDE_VEER] == StreetState.carried
    assert state["Noorderkade", OUDE_VEER] == state["Noordparklaan", ZONNEHOF] == StreetState.partly
    assert state["Bakkerstraat", OUDE_VEER] == StreetState.carried
    assert state["Zwaluwlaan", ZONNEHOF] == state["Stationsplein", OUDE_VEER] == StreetState.unasked
    assert state["Zoutsteeg", OUDE_VEER] == state["Oogststraat", ZONNEHOF] == StreetState.unasked
    assert parts["Zoutsteeg", OUDE_VEER].last_conversation_on is not None
    assert state["Spoorlaan", ZONNEHOF] == StreetState.asked
    assert state["Spoorlaan", OUDE_VEER] == StreetState.unasked


def test_overlapping_stretches_count_once(loaded: Session) -> None:
    """Two groups overlap on the Havenhoofd: each metre counts once, so together they stay under the half."""
    part = litter(loaded)["Havenhoofd", OUDE_VEER]
    separately = loaded.scalar(
        text(
            "SELECT sum(l.covered_m) FROM stretch_part AS l JOIN asset AS a ON a.id = l.asset_id"
            " WHERE l.street_part_id = :id AND a.source_key IN ('havenhoofd-west', 'vissersprikkers')"
        ),
        {"id": part.id},
    )
    assert part.state == StreetState.partly
    assert separately - part.covered_m > 20
    assert separately > part.length_m / 2


def test_both_carriageways_count(loaded: Session) -> None:
    """Whoever cares for the middle of the avenue cares for both its carriageways."""
    length_m = sum(part.covered_m for (name, _), part in litter(loaded).items() if name == "Vuurtorenlaan")
    drawn_m = loaded.scalar(
        text(
            "SELECT ST_Length(s.drawn) FROM stretch AS s JOIN asset AS a ON a.id = s.asset_id"
            " WHERE a.source_key = 'middenberm-vuurtorenlaan'"
        )
    )
    assert length_m == pytest.approx(2 * drawn_m, rel=0.1)


def test_initiatives_fade_and_end(loaded: Session) -> None:
    """Some initiatives are fresh, some have not been heard of for a while, one has faded and one has ended."""
    rows = loaded.execute(
        text(
            "SELECT source_key, active_on @> CURRENT_DATE AS active, fresh_on @> CURRENT_DATE AS fresh"
            " FROM asset WHERE kind = 'street_initiative'"
        )
    ).all()
    gone = {row.source_key for row in rows if not row.active}
    ageing = {row.source_key for row in rows if row.active and not row.fresh}
    assert gone == {"prik-zwaluwlaan", "prik-stationsplein"}
    assert ageing == {"prik-bakkerstraat", "regentonnen-lijster"}


def test_only_persons_who_agreed_are_public(loaded: Session) -> None:
    """Of the ten persons the public sees the five whose consent for the public holds today, and nobody else."""
    public = {
        one["key"] for one in file("assets.json") if one["kind"] == "person" and one["consent"]["audience"] == "public"
    }
    keys = dict(loaded.execute(select(Asset.id, Asset.source_key)).all())
    seen = {keys[id_] for id_ in loaded.scalars(text("SELECT id FROM published_asset WHERE kind = 'person'"))}
    assert seen == public - {"planten-stekken"}
    assert len(seen) == 5
    assert loaded.scalar(select(func.count(Consent.id))) == 10


def test_persons_are_placed_in_general_terms(loaded: Session) -> None:
    """A person stands in a neighbourhood, in a street or nowhere; what the file says more exactly is not stored."""
    rows = loaded.execute(
        select(Asset.source_key, Asset.placement, func.ST_AsText(Asset.geom)).where(Asset.kind == AssetKind.person)
    )
    places = {key: (placement, point) for key, placement, point in rows}
    assert {placement for placement, _ in places.values()} == {
        Placement.neighbourhood, Placement.street, Placement.none,
    }  # fmt: skip
    assert places["brieven-lezen"][1] is None
    assert places["fietsen-maken"][1] == places["vier-talen"][1]
    x, y = entry("haven-verhalen")["place"]["point"]
    assert places["haven-verhalen"][1] != f"POINT({x} {y})"


# --- Dates, coming and going ---


def test_dates_move_with_the_day_of_loading(session: Session) -> None:
    """A sample loaded later is as fresh as one loaded today, and what was on a Saturday still is."""
    today = date.today() + timedelta(days=400)
    sample.load(session, today=today)
    moved = timedelta(weeks=(today - sample.REFERENCE_DAY).days // 7)
    days = sorted(session.scalars(select(Activity.held_on)))
    assert days == sorted(date.fromisoformat(one["held_on"]) + moved for one in file("activities.json"))
    assert days[-1] <= today
    assert today - days[-1] < timedelta(days=14)
    assert moved.days % 7 == 0
    parts = coverage.street_parts(session, on=today, area="GM9999", theme=Theme.litter)
    assert {part.state for part in parts} == set(StreetState)


def test_loading_is_no_sign_of_life(loaded: Session) -> None:
    """An entry is as old as what is known of it: loading the sample does not make a faded group fresh."""
    zwaluwlaan = loaded.scalars(select(Asset).where(Asset.source_key == "prik-zwaluwlaan")).one()
    assert zwaluwlaan.signs == [zwaluwlaan.started_on]


def test_it_is_loaded_once(own: Session) -> None:
    """Loading it a second time is refused and changes nothing."""
    with pytest.raises(Conflict):
        sample.load(own)


def test_it_goes_without_a_trace_on_the_map(own: Session) -> None:
    """Removing the sample takes its areas, streets, entries and community; it does not come back by itself."""
    looking = Viewer("Anna", Role.analyst)
    for code in (OUDE_VEER, ZONNEHOF):  # two looks in one quarter of an hour, which are one without their areas
        lookups.note(own, looking, LookupKind.streets, area_id=own.scalar(select(Area.id).where(Area.code == code)))
    removed = sample.remove(own)
    assert removed.entries == 60
    assert removed.own == ()
    for table in (Area, Street, StreetPart, Segment, Asset, Activity, Conversation, Consent, lookups.Lookup):
        assert own.scalar(select(func.count()).select_from(table)) == 0, table
    assert communities.sample(own) is None
    assert not sample.wanted(own)


def test_removing_what_is_not_there_is_refused(session: Session) -> None:
    """Without a sample on the map there is nothing to remove, and that is said."""
    with pytest.raises(NotFound):
        sample.remove(session)


def test_the_command_takes_it_away_and_brings_it_back(own_sample_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`vuurtoren demo --remove` and `vuurtoren demo` do what the line on every page promises; twice is refused."""
    from app.cli import app

    monkeypatch.setenv("VUURTOREN_DATABASE_URL", own_sample_url)
    runner = CliRunner()
    removed = runner.invoke(app, ["demo", "--remove"])
    assert removed.exit_code == 0, removed.output
    assert "60 entries" in removed.output
    assert runner.invoke(app, ["demo", "--remove"]).exit_code == 1
    again = runner.invoke(app, ["demo"])
    assert again.exit_code == 0, again.output
    assert runner.invoke(app, ["demo"]).exit_code == 1


def test_it_may_be_asked_back(own: Session) -> None:
    """Who removed the sample and wants it again can load it again."""
    sample.remove(own)
    sample.load(own)
    assert own.scalar(select(func.count(Asset.id))) == 60


def test_what_others_put_on_its_streets_goes_too(own: Session) -> None:
    """An entry of one's own on a made-up street has no place any more without it; removing says which those were."""
    draft = AssetDraft.model_validate(
        {
            "kind": "street_initiative",
            "title": "Proefrondje",
            "themes": ["litter"],
            "place": {"stretches": [{"street": "Klokkenstraat", "whole": True}]},
        }
    )
    inventory.add(own, draft, by=OPERATOR)
    assert sample.remove(own).own == ("Proefrondje",)
    assert own.scalar(select(func.count(Asset.id))) == 0


def test_it_belongs_in_an_empty_dutch_database(session: Session) -> None:
    """A database with nothing in it gets the sample; one with a street plan of its own is left alone."""
    assert sample.wanted(session)
    sample.load(session)
    assert not sample.wanted(session)


def test_it_is_not_drawn_in_another_country(helsinki_url: str) -> None:
    """A database in the CRS of Finland does not get a Dutch quarter: it is not wanted there, and loading is refused."""
    engine = create_engine(helsinki_url)
    with Session(engine) as session:
        assert not sample.wanted(session)
        with pytest.raises(Invalid):
            sample.load(session)
    engine.dispose()
