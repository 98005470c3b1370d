"""What the map draws: lines joined, borders once, names upright, colours of the legend."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from maps import style
from tests.browser.waiting import at_rest, until

pytestmark = pytest.mark.browser

#: The colours on all canvases, as #rrggbb -> number of pixels, of those that occur more than 20 times.
COLOURS = """
() => {
  const seen = {};
  for (const canvas of document.querySelectorAll("canvas")) {
    if (!canvas.width) continue;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 255) continue;
      const parts = [data[i], data[i + 1], data[i + 2]];
      const colour = "#" + parts.map((part) => part.toString(16).padStart(2, "0")).join("");
      seen[colour] = (seen[colour] ?? 0) + 1;
    }
  }
  return Object.fromEntries(Object.entries(seen).filter(([, number]) => number > 20));
}
"""


def drawn(page: Page, *names: str) -> dict[str, int]:
    """The colours on the map, once these of the legend are among them and nothing moves any more."""
    until(lambda: {style.PALETTE[name].light for name in names} <= page.evaluate(COLOURS).keys())
    page.wait_for_load_state("networkidle")
    at_rest(page)
    seen: dict[str, int] = page.evaluate(COLOURS)
    return seen


def run(page: Page, module: str, body: str) -> Any:
    """The outcome of some script with one of our modules as `it`."""
    page.goto("/")
    return page.evaluate(f"async () => {{ const it = await import('vuurtoren/{module}'); {body} }}")


def test_pieces_of_street_become_one_line(page: Page) -> None:
    """Pieces that run on are joined at a crossing; the side street stays a line of its own."""
    lines = run(
        page,
        "line-chains",
        "const p = (x, y) => ({x, y});"
        "return it.chains([[p(0,0), p(10,0)], [p(20,1), p(10,0)], [p(10,0), p(10,30)], [p(20,1), p(30,1)]])"
        ".map((line) => line.map(({x, y}) => [x, y]))",
    )
    longest = max(lines, key=len)
    assert sorted(longest) == [[0, 0], [10, 0], [20, 1], [30, 1]]
    assert sorted(len(line) for line in lines) == [2, 4]


def test_rings_and_lost_points_do_no_harm(page: Page) -> None:
    """A closed ring is walked once, and a line of one point is left out."""
    lines = run(
        page,
        "line-chains",
        "const p = (x, y) => ({x, y});"
        "return it.chains([[p(0,0), p(5,0), p(5,5)], [p(5,5), p(0,5), p(0,0)], [p(9,9)]]).map((line) => line.length)",
    )
    assert sum(lines) in (5, 6)


def test_a_shared_border_is_drawn_once(page: Page) -> None:
    """Two neighbours share an edge: only the first draws it, or its dashes would fill each other's."""
    moves = run(
        page,
        "area-borders",
        "const p = (x, y) => ({x, y}); const drawn = [];"
        "const context = {beginPath() {}, stroke() {}, setLineDash() {}, moveTo() {},"
        " lineTo(x, y) { drawn.push([x, y]); }};"
        "const borders = new it.AreaBorders({colour: () => '', width: () => 1, dash: []}); borders.before(context, 15);"
        "borders.draw(context, [[p(0,0), p(4,0), p(4,4), p(0,4), p(0,0)]]);"
        "borders.draw(context, [[p(4,0), p(8,0), p(8,4), p(4,4), p(4,0)]]); return drawn",
    )
    assert len(moves) == 7  # eight edges, one of them shared


def test_names_read_from_left_to_right(page: Page) -> None:
    """A name stands upright along its street, in whichever direction the street was drawn."""
    angles = run(
        page,
        "street-names",
        "const scratch = document.createElement('canvas').getContext('2d');"
        "const names = new it.StreetNames({family: 'sans-serif', weight: 500, size: () => 12, repeat: 300,"
        " colours: () => ({fill: '#000', halo: '#fff'})});"
        "const layout = {zoom: 15, scratch, index: {labelCollides: () => false}}; const found = [];"
        "for (const line of [[{x: 0, y: 0}, {x: 300, y: 40}], [{x: 300, y: 40}, {x: 0, y: 0}]]) {"
        " const [label] = names.place(layout, [line], {props: {name: 'Brugstraat'}});"
        " const turned = []; const context = {save() {}, restore() {}, translate() {}, strokeText() {}, fillText() {},"
        " rotate(angle) { turned.push(angle); }}; label.draw(context); found.push(Math.max(...turned.map(Math.abs)));"
        "} return found",
    )
    assert all(angle < 0.5 for angle in angles)


def test_a_taken_place_is_avoided(page: Page) -> None:
    """Where another label stands no name is put; when there is no free place the name is left out."""
    placed = run(
        page,
        "street-names",
        "const scratch = document.createElement('canvas').getContext('2d');"
        "const names = new it.StreetNames({family: 'sans-serif', weight: 500, size: () => 12, repeat: 300,"
        " colours: () => ({fill: '#000', halo: '#fff'})});"
        "const line = [{x: 0, y: 0}, {x: 400, y: 0}]; const left = ({bboxes}) => bboxes.some((box) => box.minX < 200);"
        "const at = (taken) => names.place({zoom: 15, scratch, index: {labelCollides: taken}}, [line],"
        " {props: {name: 'Brugstraat'}}).map((label) => label.bboxes[0].minX);"
        "return [at(left), at(() => true)]",
    )
    assert placed[0][0] >= 200
    assert placed[1] == []


def test_the_map_has_the_colours_of_the_legend(page: Page) -> None:
    """The public map draws the kinds in their own colours, on pale land with white streets."""
    page.goto("/")
    drawn(page, "kind-club", "kind-meeting-place", "kind-street-initiative", "kind-story", "map-land", "map-street")


def test_streets_have_the_colours_of_their_states(page: Page) -> None:
    """The streets map draws carried streets in orange and asked ones in blue, and nothing in red."""
    page.goto("/streets")
    seen = drawn(page, "state-carried", "state-asked")
    red = [c for c in seen if int(c[1:3], 16) > 170 and int(c[3:5], 16) < 80 and int(c[5:7], 16) < 80]
    assert red == []


def test_filters_take_symbols_off_the_map(page: Page) -> None:
    """What the legend leaves out is not drawn either."""
    page.goto("/?kind=story")
    expect(page.get_by_role("checkbox", name="Verhalen")).to_be_checked()
    seen = drawn(page, "kind-story")
    assert style.PALETTE["kind-club"].light not in seen


def test_freshness_takes_symbols_off_the_map(page: Page) -> None:
    """Only what is ageing: no story of the sample is, so none is drawn."""
    page.goto("/?freshness=ageing")
    expect(page.get_by_role("checkbox", name="al een tijd niet")).to_be_checked()
    seen = drawn(page, "map-land", "map-street")
    assert style.PALETTE["kind-story"].light not in seen
    assert style.PALETTE["kind-meeting-place"].light not in seen
