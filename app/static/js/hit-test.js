// What lies under a finger or pointer: the nearest asset, else the nearest line. Asks the tiles that are already there.

const SYMBOL_REACH = 18;
const LINE_REACH = 12;
const DISC_REACH = 26;

// Features of one layer within reach of the point, each once.
function under(layer, latlng, name, reach) {
  const picked = layer.queryTileFeaturesDebug(latlng.lng, latlng.lat, reach).get("") ?? [];
  return picked.filter((pick) => pick.layerName === name).map((pick) => pick.feature);
}

// A small reach first: what is nearest comes before what is near.
function nearest(layer, latlng, name, reach, shown) {
  for (const part of [0.35, 0.65, 1]) {
    const found = under(layer, latlng, name, reach * part).filter(shown);
    if (found.length) return found;
  }
  return [];
}

// Returns {layer, features} with the topmost kind of thing, or undefined.
export function pick(layer, latlng, layers, shown) {
  for (const name of layers) {
    const reach = { assets: SYMBOL_REACH, clusters: DISC_REACH, asset_counts: DISC_REACH }[name] ?? LINE_REACH;
    const features = nearest(layer, latlng, name, reach, name === "assets" || name === "initiatives" ? shown : () => true);
    if (features.length) return { layer: name, features };
  }
  return undefined;
}
