"""Conversations through the API: recorded once, refused with every fault, and counted at once."""

from starlette.testclient import TestClient

CONVERSATIONS = "/api/v1/conversations"
TALK = {"street": "Zoutsteeg", "held_on": "2026-11-02", "neighbours": 3, "note": "Over de lampjes"}


def test_a_conversation(writer: TestClient) -> None:
    """It is answered with its number and street, and the same key does it once."""
    key = {"Idempotency-Key": "one-talk"}
    first = writer.post(CONVERSATIONS, json=TALK, headers=key)
    again = writer.post(CONVERSATIONS, json=TALK, headers=key)

    assert 201 == first.status_code
    told = first.json()
    assert {
        "street": "Zoutsteeg",
        "area": None,
        "held_on": "2026-11-02",
        "neighbours": 3,
        "note": "Over de lampjes",
    } == {name: told[name] for name in ("street", "area", "held_on", "neighbours", "note")}
    assert set(told) == {"id", "street_id", "street", "area", "held_on", "neighbours", "note"}
    assert (201, told) == (again.status_code, again.json())
    assert 422 == writer.post(CONVERSATIONS, json={**TALK, "neighbours": 4}, headers=key).status_code
    streets = writer.get("/api/v1/collections/streets/items?area=BU99990101&theme=any&limit=1000").json()["features"]
    days = {one["properties"]["last_conversation_on"] for one in streets if one["properties"]["name"] == "Zoutsteeg"}
    assert {"2026-11-02"} == days


def test_what_is_refused(refused_writer: TestClient) -> None:
    """Every fault at once with its place; a note about a person, a day to come and an unknown street each by itself."""

    def faults(**values: object) -> list[str]:
        answer = refused_writer.post(CONVERSATIONS, json={**TALK, **values})
        assert 400 == answer.status_code
        return [one["pointer"] for one in answer.json()["errors"]]

    assert {"#/held_on", "#/neighbours", "#/who"} == set(faults(held_on="gisteren", neighbours=0, who="Jan"))
    assert ["#/note"] == faults(note="Zoutsteeg 3 doet mee")
    assert ["#/note"] == faults(note="Bel 06-12345678")
    assert ["#/held_on"] == faults(held_on="2199-01-01")
    assert ["#/street"] == faults(street="Nergensstraat")
    assert ["#/area"] == faults(area="BU00000000")
