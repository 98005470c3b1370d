// Asking the server for what the where-step needs. Where someone is, goes as a form and never in an address.

import { form } from "vuurtoren/place-form";

let token;

async function tokenNow() {
  if (!token) {
    const response = await fetch("/form-token", { headers: { Accept: "application/json" } });
    if (response.ok) ({ token } = await response.json());
  }
  return token ?? "";
}

async function answer(response) {
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function sent(url, body) {
  return answer(await fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-Form-Token": await tokenNow() } }));
}

const asked = async (url, options = {}) => answer(await fetch(url, { headers: { Accept: "application/json" }, ...options }));

export const streetsLike = async (text, signal) => (await asked(`/pin/streets?q=${encodeURIComponent(text)}`, { signal })).found;

export const street = (id, number) => asked(`/pin/streets/${id}?number=${number}`);

export const streetOfPart = (id, number) => asked(`/pin/street-parts/${id}?number=${number}`);

// The neighbourhood of a place: nothing of it is kept.
export function neighbourhoodAt({ lat, lng }) {
  return sent("/pin/here", new URLSearchParams({ longitude: lng.toFixed(6), latitude: lat.toFixed(6) }));
}

const FIELDS = /^(kind|street|found|house_number|longitude|latitude|began_at|show|area|(street_id|stretch|from_number|to_number|from_end|to_end|line|sure)(-\d+)?)$/;

let latest = 0;

// What the fields say now, as the server reads them; `stale` when they were asked about again in the meantime.
export async function chosenNow() {
  latest += 1;
  const mine = latest;
  const body = new URLSearchParams();
  for (const [name, text] of new FormData(form)) if (FIELDS.test(name) && typeof text === "string") body.append(name, text);
  const found = await sent("/pin/place", body);
  return mine === latest ? found : { stale: true };
}

// Where someone is: {lat, lng, metres}, or an error when their device does not say.
export function whereAmI() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error("none"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lng: coords.longitude, metres: coords.accuracy }),
      reject,
      { enableHighAccuracy: true, timeout: 12000, maximumAge: 60000 },
    );
  });
}
