// The pin of a thing on the map: a tap puts it, arrow keys move it; longitude and latitude stand in the form.

import { choose, field, fill as fillIn, kind, mended, say, words } from "vuurtoren/place-form";
import { fill } from "vuurtoren/page";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PIN = '<svg viewBox="0 0 32 44" aria-hidden="true"><path d="M16 1.500c8 0 14.500 6.300 14.500 14.200C30.500 26 16 42 16 42S1.500 26 1.500 15.700C1.500 7.800 8 1.500 16 1.500z"/><circle cx="16" cy="15.500" r="5.500"/></svg>';

export function pin(map, streetNear) {
  let marker;

  function draw(latlng) {
    if (!marker) {
      const icon = L.divIcon({ className: "vuurtoren-pin-mark", html: PIN, iconSize: [44, 50], iconAnchor: [22, 48] });
      marker = L.marker(latlng, { icon, keyboard: true, zIndexOffset: 1000 }).addTo(map);
      const element = marker.getElement();
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", words.pin);
      element.addEventListener("keydown", (event) => {
        const step = STEPS[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        const far = event.shiftKey ? 20 : 4;
        const point = map.latLngToContainerPoint(marker.getLatLng()).add([step[0] * far, step[1] * far]);
        put(map.containerPointToLatLng(point));
      });
    }
    marker.setLatLng(latlng);
    marker.getElement().dataset.kind = kind();
  }

  // Puts the pin and writes it into the form; what was typed is about another place from now on.
  function put(latlng) {
    draw(latlng);
    fillIn("street", "");
    fillIn("house_number", "");
    choose("");
    field("longitude").value = latlng.lng.toFixed(6);
    fillIn("latitude", latlng.lat.toFixed(6));
    mended();
    const near = streetNear(latlng);
    say(near ? fill(words.pinNear, { street: near }) : words.pinPut);
  }

  // Shows what the form says, without changing it.
  const show = (latlng) => draw(latlng);

  function remove() {
    marker?.remove();
    marker = undefined;
  }

  function clear() {
    remove();
    fillIn("longitude", "");
    fillIn("latitude", "");
  }

  return { put, show, remove, clear };
}
