"""The QR code of an entry: of what is public, and nothing else."""

from starlette.testclient import TestClient


def test_a_qr_code_is_a_picture_of_the_address(sample_client: TestClient) -> None:
    """It is SVG without script, the same each time, and differs by entry."""
    first, again, other = (sample_client.get(f"/assets/{number}/qr") for number in (1, 1, 2))
    assert first.status_code == 200
    assert "image/svg+xml" == first.headers["content-type"].partition(";")[0]
    assert first.content == again.content != other.content
    assert b"<script" not in first.content
    assert first.content.startswith(b"<svg")


def test_what_is_not_there_has_no_code(sample_client: TestClient) -> None:
    """An unknown number is a 404, as its page is."""
    for number in ("999999", "0", "x"):
        assert 404 == sample_client.get(f"/assets/{number}/qr").status_code
