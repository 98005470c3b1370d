// The map of the where-step: what is tapped, searched or told by the device is put into the form. Started by Folium.

import { readPosition } from "vuurtoren/address-bar";
import { pick } from "vuurtoren/hit-test";
import { fill, settings } from "vuurtoren/page";
import { chosenNow, neighbourhoodAt, street as ask, streetOfPart, whereAmI } from "vuurtoren/place-ask";
import { addBlock, blockOf, blocks, choose, chooseArea, field, fill as fillIn, form, freeNumber, mended, mode, OURS, say, value, words } from "vuurtoren/place-form";
import { pin as pinOn } from "vuurtoren/place-pin";
import { search } from "vuurtoren/place-search";
import { Stretch } from "vuurtoren/place-stretch";
import { Street } from "vuurtoren/place-street";

const STREET_ZOOM = 17;
const TAP_ZOOM = 14; // from here on streets can be told apart by a finger
const ON_PX = 16; // a corner is on both streets: the one that is chosen goes first
const REACH_PX = 28;

// Room for what the map says, which stands on top of it, and for the zoom buttons: a handle below them cannot be tapped.
const ROOM = { paddingTopLeft: [40, 96], paddingBottomRight: [78, 40], maxZoom: STREET_ZOOM };

// On a phone the keyboard of a field would lie on the map.
const byThumb = () => window.matchMedia("(pointer: coarse)").matches;

const byId = (id) => document.getElementById(id);

