// The address bar holds what is seen: filters, search, area, position and the open asset. Copying it shares it.

const PRECISION = 5;

export function readPosition(search = window.location.search) {
  const [zoom, lat, lng] = (new URLSearchParams(search).get("at") ?? "").split("/").map(Number);
  if (![zoom, lat, lng].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lng) > 180) return undefined;
  return { zoom: Math.min(Math.max(zoom, 3), 19), lat, lng };
}

export function writtenPosition(map, { lat, lng } = map.getCenter()) {
  return `${map.getZoom()}/${lat.toFixed(PRECISION)}/${lng.toFixed(PRECISION)}`;
}

// Changes some parameters of the address; null takes one away. `step` makes it a step for the back button; `always` also
// when nothing changes yet, for what moves the map.
export function writeAddress(changes, { step = false, always = false } = {}) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const one of [value ?? []].flat()) if (one !== "") url.searchParams.append(name, one);
  }
  const readable = url.href.replaceAll("%2F", "/");
  if (readable === window.location.href && !always) return;
  if (step) window.history.pushState(null, "", readable);
  else window.history.replaceState(null, "", readable);
}
