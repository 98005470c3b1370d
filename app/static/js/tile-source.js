// Our vector tiles, made ready for drawing: streets joined into long lines, assets on one spot gathered in a stack.

import { chains } from "vuurtoren/line-chains";

const JOINED = ["streets", "initiatives"];

function stack(features) {
  const spots = new Map();
  for (const feature of features) {
    const point = feature.geom[0][0];
    const key = `${point.x},${point.y}`;
    if (!spots.has(key)) spots.set(key, []);
    spots.get(key).push(feature);
    feature.stack = spots.get(key);
  }
}

// Which levels of areas are in a tile depends on what a municipality imported: the finest one is named.
const FINEST = ["neighbourhood", "district", "municipality"];

function level(layers) {
  const areas = layers.get("areas") ?? [];
  const finest = FINEST.find((kind) => areas.some((area) => area.props.kind === kind));
  for (const name of ["areas", "area_labels"]) {
    for (const one of layers.get(name) ?? []) one.finest = one.props.kind === finest;
  }
}

function prepare(layers) {
  level(layers);
  for (const name of JOINED) {
    for (const feature of layers.get(name) ?? []) feature.geom = chains(feature.geom);
  }
  stack(layers.get("assets") ?? []);
  return layers;
}

// Tiles of this level and deeper hold things themselves; above it they hold numbers.
const STREET_LEVEL = 13;

export class TileSource {
  // `facet` says what the numbers in tiles are about, when they are not about everything.
  constructor(url, facet = () => "") {
    this.url = url;
    this.facet = facet;
  }

  // `inlined` is only there in a map saved as one file: {"z/x/y": base64}.
  async get(tile, size) {
    const inlined = window.vuurtorenTiles;
    let url = this.url;
    if (inlined) {
      const bytes = inlined[`${tile.z}/${tile.x}/${tile.y}`];
      if (!bytes) return new Map();
      url = `data:application/octet-stream;base64,${bytes}`;
    }
    const facet = tile.z < STREET_LEVEL && !inlined ? this.facet() : "";
    if (facet) url += `${url.includes("?") ? "&" : "?"}facet=${encodeURIComponent(facet)}`;
    return prepare(await new protomapsL.ZxySource(url, false).get(tile, size));
  }
}