export function start(map, tiles) {
  const pin = pinOn(map, (latlng) => pick(tiles.base, latlng, ["streets"], () => true)?.features[0].props.name);
  const stretches = new Map(); // by the block of the form
  const colour = () => tiles.view.colours["kind-street-initiative"];
  const home = L.geoJSON(undefined, { interactive: false, style: ({ geometry }) => ({ className: "vuurtoren-home", weight: geometry.type === "MultiLineString" ? 8 : 3, fillOpacity: 0.35 }) }).addTo(map);
  let before = "";

  // --- a thing ---

  async function preview() {
    const now = await chosenNow();
    if (now.point) {
      const [longitude, latitude] = now.point;
      pin.show([latitude, longitude]);
      map.setView([latitude, longitude], Math.max(map.getZoom(), STREET_ZOOM));
      mended();
      say(now.says ?? "");
    } else if (now.faults?.house_number) say(now.faults.house_number);
  }

  // --- streets of an initiative ---

  async function take(asked) {
    const data = await asked;
    let block = blockOf(data.id);
    const known = block && stretches.get(block);
    if (!known) {
      block ??= addBlock(data.fields);
      stretches.set(block, new Stretch(map, new Street(data), block, colour()));
    }
    const stretch = stretches.get(block);
    map.fitBounds(stretch.bounds(), ROOM);
    return { stretch, isNew: !known };
  }

  async function takeNew(asked) {
    const { stretch, isNew } = await take(asked);
    mended();
    if (!isNew) stretch.tell();
    else say(fill(words.streetChosen, { street: stretch.street.name, metres: Math.round(stretch.street.metres) }));
  }

  function metresPerPixel() {
    const { lat } = map.getCenter();
    return (40075016 * Math.cos((lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8);
  }

  async function tapStreet(latlng) {
    if (map.getZoom() < TAP_ZOOM) {
      map.setView(latlng, STREET_ZOOM - 1);
      say(words.closer);
      return;
    }
    const nearest = [...stretches.values()].sort((a, b) => a.away(latlng) - b.away(latlng))[0];
    const away = nearest ? nearest.away(latlng) / metresPerPixel() : Infinity;
    const part = pick(tiles.base, latlng, ["streets"], () => true)?.features[0];
    if (away <= ON_PX) nearest.tap(latlng);
    else if (part && part.props.name !== nearest?.street.name) await takeNew(streetOfPart(part.id ?? part.props.id, freeNumber()));
    else if (away <= REACH_PX) nearest.tap(latlng);
    else say(words.noStreetHere);
  }

  function leaveOut(block) {
    const stretch = stretches.get(block);
    stretch?.remove();
    stretches.delete(block);
    block.remove();
    form.dispatchEvent(new CustomEvent("change", { detail: OURS }));
    (byThumb() ? map.getContainer() : field("street")).focus({ preventScroll: true });
    if (stretch) say(fill(words.removed, { street: stretch.street.name }));
  }

  // House numbers are known to the server: it says which part they are.
  async function byNumbers(block) {
    const { suffix, street } = block.dataset;
    if (!value(`from_number${suffix}`) || !value(`to_number${suffix}`)) return;
    const { stretches: found, faults = {}, stale } = await chosenNow();
    if (stale) return;
    const one = found?.find((stretch) => String(stretch.street) === street);
    if (one) stretches.get(block)?.lightNumbers(one);
    else say(Object.values(faults)[0] ?? "");
  }

  // --- a person: only the neighbourhood or street that others will see, never a pin ---

  async function seen() {
    const now = await chosenNow();
    if (now.stale) return;
    if (!now.faults) mended();
    const says = now.says ?? now.faults?.show ?? now.faults?.found;
    if (says) byId("others-see").textContent = says;
    home.clearLayers();
    say("");
    if (!now.outline && !now.lines?.length) return;
    home.addData(now.outline ?? { type: "MultiLineString", coordinates: now.lines });
    map.fitBounds(home.getBounds(), { padding: [20, 20], maxZoom: 16 });
  }

  async function tapHome(latlng) {
    const { area, street } = await neighbourhoodAt(latlng);
    if (!area) {
      say(words.noAreaHere);
      return;
    }
    fillIn("street", "");
    choose(street && value("show") === "street" ? `street-${street.id}` : "");
    chooseArea(area);
    if (street) field("street").value = value("show") === "street" ? street.name : "";
    await seen();
  }

  // --- whatever it is ---

  function tapThing(latlng) {
    pin.put(latlng);
    if (map.getZoom() < TAP_ZOOM) map.setView(latlng, STREET_ZOOM - 1);
  }

  const taps = { thing: tapThing, street_initiative: tapStreet, person: tapHome };

  // Shows that something failed and keeps what is there.
  const tried = (work) => async (...given) => {
    try {
      await work(...given);
    } catch {
      say(words.failed);
    }
  };

  const tap = tried(async (latlng) => taps[mode()](latlng));
  map.on("click", ({ latlng }) => tap(latlng));
  byId("place-put").addEventListener("click", () => tap(map.getCenter()));

  byId("place-here").addEventListener("click", async () => {
    say(words.looking);
    let here;
    try {
      here = await whereAmI();
    } catch {
      say(words.refused);
      return;
    }
    if (mode() !== "person") map.setView(here, STREET_ZOOM);
    if (mode() === "street_initiative") say(words.hereTapStreet);
    else await tap(L.latLng(here));
    if (mode() === "thing" && here.metres > 60) say(fill(words.roughly, { metres: Math.round(here.metres / 10) * 10 }));
  });

  search(tried(async (one, typed) => {
    if (byThumb()) field("street").blur();
    map.getContainer().scrollIntoView({ block: "center" });
    if (mode() === "street_initiative") {
      fillIn("street", "");
      if (one.bounds) {
        map.fitBounds(one.bounds);
        say(words.hereTapStreet);
      } else await takeNew(ask(one.value.slice(7), freeNumber()));
      return;
    }
    const number = typed.match(/\s([1-9]\d{0,5}\s?[-/]?\s?\w{0,5})$/)?.[1];
    fillIn("street", one.name);
    choose(one.value);
    if (mode() === "person") {
      if (one.area) chooseArea({ code: one.area, name: one.more });
      await seen();
      return;
    }
    pin.clear();
    if (number && !one.name.endsWith(number)) fillIn("house_number", number);
    await preview();
  }));

  form.addEventListener("change", tried(async (event) => {
    const name = event.target.name ?? "";
    if (name === "kind") await turn();
    else if (event.detail === OURS) return;
    else if (mode() === "thing" && ["house_number", "longitude", "latitude"].includes(name)) await preview();
    else if (mode() === "street_initiative" && /^(from|to)_number|^stretch/.test(name)) {
      const block = event.target.closest("[data-street]");
      if (block && value(`stretch${block.dataset.suffix}`) === "numbers") await byNumbers(block);
    } else if (mode() === "person" && ["show", "area", "found"].includes(name)) {
      if (name === "area") choose("");
      await seen();
    }
  }));

  byId("place-streets").addEventListener("click", (event) => {
    const button = event.target.closest('button[name="place_step"]');
    if (!button) return;
    event.preventDefault();
    leaveOut(button.closest("[data-street]"));
  });

  // Another kind: only what belongs to it is on the map, and where a person was tapped stays nowhere.
  async function turn() {
    const now = mode();
    if (now === before) return;
    before = now;
    if (now === "person") pin.clear();
    else pin.remove();
    home.clearLayers();
    for (const stretch of stretches.values()) stretch.remove();
    stretches.clear();
    if (now === "thing" && (value("longitude") || value("found") || value("street"))) await preview();
    if (now === "person" && (value("area") || value("found") || value("street"))) await seen();
    if (now === "street_initiative") {
      for (const block of blocks()) {
        const data = await ask(block.dataset.street, freeNumber());
        stretches.set(block, new Stretch(map, new Street(data), block, colour()));
      }
      const [first] = stretches.values();
      if (first) map.fitBounds(first.bounds(), ROOM);
    }
  }

  // The step is hidden until it is its turn: only then the map has a size.
  let shown = map.getSize().x > 0;
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    if (shown || !map.getSize().x) return;
    shown = true;
    const [first] = stretches.values();
    if (first) map.fitBounds(first.bounds(), ROOM);
    else if (!value("longitude") && settings.bounds && !readPosition()) map.fitBounds(settings.bounds);
  }).observe(map.getContainer());

  // Coordinates are on the map now; the fields stay for who types them.
  const typed = field("longitude").closest("details");
  if (!typed.querySelector("[aria-invalid]")) typed.open = false;

  tried(turn)();
}
