// The streets page: the sentence is the question; table and map answer it together. Started by Folium's script.

import { writeAddress, writtenPosition } from "vuurtoren/address-bar";
import { boxOf } from "vuurtoren/bounds";
import { fit } from "vuurtoren/open-map";
import { settings } from "vuurtoren/page";
import { streetPanel } from "vuurtoren/street-panel";
import { tileAddress } from "vuurtoren/vector-tiles";

const byId = (id) => document.getElementById(id);
const ANSWER = "answer";

export function start(map, tiles) {
  let asked;
  let turn = 0; // of what the panel tells
  const panel = streetPanel(byId("panel"), () => {
    turn += 1;
    tiles.markStreets([]);
  });

  // What the answer in the page says about the map: which tiles, which area.
  function showOnMap({ move, reload = true }) {
    const { dataset } = byId(ANSWER);
    const question = JSON.parse(dataset.tiles);
    tiles.focusOn(dataset.area);
    tiles.filter({ kinds: [], theme: question.theme === "any" ? "" : question.theme });
    if (reload) tiles.reload(tileAddress("/map-tiles/{z}/{x}/{y}", question));
    const bounds = JSON.parse(dataset.bounds);
    if (move && bounds) fit(map, bounds);
  }

  // The panel of a street, and the map where it lies; from the table, or from the map with what the tile tells already.
  // What is answered after another was opened, or this was closed, is told no more.
  async function open(id, known) {
    turn += 1;
    const mine = turn;
    const row = byId(ANSWER).querySelector(`[data-street="${id}"]`);
    const question = JSON.parse(byId(ANSWER).dataset.tiles);
    tiles.markStreets([id, row?.dataset.nearest].filter(Boolean));
    if (known) panel.show(known, row);
    const response = await fetch(`/api/v1/collections/streets/items/${id}?${new URLSearchParams(question)}`);
    if (!response.ok) return;
    const { properties, geometry } = await response.json();
    if (mine !== turn) return;
    panel.show(properties, row);
    const [west, south, east, north] = boxOf(geometry);
    if (!known) map.fitBounds([[south, west], [north, east]], { maxZoom: 16, padding: [80, 80] });
  }

  async function ask(address, { step = true, focus } = {}) {
    asked?.abort();
    asked = new AbortController();
    const own = asked;
    const url = new URL(address, window.location.href);
    const area = byId(ANSWER).dataset.area;
    let page;
    try {
      const response = await fetch(url, { signal: own.signal, headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(String(response.status));
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch (error) {
      if (error.name !== "AbortError") window.location.assign(url);
      return;
    }
    const fresh = page.getElementById(ANSWER);
    if (own.signal.aborted || !fresh) return;
    byId(ANSWER).replaceWith(document.adoptNode(fresh));
    document.title = page.title;
    if (step) window.history.pushState(null, "", url.href.replaceAll("%2F", "/"));
    prepare();
    if (focus) byId(focus)?.focus({ preventScroll: true });
    panel.close();
    showOnMap({ move: byId(ANSWER).dataset.area !== area });
  }

  function fromForm(form) {
    const parameters = new URLSearchParams(new FormData(form));
    if (parameters.get("on") !== "other") parameters.delete("day");
    for (const [name, value] of [...parameters]) if (!value) parameters.delete(name);
    parameters.delete("state");
    return `/streets?${parameters}`;
  }

  // The fields and links of an answer that has just come in.
  function prepare() {
    const form = byId("question");
    form.addEventListener("change", (event) => {
      if (event.target.name === "on" && event.target.value === "other") {
        byId("other-day").classList.remove("vuurtoren-without-script");
        byId("day").focus();
        byId("day").showPicker?.();
        return;
      }
      ask(fromForm(form), { focus: event.target.id });
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(fromForm(form));
    });
    byId("copy-link").addEventListener("click", async (event) => {
      const link = new URL(event.currentTarget.dataset.href, window.location.href).href;
      try {
        await navigator.clipboard.writeText(link);
        byId("said").textContent = settings.words.copied;
      } catch {
        byId("said").textContent = link;
      }
    });
    const answer = byId(ANSWER);
    answer.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='/streets']");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      ask(link.getAttribute("href"));
    });
    for (const name of answer.querySelectorAll("[data-street] bdi:first-child")) {
      if (name.parentElement.scope !== "row") continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "vuurtoren-street-button";
      button.addEventListener("click", () => open(Number(name.closest("[data-street]").dataset.street)));
      name.replaceWith(button);
      button.append(name);
    }
    answer.addEventListener("mouseover", (event) => {
      const row = event.target.closest("[data-street]");
      if (row) tiles.markStreets([row.dataset.street, row.dataset.nearest].filter(Boolean));
    });
    answer.addEventListener("mouseleave", () => tiles.markStreets([]));
  }

  map.on("moveend", () => writeAddress({ at: writtenPosition(map) }));
  map.on("click", ({ latlng }) => {
    const found = tiles.under(latlng);
    if (!found) {
      panel.close();
      return;
    }
    const [street] = found.features;
    open(Number(street.props.id ?? street.id), street.props);
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(tiles.under(latlng)));
  });
  window.addEventListener("popstate", () => ask(window.location.href, { step: false }));

  prepare();
  showOnMap({ move: false, reload: false });
}
