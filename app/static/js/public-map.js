// The map page: list, legend and map are one thing. Started by the script that Folium writes.

import { writeAddress, writtenPosition, readPosition } from "vuurtoren/address-bar";
import { assetList } from "vuurtoren/asset-list";
import { assetPanel } from "vuurtoren/asset-panel";
import { assetFeature } from "vuurtoren/asset-source";
import { boxOf } from "vuurtoren/bounds";
import { filters } from "vuurtoren/filters";
import { centreOn, covered, fit, seenCentre, visible } from "vuurtoren/open-map";
import { words } from "vuurtoren/page";
import { searchBox } from "vuurtoren/search-box";
import { shareDialog } from "vuurtoren/share-dialog";
import { sheet } from "vuurtoren/sheet";

const byId = (id) => document.getElementById(id);
const STREET_ZOOM = 16;

export function start(map, tiles) {
  const form = filters(byId("filters"));
  const list = assetList(() => byId("asset-list"), byId("count"));
  const drawer = sheet(byId("sheet"), { smaller: byId("sheet-smaller"), larger: byId("sheet-larger"), head: byId("sheet").firstElementChild });
  let open; // id of the asset whose panel is shown
  let from; // what had focus before the panel
  let pointed; // id of the row that has the pointer or focus
  const panel = assetPanel(byId("panel"), () => {
    const row = list.row(open)?.querySelector("a");
    open = undefined;
    writeAddress({ asset: null });
    mark();
    (row ?? from ?? byId("count")).focus?.({ preventScroll: true });
  }, { open: (id) => show(id), share: shareAsset });
  const share = shareDialog(byId("share"));

  const seenPosition = () => writtenPosition(map, seenCentre(map));

  // A step that "back" undoes: where the map is now stands in the address that is left.
  function go(changes, { always = false } = {}) {
    writeAddress({ at: seenPosition() });
    writeAddress(changes, { step: true, always });
  }

  function mark(row) {
    pointed = row;
    const ids = [open, pointed].filter(Boolean);
    tiles.mark(ids);
    list.mark(ids);
  }

  // The map in a frame: the area and filters that are chosen, else the part of the map that is seen.
  function frame() {
    const { area, kind, theme } = form.read();
    const parameters = new URLSearchParams(area ? { area } : { at: seenPosition() });
    for (const one of kind) parameters.append("kind", one);
    if (theme) parameters.set("theme", theme);
    return new URL(`/embed?${parameters}`, window.location.href).href.replaceAll("%2F", "/");
  }

  function shareAsset({ id, properties }) {
    const url = new URL(`/assets/${Number(id)}`, window.location.href).href;
    share({ title: properties.title, url, qr: `${url}/qr`, frame: frame() });
  }

  byId("share-map").addEventListener("click", () => {
    writeAddress({ at: seenPosition() });
    share({ title: words.shareMap, url: window.location.href, frame: frame() });
  });

  function box() {
    const seen = visible(map);
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()].map((edge) => edge.toFixed(5)).join(",");
  }

  function inView() {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(form.asked())) for (const one of [value ?? []].flat()) parameters.append(name, one);
    parameters.set("bbox", box());
    return parameters;
  }

  async function refresh() {
    if (!await list.load(inView())) return;
    const { q, talent } = form.read();
    tiles.only(q || talent ? list.ids() : undefined); // words are not in the tiles: the list says which entries have them
    mark(list.row(pointed) ? pointed : undefined);
  }

  // On a phone the sheet covers the lower part of the map: what is opened comes above it.
  function moveTo(edges) {
    const place = bounds(edges);
    const phone = drawer.phone.matches;
    const zoom = Math.max(map.getZoom(), Math.min(map.getBoundsZoom(place.pad(0.3)), STREET_ZOOM));
    const centre = map.project(place.getCenter(), zoom);
    const { top, bottom } = covered(map);
    if (phone) centre.y += (bottom - top) / 2;
    else centre.x += 90;
    map.setView(map.unproject(centre, zoom), zoom);
  }

  async function show(id, { move = true, step = true } = {}) {
    from = open ? from : document.activeElement;
    open = Number(id);
    if (step) go({ asset: String(open) });
    mark();
    try {
      const feature = await assetFeature(open, form.read().on);
      if (open !== Number(id)) return;
      panel.showAsset(feature);
      const edges = list.row(id)?.dataset.box?.split(",").map(Number) ?? boxOf(feature.geometry);
      if (move && edges) moveTo(edges);
    } catch {
      panel.showFault();
    }
  }

  function draw() {
    const { kind, theme, freshness, open: welcome, gift, area, q, talent } = form.read();
    tiles.filter({ kinds: kind, theme, freshness, open: welcome.length > 0, gift });
    tiles.focusOn(area);
    tiles.ask(Boolean(q || talent));
  }

  function applyFilters(step) {
    draw();
    if (step) go({ ...form.asked(), before: null });
    else writeAddress({ ...form.asked(), before: null });
    refresh();
  }

  const bounds = ([west, south, east, north]) => L.latLngBounds([south, west], [north, east]);

  // What was chosen below the search field.
  function choose({ words: q, asset, street, area, gift }) {
    tiles.markStreets(street?.parts ?? []);
    if (q !== undefined) {
      form.search(q);
      applyFilters(true);
    } else if (asset) show(asset.id);
    else if (gift) {
      form.search("");
      form.set({ gift: gift.of, talent: gift.what });
      byId("more-filters").open = true;
      applyFilters(true);
    } else {
      if (open) panel.close();
      go({}, { always: true });
      const { bounds: edges } = street ?? area;
      if (edges) fit(map, bounds(edges));
      if (area) panel.showArea(area);
    }
  }

  searchBox(byId("q"), byId("found"), byId("found-said"), { view: box, on: () => form.read().on, choose });

  byId("sheet").addEventListener("click", (event) => {
    const row = event.target.closest("[data-id]");
    if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(row.dataset.id);
    }
  });
  for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    byId("sheet").addEventListener(on, (event) => {
      const row = event.target.closest("[data-id]");
      if (row) mark(row.dataset.id);
    });
    byId("sheet").addEventListener(off, (event) => { if (event.target.closest("[data-id]")) mark(); });
  }

  form.onChange((name) => {
    applyFilters(name !== "talent");
    // another area has other areas round it to choose from, and bounds of its own: the server knows both
    if (name === "area") {
      writeAddress({ at: null, asset: null });
      window.location.reload();
    }
    if (name === "on") window.location.reload(); // other tiles, and other words above the list
  });
  byId("show-filters").addEventListener("click", (event) => {
    const details = byId("filter-details");
    details.open = !details.open;
    event.currentTarget.setAttribute("aria-expanded", String(details.open));
    if (details.open) drawer.atLeast("half");
  });
  if (drawer.phone.matches) byId("filter-details").open = false;

  map.on("moveend", () => {
    writeAddress({ at: seenPosition(), before: null });
    refresh();
  });
  map.on("click", ({ latlng }) => {
    const found = tiles.under(latlng);
    if (!found) {
      const disc = tiles.countUnder(latlng);
      if (disc) map.setView(latlng, map.getZoom() + 2);
      else panel.close();
      return;
    }
    const [feature] = found.features;
    const together = (feature.stack ?? [feature]).filter(tiles.view.shown);
    if (together.length > 1) panel.showChoice(together, (id) => show(id, { move: false }));
    else show(feature.props.id ?? feature.id, { move: false });
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(tiles.under(latlng) ?? tiles.countUnder(latlng)));
  });

  window.addEventListener("popstate", () => {
    const parameters = new URLSearchParams(window.location.search);
    if ((parameters.get("on") ?? "") !== form.read().on) {
      window.location.reload();
      return;
    }
    form.write(parameters);
    draw();
    const asset = parameters.get("asset");
    if (asset) show(asset, { move: false, step: false });
    else panel.close();
    const position = readPosition();
    if (position) centreOn(map, position);
    else refresh();
  });

  draw();
  const asset = new URLSearchParams(window.location.search).get("asset");
  if (asset) show(asset, { step: false, move: !readPosition() });
  refresh();
}
