// Opens the Leaflet map at the view that the address bar asks for, else at what the page suggests.

import { settings, words } from "vuurtoren/page";
import { readPosition } from "vuurtoren/address-bar";

const EDGE = 12;

// How much of the map lies under the search field and the sheet, in pixels; only on a phone is that anything.
export function covered(map) {
  const sheet = document.getElementById("sheet");
  const box = map.getContainer().getBoundingClientRect();
  const other = sheet?.getBoundingClientRect();
  if (!other || other.bottom <= box.top || other.right <= box.left + 1) return { top: 0, bottom: 0 };
  return { top: 62, bottom: Math.min(Math.max(0, box.bottom - other.top), box.height * 0.6) };
}

// Shows these bounds in the part of the map that can be seen.
export function fit(map, bounds, options = {}) {
  const { top, bottom } = covered(map);
  map.fitBounds(bounds, { paddingTopLeft: [EDGE, top + EDGE], paddingBottomRight: [EDGE, bottom + EDGE], maxZoom: 17, ...options });
}

// The part of the map that can be seen.
export function visible(map) {
  const { bottom } = covered(map);
  const { x, y } = map.getSize();
  return L.latLngBounds(map.containerPointToLatLng([0, y - bottom]), map.containerPointToLatLng([x, 0]));
}

// The middle of that part: what an address says, so that a link from a phone shows the same elsewhere.
export function seenCentre(map) {
  const { x, y } = map.getSize();
  return map.containerPointToLatLng([x / 2, (y - covered(map).bottom) / 2]);
}

// Brings a position from an address into the middle of what is seen.
export function centreOn(map, { lat, lng, zoom }, options) {
  const centre = map.project([lat, lng], zoom).add([0, covered(map).bottom / 2]);
  map.setView(map.unproject(centre, zoom), zoom, options);
}

export function openMap(id, options) {
  const element = document.getElementById(id);
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", words.map);
  if (words.mapHelp) element.setAttribute("aria-describedby", "map-help");
  const map = L.map(element, {
    zoomControl: false,
    attributionControl: false,
    minZoom: options.minZoom,
    maxZoom: options.maxZoom,
    maxBounds: options.maxBounds,
    zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  const position = readPosition();
  if (position) centreOn(map, position, { animate: false });
  else fit(map, settings.bounds ?? options.bounds, { animate: false });
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  return map;
}
