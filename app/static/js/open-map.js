// Opens the Leaflet map at the view that the address bar asks for, else at what the page suggests.

import { settings, words } from "vuurtoren/page";
import { readPosition } from "vuurtoren/address-bar";

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
    zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  const position = readPosition();
  if (position) map.setView([position.lat, position.lng], position.zoom, { animate: false });
  else map.fitBounds(settings.bounds ?? options.bounds, { animate: false, padding: [12, 12], maxZoom: 17 });
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  return map;
}
