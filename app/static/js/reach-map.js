// The page of meeting places: streets within walking distance in green, meeting places as houses. Started by Folium's script.

import { writeAddress, writtenPosition } from "vuurtoren/address-bar";
import { boxOf } from "vuurtoren/bounds";
import { onSchemeChange } from "vuurtoren/colours";
import { settings, words } from "vuurtoren/page";

const MOST_REACHABLE = 30;

const byId = (id) => document.getElementById(id);

// A little wider than the street itself, so that it reads as a glow on it and not as another kind of street.
const width = (zoom) => Math.min(16, Math.max(3, 2 ** ((zoom - 11.8) * 0.75)));

async function fetched(url) {
  const response = await fetch(url, { headers: { Accept: "application/geo+json" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

// Lines below the symbols. The layer as a whole lets through what lies below, the closer the more: names of streets stay
// readable, and where lines cross nothing is darker.
function linesOn(map, view) {
  const pane = map.createPane("reach");
  pane.style.zIndex = 350;
  pane.style.pointerEvents = "none";
  const look = () => ({ color: view.colours["kind-meeting-place"], weight: width(map.getZoom()), lineCap: "butt", lineJoin: "round" });
  const lines = L.geoJSON(undefined, { style: look, interactive: false, renderer: L.canvas({ pane: "reach", padding: 0.3 }), pane: "reach" }).addTo(map);
  const restyle = () => {
    pane.style.opacity = map.getZoom() >= 15 ? 0.5 : 0.75;
    lines.setStyle(look());
  };
  map.on("zoomend", restyle);
  onSchemeChange(restyle);
  restyle();
  return lines;
}

// A house at each meeting place; a click, or Enter, opens its page. Of many the keyboard goes by the list beside the map.
function houses(map, features) {
  const reachable = features.length <= MOST_REACHABLE;
  const svg = '<svg viewBox="0 0 24 24" aria-hidden="true"><use href="#symbol-meeting-place"/></svg>';
  for (const { id, geometry, properties } of features) {
    const box = boxOf(geometry);
    if (!box) continue;
    const [west, south, east, north] = box;
    const icon = L.divIcon({ className: "vuurtoren-place", html: svg, iconSize: [44, 44] });
    const marker = L.marker([(south + north) / 2, (west + east) / 2], { icon, riseOnHover: true, keyboard: reachable });
    const title = document.createElement("span");
    title.textContent = properties.title;
    marker.bindTooltip(title, { direction: "top", offset: [0, -14] });
    const open = () => window.location.assign(`/assets/${id}`);
    marker.on("click", open);
    marker.on("keypress", ({ originalEvent }) => { if (originalEvent.key === "Enter") open(); });
    marker.addTo(map);
    const element = marker.getElement();
    if (reachable) {
      element.setAttribute("role", "link");
      element.setAttribute("aria-label", properties.title);
    } else element.setAttribute("aria-hidden", "true");
  }
  const sizes = () => map.getContainer().classList.toggle("vuurtoren-places--small", map.getZoom() < 13);
  map.on("zoomend", sizes);
  sizes();
}

export async function start(map, tiles) {
  const form = byId("question");
  form.addEventListener("change", (event) => {
    if (event.target.checkValidity() && event.target.value) form.requestSubmit();
  });
  map.on("moveend", () => writeAddress({ at: writtenPosition(map) }));
  if (settings.area) tiles.focusOn(settings.area);
  if (!settings.reach) return;
  const lines = linesOn(map, tiles.view);
  byId("said").textContent = words.looking;
  try {
    const [reach, places] = await Promise.all([fetched(settings.reach), fetched(settings.places)]);
    lines.addData(reach);
    houses(map, places.features);
    byId("said").textContent = "";
  } catch {
    byId("said").textContent = words.tryAgain;
  }
}
