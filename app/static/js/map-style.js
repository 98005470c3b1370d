// What is drawn and in which order: land, streets, states or initiatives, names; symbols lie in a layer above.

import { AreaBorders } from "vuurtoren/area-borders";
import { planeRules } from "vuurtoren/energy-look";
import { StreetNames } from "vuurtoren/street-names";
import { Stroke, growth, initiativeWidth, isPath, stateLook, streetWidth } from "vuurtoren/street-lines";
import { Clusters, Counts, KeepClear, Raised, Symbols, Unseen } from "vuurtoren/symbols";

export const FAMILY = '"Atkinson Hyperlegible Next Variable", "Atkinson Hyperlegible Next", sans-serif';

const finest = (_, feature) => feature.finest;

function land(view) {
  return {
    draw(context, geom) {
      context.globalAlpha = 1;
      context.fillStyle = view.colours["map-land"];
      context.beginPath();
      for (const ring of geom) {
        ring.forEach((point, index) => (index ? context.lineTo(point.x, point.y) : context.moveTo(point.x, point.y)));
      }
      context.fill();
    },
  };
}

function streets(view) {
  const { style } = view;
  const casing = new Stroke((zoom, feature) => (
    { colour: view.colours["map-casing"], width: streetWidth(style, zoom, feature) + (zoom >= 14 ? 1.8 : 1.2) }));
  const path = new Stroke((zoom, feature) => (
    { colour: view.colours["map-path"], width: streetWidth(style, zoom, feature) }));
  const surface = new Stroke((zoom, feature) => (
    { colour: view.colours["map-street"], width: streetWidth(style, zoom, feature) }));
  const road = (_, feature) => !isPath(feature);
  return [
    { dataLayer: "ways", symbolizer: path, filter: (_, feature) => isPath(feature), minzoom: 14 },
    { dataLayer: "ways", symbolizer: casing, filter: road },
    { dataLayer: "streets", symbolizer: casing },
    { dataLayer: "ways", symbolizer: surface, filter: road },
    { dataLayer: "streets", symbolizer: surface },
  ];
}

function initiatives(view) {
  const colour = () => view.colours["kind-street-initiative"];
  const line = new Stroke((zoom) => ({ colour: colour(), width: initiativeWidth(zoom) }));
  const open = new Stroke((zoom) => ({ colour: view.colours["map-halo"], width: initiativeWidth(zoom) * 0.45 }));
  const pale = new Stroke((zoom) => ({ colour: colour(), width: initiativeWidth(zoom), alpha: 0.6 }));
  const ageing = (feature) => feature.props.freshness === "ageing";
  return [
    { dataLayer: "initiatives", symbolizer: pale, filter: (_, f) => view.shown(f) && ageing(f) },
    { dataLayer: "initiatives", symbolizer: open, filter: (_, f) => view.shown(f) && ageing(f) },
    { dataLayer: "initiatives", symbolizer: line, filter: (_, f) => view.shown(f) && !ageing(f) },
  ];
}

function states(view) {
  const look = stateLook(view.style, () => view.colours);
  const has = (...wanted) => (_, feature) => wanted.includes(feature.props.state);
  const stretch = new Stroke((zoom) => ({ colour: view.colours["state-carried"], width: initiativeWidth(zoom) }));
  return [
    { dataLayer: "streets", symbolizer: new Stroke(look), filter: has("unasked", "asked") },
    { dataLayer: "initiatives", symbolizer: stretch, filter: (_, feature) => view.shown(feature) },
    { dataLayer: "streets", symbolizer: new Stroke(look), filter: has("carried") },
  ];
}

// What lies on the streets, by the look of the map.
const ON_STREETS = { room: states, energy: () => [], reach: () => [] }; // energy has a layer of its own (vector-tiles.js)

export function paintRules(view) {
  const border = new AreaBorders({
    colour: () => view.colours["map-border"],
    width: (zoom) => (zoom >= 14 ? 1.4 : 1),
    dash: [6, 4],
  });
  return [
    { dataLayer: "areas", symbolizer: land(view), filter: (_, feature) => view.inFocus(feature) },
    ...(view.look === "energy" ? planeRules(view) : []),
    ...streets(view),
    { dataLayer: "areas", symbolizer: border },
    ...(ON_STREETS[view.look] ?? initiatives)(view),
  ];
}

// Names of areas, in spaced capitals.
function areaNames(view) {
  const words = new protomapsL.CenteredTextSymbolizer({
    labelProps: ["name"],
    textTransform: "uppercase",
    fontFamily: FAMILY,
    fontWeight: 700,
    fontSize: (zoom) => (zoom >= 15 ? 17 : zoom >= 13 ? 14 : 12),
    letterSpacing: 1.6,
    lineHeight: 1.5,
    maxLineChars: 16,
    fill: () => view.colours["map-area"],
    stroke: () => view.colours["map-halo"],
    width: 2.5,
  });
  const name = new protomapsL.Padding((zoom) => (zoom >= 13 ? 2 : 7), words); // many names on a country
  return { dataLayer: "area_labels", symbolizer: view.look === "public" ? new Raised(name) : name, filter: finest };
}

export function labelRules(view) {
  const main = (feature) => ["motorway", "trunk", "primary", "secondary", "tertiary"].includes(feature.props.road_class);
  const names = (size) => new StreetNames({
    family: FAMILY,
    weight: 500,
    size: (zoom) => size + (zoom >= 17 ? 2 : zoom >= 16 ? 1 : 0),
    colours: () => ({ fill: view.colours["map-label"], halo: view.colours["map-halo"] }),
    repeat: 420,
  });
  return [
    view.look === "public" ? { ...areaNames(view), symbolizer: new Unseen(areaNames(view).symbolizer) } : areaNames(view),
    ...(view.look === "public" ? [{ dataLayer: "assets", symbolizer: new KeepClear() }] : []),
    { dataLayer: "streets", symbolizer: names(13), filter: (_, feature) => main(feature), minzoom: 13 },
    { dataLayer: "streets", symbolizer: names(12.5), filter: (_, feature) => !main(feature), minzoom: 15 },
  ];
}

// On the public map names of areas lie above the symbols: a name with a house through it cannot be read.
export function overlayLabels(view) {
  if (view.look === "energy") return labelRules(view); // above the light on the streets
  return view.look === "public" ? [{ dataLayer: "asset_counts", symbolizer: new Counts(view) }, { dataLayer: "clusters", symbolizer: new Clusters(view) }, areaNames(view)] : [];
}

// The layer above: symbols, counts, and what is pointed at.
export function overlayRules(view) {
  const glow = new Stroke((zoom) => ({ colour: view.colours.light, width: initiativeWidth(zoom) + 9 * Math.min(1, growth(zoom)) + 3, alpha: view.look === "energy" ? 0.35 : 0.5 }));
  const lit = (_, feature) => view.chosen(feature);
  const rules = [
    { dataLayer: "streets", symbolizer: glow, filter: (_, f) => view.chosenStreet(f) },
    { dataLayer: "initiatives", symbolizer: glow, filter: (_, f) => view.look !== "energy" && lit(_, f) },
  ];
  if (view.look === "public") {
    const symbols = new Symbols(view);
    rules.push({ dataLayer: "asset_counts", symbolizer: new Counts(view) });
    rules.push({ dataLayer: "clusters", symbolizer: new Clusters(view) });
    rules.push({ dataLayer: "assets", symbolizer: symbols, filter: (_, f) => view.shown(f) });
  }
  return rules;
}
