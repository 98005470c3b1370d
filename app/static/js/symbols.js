// Assets as symbols: shape and colour by kind, paler and open when nobody has confirmed them for a while.

import { fill } from "vuurtoren/page";

const paths = new Map();

function outline(data) {
  if (!paths.has(data)) paths.set(data, new Path2D(data));
  return paths.get(data);
}

export const symbolSize = (zoom) => (zoom >= 17 ? 24 : zoom >= 15 ? 21 : 16);

export class Symbols {
  // view: {colours, shapes, shown(feature), chosen(feature)}
  constructor(view) {
    this.view = view;
  }

  draw(context, geom, zoom, feature) {
    const stack = feature.stack.filter((other) => this.view.shown(other));
    if (stack[0] !== feature) return;
    const chosen = stack.find((other) => this.view.chosen(other));
    const shown = chosen ?? feature;
    const { x, y } = geom[0][0];
    this.symbol(context, x, y, shown, symbolSize(zoom) * (chosen ? 1.45 : 1), Boolean(chosen));
    if (stack.length > 1) this.count(context, x, y, symbolSize(zoom), stack.length);
  }

  symbol(context, x, y, feature, size, chosen) {
    const { colours, shapes } = this.view;
    const path = outline(shapes[feature.props.kind] ?? shapes.person);
    const colour = colours[`kind-${feature.props.kind.replaceAll("_", "-")}`] ?? colours.ink;
    const unit = size / 24;
    context.save();
    context.translate(x, y);
    if (chosen) {
      context.beginPath();
      context.arc(0, 0, size * 0.82, 0, 2 * Math.PI);
      context.fillStyle = colours.light;
      context.globalAlpha = 0.5;
      context.fill();
    }
    context.scale(unit, unit);
    context.translate(-12, -12);
    context.lineJoin = "round";
    context.globalAlpha = 1;
    context.lineWidth = 3.6 / unit;
    context.strokeStyle = colours["map-halo"];
    context.stroke(path);
    if (feature.props.freshness === "ageing") {
      context.fillStyle = colours["map-halo"];
      context.fill(path);
      context.globalAlpha = 0.75;
      context.lineWidth = 1.8 / unit;
      context.strokeStyle = colour;
      context.stroke(path);
    } else {
      context.fillStyle = colour;
      context.fill(path);
    }
    context.restore();
  }

  count(context, x, y, size, number) {
    const { colours } = this.view;
    context.save();
    context.globalAlpha = 1;
    context.translate(x + size * 0.5, y - size * 0.5);
    context.beginPath();
    context.arc(0, 0, 8, 0, 2 * Math.PI);
    context.fillStyle = colours.ink;
    context.fill();
    context.fillStyle = colours.card;
    context.font = `700 11px ${this.view.family}`;
    context.textAlign = "center";
    context.fillText(String(number), 0, 4);
    context.restore();
  }
}

const discSize = (number, zoom) => Math.min(24, 9 + Math.sqrt(number) * 1.1) * (zoom < 11 ? 0.8 : 1);

const KINDS = ["person", "club", "meeting_place", "street_initiative", "institution", "exchange", "story"];

// How many a disc stands for: of the kinds that are chosen, or all.
export function counted(view, { props }) {
  if (!view.kinds.size) return Number(props.count ?? 0) || KINDS.reduce((sum, kind) => sum + Number(props[kind] ?? 0), 0);
  return [...view.kinds].reduce((sum, kind) => sum + Number(props[kind] ?? 0), 0);
}

function disc(context, view, x, y, radius, number) {
  const { colours } = view;
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colours.glow;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = colours.amber;
  context.stroke();
  if (view.several || view.words) return; // the numbers do not know this choice of filters; the list does
  context.fillStyle = colours.ink;
  context.font = `700 ${radius < 12 ? 11 : 13}px ${view.family}`;
  context.textAlign = "center";
  context.fillText(fill("{number}", { number }), x, y + 4.5);
}

// A disc is drawn on its own tile, and once more as a label: those are drawn on every tile that they lie on, so none is cut at
// an edge. It takes its heart and its four outermost points as room, so that discs may touch and names stay off them. The
// number is that of the moment of drawing, for filters change it.
function discLabel(view, feature, { x, y }, radius, size) {
  if (!(radius > 0)) return undefined;
  const [heart, out] = [radius * 0.6, radius + 2];
  const point = (px, py) => ({ minX: px, minY: py, maxX: px, maxY: py });
  return [{
    anchor: { x, y, dist: (other) => Math.hypot(other.x - x, other.y - y) },
    bboxes: [
      { minX: x - heart, minY: y - heart, maxX: x + heart, maxY: y + heart },
      point(x - out, y), point(x + out, y), point(x, y - out), point(x, y + out),
    ],
    draw: (context) => {
      const number = counted(view, feature);
      if (number) disc(context, view, 0, 0, size(number), number);
    },
  }];
}

const everyKind = { kinds: new Set() };

// Below street level only counts are known: a disc per area, under its name.
export class Counts {
  constructor(view) {
    this.view = view;
  }

  draw(context, geom, zoom, feature) {
    const number = counted(this.view, feature);
    const { x, y } = geom[0][0];
    const below = y + discSize(counted(everyKind, feature), zoom) + 8;
    if (number) disc(context, this.view, x, below, discSize(number, zoom), number);
  }

  place(layout, geom, feature) {
    const most = discSize(counted(everyKind, feature), layout.zoom);
    const { x, y } = geom[0][0];
    return discLabel(this.view, feature, { x, y: y + most + 8 }, most, (number) => discSize(number, layout.zoom));
  }
}

const clusterSize = (number) => Math.min(30, 13 + Math.log10(number) * 4);

// On a map of a country: a disc for each part of it that holds anything, in the middle of what it counts.
export class Clusters {
  constructor(view) {
    this.view = view;
  }

  draw(context, geom, zoom, feature) {
    const number = counted(this.view, feature);
    if (number) disc(context, this.view, geom[0][0].x, geom[0][0].y, clusterSize(number), number);
  }

  place(layout, geom, feature) {
    const most = clusterSize(counted(everyKind, feature));
    return discLabel(this.view, feature, geom[0][0], most, clusterSize);
  }
}

// Keeps street names off the symbols: takes room among the labels and draws nothing.
export class KeepClear {
  place(layout, geom) {
    const { x, y } = geom[0][0];
    const half = symbolSize(layout.zoom) / 2;
    const anchor = { x, y, dist: (other) => Math.hypot(other.x - x, other.y - y) };
    return [{ anchor, bboxes: [{ minX: x - half, minY: y - half, maxX: x + half, maxY: y + half }], draw: () => {} }];
  }
}

// People without an exact place stand on the label point of their area: its name goes above them.
export class Raised {
  constructor(symbolizer) {
    this.symbolizer = symbolizer;
  }

  place(layout, geom, feature) {
    const by = layout.zoom >= 14 ? 24 : 0;
    const [[point]] = geom;
    const raised = point.clone();
    raised.y -= by;
    return this.symbolizer.place(layout, [[raised]], feature);
  }
}

// Takes the room of a name that is drawn in the layer above.
export class Unseen {
  constructor(symbolizer) {
    this.symbolizer = symbolizer;
  }

  place(layout, geom, feature) {
    return this.symbolizer.place(layout, geom, feature)?.map((label) => ({ ...label, draw: () => {} }));
  }
}
