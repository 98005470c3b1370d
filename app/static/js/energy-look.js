// How energy is drawn: streets that glow, areas in the colour of their class, and a fine dotted line where there is room.

import { isDark } from "vuurtoren/colours";
import { STREETS_FROM } from "vuurtoren/energy-months";
import { Stroke, growth } from "vuurtoren/street-lines";

const LOOKS = ["low", "some", "much", "most"];
const WIDTHS = { low: 3.6, some: 4.4, much: 5.4, most: 6.6 };
const NIGHT_WIDTHS = { low: 1.8, some: 2.2, much: 2.8, most: 3.6 };
// Rings of light around a street at night, from the outside in: pixels added at zoom 15, and how strong.
const RINGS = [[22, 0.05], [16, 0.07], [11, 0.1], [7, 0.15], [3.4, 0.24]];
const STRENGTH = { low: 0.4, some: 0.8, much: 1.15, most: 1.6 };
const FARTHEST = 24; // tiles hold little more of what lies beyond their edge: wider light would be cut off there
// How much of their colour planes have (energy.css says the same for the legend); at night one amber that grows.
const PLANES = { low: 0.55, some: 0.65, much: 0.72, most: 0.82 };
const NIGHT_PLANES = { low: 0.22, some: 0.34, much: 0.58, most: 0.92 };

const scale = (zoom) => Math.min(2.4, Math.max(0.62, growth(zoom)));

class Plane {
  constructor(view) {
    this.view = view;
  }

  draw(context, geom, zoom, feature) {
    const look = this.view.energy.areaLook(feature);
    if (!look) return;
    context.beginPath();
    for (const ring of geom) {
      ring.forEach((point, index) => (index ? context.lineTo(point.x, point.y) : context.moveTo(point.x, point.y)));
    }
    if (look === "unknown") {
      context.globalAlpha = 0.7;
      context.fillStyle = this.hatch(context);
    } else {
      context.globalAlpha = (isDark() ? NIGHT_PLANES : PLANES)[look];
      context.fillStyle = this.view.colours[isDark() ? "energy-edge" : `energy-${look}`];
    }
    context.fill("evenodd");
  }

  // Fine slanting lines: something happens here, but not known among how many people.
  hatch(context) {
    const colour = this.view.colours["energy-edge"];
    if (this.hatched?.colour === colour) return this.hatched.pattern;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    this.hatched = { colour, pattern: context.createPattern(tile, "repeat") };
    return this.hatched.pattern;
  }
}

export function planeRules(view) {
  return [{ dataLayer: "areas", symbolizer: new Plane(view), filter: (_, feature) => feature.finest, maxzoom: STREETS_FROM - 1 }];
}

function width(zoom, look) {
  return (isDark() ? NIGHT_WIDTHS : WIDTHS)[look] * scale(zoom);
}

// The layer of light on the streets; it is drawn again for each month, the map under it and the names above are not.
export function lightRules(view) {
  const colour = (look) => view.colours[`energy-${look}`];
  const lookOf = (feature) => view.energy.streetLook(feature);
  const has = (look) => (_, feature) => lookOf(feature) === look;
  const room = new Stroke((zoom) => ({
    colour: view.colours["energy-room"], width: zoom >= 16 ? 1.5 : 1.1, dash: zoom >= 16 ? [3, 4] : [2, 3.2], cap: "butt", alpha: zoom >= 15 ? 0.9 : 0.6,
  }));
  const open = (feature) => feature.props.state === "asked" || feature.props.state === "unasked";
  const streets = (symbolizer, filter) => ({ dataLayer: "streets", symbolizer, filter, minzoom: STREETS_FROM });
  const rings = RINGS.map(([more, alpha]) => new Stroke((zoom, feature) => {
    const look = lookOf(feature);
    return { colour: colour("edge"), width: width(zoom, look) + Math.min(more * scale(zoom), FARTHEST), alpha: Math.min(1, alpha * STRENGTH[look]) };
  }));
  const lines = LOOKS.flatMap((look) => {
    const edge = new Stroke((zoom) => ({ colour: colour(look === "most" ? "most" : "edge"), width: width(zoom, look) + 1.2, alpha: 0.55 }));
    const line = new Stroke((zoom) => ({ colour: colour(look), width: width(zoom, look) }));
    return [
      streets(edge, (zoom, feature) => !isDark() && has(look)(zoom, feature)),
      streets(line, has(look)),
    ];
  });
  return [
    streets(room, (_, feature) => open(feature) && !lookOf(feature)),
    ...rings.map((ring) => streets(ring, (_, feature) => isDark() && Boolean(lookOf(feature)))),
    ...lines,
  ];
}
