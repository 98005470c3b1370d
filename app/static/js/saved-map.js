// A map saved as one file: list, filter and map without any server. Started by Folium's script.

import { assetPanel } from "vuurtoren/asset-panel";
import { assetFeature } from "vuurtoren/asset-source";
import { fill, settings, words } from "vuurtoren/page";
import { streetPanel } from "vuurtoren/street-panel";

const byId = (id) => document.getElementById(id);

function onHover(list, row, tell) {
  for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    list.addEventListener(on, (event) => { const found = event.target.closest(row); if (found) tell(found); });
    list.addEventListener(off, (event) => { if (event.target.closest(row)) tell(undefined); });
  }
}

function assets(map, tiles) {
  let open;
  const mark = (pointed) => tiles.mark([open, pointed].filter(Boolean));
  const panel = assetPanel(byId("panel"), () => { open = undefined; mark(); });
  const rows = [...document.querySelectorAll("[data-id]")];

  async function show(id, move) {
    open = Number(id);
    mark();
    try {
      panel.showAsset(await assetFeature(open));
    } catch {
      panel.showFault();
      return;
    }
    const box = rows.find((row) => row.dataset.id === String(id))?.dataset.box?.split(",").map(Number);
    if (move && box) map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { maxZoom: 16, padding: [60, 60] });
  }

  const boxes = [...document.querySelectorAll("input[name=kind]")];
  const filter = () => {
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    tiles.filter({ kinds, theme: "" });
    let shown = 0;
    for (const row of rows) {
      row.hidden = kinds.size > 0 && !kinds.has(row.dataset.kind);
      if (!row.hidden) shown += 1;
    }
    byId("count").textContent = fill(words.found, { count: shown });
  };
  for (const box of boxes) box.addEventListener("change", filter);

  onHover(byId("asset-list"), "[data-id]", (row) => mark(row?.dataset.id));
  byId("asset-list").addEventListener("click", (event) => {
    const row = event.target.closest("[data-id]");
    if (row) {
      event.preventDefault();
      show(row.dataset.id, true);
    }
  });
  map.on("click", ({ latlng }) => {
    const found = tiles.under(latlng);
    if (!found) {
      panel.close();
      return;
    }
    const [feature] = found.features;
    const together = (feature.stack ?? [feature]).filter(tiles.view.shown);
    if (together.length > 1) panel.showChoice(together, (id) => show(id, false));
    else show(feature.props.id ?? feature.id, false);
  });
}

function streets(map, tiles) {
  const panel = streetPanel(byId("panel"), () => tiles.markStreets([]));
  const table = byId("street-table");
  onHover(table, "[data-street]", (row) => tiles.markStreets(row ? [row.dataset.street] : []));
  map.on("click", ({ latlng }) => {
    const street = tiles.under(latlng)?.features[0];
    if (!street) {
      panel.close();
      return;
    }
    const id = Number(street.props.id ?? street.id);
    tiles.markStreets([id]);
    panel.show(street.props, table.querySelector(`[data-street="${id}"]`));
  });
}

export function start(map, tiles) {
  tiles.focusOn(settings.area);
  if (tiles.view.look === "public") assets(map, tiles);
  else streets(map, tiles);
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(tiles.under(latlng)));
  });
}
