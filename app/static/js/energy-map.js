// The energy page: map, slider and table show one month. Started by Folium's script.

import { readPosition, writeAddress, writtenPosition } from "vuurtoren/address-bar";
import { boxOf } from "vuurtoren/bounds";
import { isDark, onSchemeChange, screenIsDark } from "vuurtoren/colours";
import { EnergyMonths, STREETS_FROM } from "vuurtoren/energy-months";
import { energyPanel } from "vuurtoren/energy-panel";
import { madeOffline } from "vuurtoren/energy-saved";
import { monthSlider } from "vuurtoren/month-slider";
import { settings, words } from "vuurtoren/page";
import { setScheme } from "vuurtoren/scheme";

const byId = (id) => document.getElementById(id);

async function made(what, key, day, limit) {
  const whose = what === "streets" ? { street: key } : { area: key };
  const response = await fetch(`/api/v1/energy/activities?${new URLSearchParams({ ...whose, on: day, limit })}`);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

// A file on disk has no address to keep things in.
const remember = settings.inlined ? () => {} : writeAddress;

// The map takes what the header leaves of the screen.
function fillScreen(map) {
  const stage = document.querySelector(".vuurtoren-stage");
  if (!stage) return;
  const measure = () => {
    stage.style.setProperty("--above", `${Math.round(stage.getBoundingClientRect().top + window.scrollY)}px`);
    map.invalidateSize({ animate: false });
  };
  window.addEventListener("resize", measure);
  measure();
}

export function start(map, tiles) {
  const position = readPosition();
  const say = (text) => { if (byId("said")) byId("said").textContent = text; };
  const months = new EnergyMonths(() => tiles.redrawEnergy(), say);
  tiles.view.energy = {
    streetLook: (feature) => months.look("streets", Number(feature.props.id ?? feature.id)),
    areaLook: (feature) => months.look("areas", feature.props.code),
  };
  let from; // the link in the table that opened the panel
  let turn = 0; // of what the panel tells
  const panel = energyPanel(byId("panel"), months, settings.inlined ? madeOffline : made, () => {
    turn += 1;
    tiles.markStreets([]);
    if (from?.isConnected) from.focus({ preventScroll: true });
    from = undefined;
  });

  // --- day and night ---
  const views = [...document.querySelectorAll("[data-view]")];
  function saySo() {
    for (const button of views) button.setAttribute("aria-pressed", String((button.dataset.view === "night") === isDark()));
  }
  function view(name) {
    setScheme(name === "night" ? "dark" : "light");
    saySo();
    tiles.recolour();
  }
  for (const button of views) {
    button.addEventListener("click", () => {
      settings.view = button.dataset.view;
      view(settings.view);
      remember({ view: button.dataset.view });
      keepInForm("view", button.dataset.view);
    });
  }
  // Without a choice the page follows the visitor's screen.
  function follow() {
    if (!settings.view) view(screenIsDark() ? "night" : "day");
  }
  onSchemeChange(follow);

  function keepInForm(name, value) {
    const form = byId("question");
    if (!form) return;
    let field = form.elements[name];
    if (!field) {
      field = Object.assign(document.createElement("input"), { type: "hidden", name });
      form.append(field);
    }
    field.value = value;
  }

  // --- months ---
  let tableAsked;
  const slider = monthSlider({
    show(at, { playing }) {
      months.at = at;
      tiles.redrawEnergy();
      panel.refresh({ playing });
    },
    settle(at) {
      const month = settings.steps[at] || null;
      const before = window.location.href;
      remember({ month, on: null, page: null, street: null, unfold: null }, { step: true });
      panel.refresh();
      if (window.location.href !== before) refreshTable();
    },
  });

  // The table below the map follows: it is the page's own answer for this address.
  async function refreshTable() {
    const answer = byId("answer");
    if (settings.inlined || !answer) return;
    tableAsked?.abort();
    tableAsked = new AbortController();
    answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(window.location.href, { signal: tableAsked.signal, headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      byId("answer").replaceWith(document.adoptNode(page.getElementById("answer")));
      byId("month").value = settings.steps[months.at];
      document.querySelector("#question h1").textContent = page.querySelector("#question h1").textContent;
    } catch (error) {
      if (error.name === "AbortError") return;
      answer.removeAttribute("aria-busy");
      say(words.tryAgain);
    }
  }

  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(window.location.search);
    const at = settings.steps.indexOf(query.get("month") ?? query.get("on")?.slice(0, 7) ?? "");
    if ((query.get("area") ?? "") !== (settings.area ?? "") || at < 0) {
      window.location.reload();
      return;
    }
    slider.put(at);
    refreshTable();
  });

  // --- the legend for what is seen ---
  function legend() {
    const streets = map.getZoom() >= STREETS_FROM;
    byId("streets-legend").hidden = !streets;
    byId("areas-legend").hidden = streets;
  }

  // --- tapping, and the table ---
  // What is answered after something else was opened, or this was closed, is told no more.
  async function openStreet(id, name, { move = false } = {}) {
    turn += 1;
    const mine = turn;
    tiles.markStreets([id]);
    if (settings.inlined) {
      panel.show("streets", id, { name });
      return;
    }
    if (name) panel.show("streets", id, { name });
    const response = await fetch(`/api/v1/collections/streets/items/${id}`);
    if (!response.ok) return;
    const { properties, geometry } = await response.json();
    if (mine !== turn) return;
    const [west, south, east, north] = boxOf(geometry);
    if (move) {
      map.fitBounds([[south, west], [north, east]], { maxZoom: 16, padding: [90, 90], animate: false });
      await months.load(map);
    }
    if (mine !== turn) return;
    panel.show("streets", id, { name: properties.name, within: properties.neighbourhood ?? properties.municipality });
  }

  function openArea({ code, name }) {
    turn += 1;
    tiles.markStreets([]);
    const action = () => {
      const link = document.createElement("a");
      link.className = "utrecht-button utrecht-button--secondary-action";
      link.textContent = words.showArea;
      const there = new URL(window.location.href);
      for (const gone of ["at", "street", "unfold", "page"]) there.searchParams.delete(gone);
      there.searchParams.set("area", code);
      link.href = there.href;
      return link;
    };
    panel.show("areas", code, { name, action: settings.inlined ? undefined : action });
  }

  function under(latlng) {
    if (map.getZoom() >= STREETS_FROM) return tiles.under(latlng);
    const area = tiles.areaUnder(latlng);
    return area && { layer: "areas", features: [area] };
  }

  map.on("click", ({ latlng }) => {
    const found = under(latlng);
    if (!found) panel.close();
    else if (found.layer === "areas") openArea(found.features[0].props);
    else openStreet(Number(found.features[0].props.id ?? found.features[0].id), found.features[0].props.name);
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(under(latlng)));
  });
  map.on("moveend", () => {
    remember({ at: writtenPosition(map) });
    months.load(map);
  });
  map.on("zoomend", legend);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    from = link;
    byId("main").scrollIntoView({ block: "start" });
    openStreet(Number(link.dataset.open), undefined, { move: true });
  });

  const form = byId("question");
  form?.addEventListener("change", (event) => {
    const at = event.target.name === "month" ? settings.steps.indexOf(event.target.value) : -1;
    if (at >= 0) {
      slider.put(at);
      remember({ month: settings.steps[at] || null, on: null, page: null, street: null, unfold: null }, { step: true });
      refreshTable();
    } else form.requestSubmit();
  });
  const narrow = window.matchMedia("(max-width: 759px)").matches;
  if (narrow && byId("explained")) byId("explained").open = false;
  byId("explained")?.addEventListener("toggle", () => map.invalidateSize({ animate: false }));

  // The first view is that of the area, in the part of the map that card and slider leave free.
  fillScreen(map);
  if (!position && settings.bounds) {
    const beside = narrow ? 0 : (byId("card")?.getBoundingClientRect().right ?? 0);
    map.fitBounds(settings.bounds, { paddingTopLeft: [beside + 12, 12], paddingBottomRight: [12, narrow ? 12 : 110], animate: false });
  }
  if (settings.area) tiles.focusOn(settings.area);
  if (settings.view) view(settings.view);
  else follow();
  legend();
  slider.put(settings.at);
  months.load(map);
}
