// Draws the entries of a month over the base map, on one canvas: lines along streets, symbols for the rest.

import { growth, initiativeWidth } from "vuurtoren/street-lines";
import { Symbols, symbolSize } from "vuurtoren/symbols";

const MARGIN = 0.25; // of the screen, drawn beyond its edges so that panning shows no empty rim
const NEAR = 16; // pixels within which a tap means an entry

// Longitude and latitude of a GeoJSON geometry as lines of points; a point is a line of one.
function linesOf({ type, coordinates }) {
  if (type === "Point") return [[coordinates]];
  if (type === "LineString") return [coordinates];
  if (type === "Polygon" || type === "MultiLineString") return coordinates;
  return coordinates.flat();
}

const isLine = (geometry) => geometry.type.endsWith("LineString");

function middle(points) {
  const total = points.reduce((sum, point) => ({ x: sum.x + point.x, y: sum.y + point.y }), { x: 0, y: 0 });
  return { x: total.x / points.length, y: total.y / points.length };
}

export class TimelineLayer {
  // view: colours and shapes of the map below (vector-tiles.js)
  constructor(map, view, frames) {
    Object.assign(this, { map, view, frames, symbols: new Symbols(view), placed: [] });
    const pane = map.createPane("timeline");
    pane.style.zIndex = "450";
    pane.style.pointerEvents = "none";
    this.canvas = document.createElement("canvas");
    this.canvas.className = "leaflet-zoom-hide";
    pane.append(this.canvas);
    map.on("moveend zoomend resize viewreset", () => this.draw());
  }

  // Places in pixels of the whole world at zoom 0: worked out once, scaled at each drawing.
  place() {
    this.placed = this.frames.assets.filter((asset) => asset.geometry).map((asset) => {
      const lines = linesOf(asset.geometry).map((line) => line.map(([lng, lat]) => this.map.project([lat, lng], 0)));
      return isLine(asset.geometry) ? { asset, lines } : { asset, point: middle(lines.flat()) };
    });
    this.draw();
  }

  prepare() {
    const { x: width, y: height } = this.map.getSize();
    const corner = this.map.containerPointToLayerPoint([-width * MARGIN, -height * MARGIN]);
    const ratio = window.devicePixelRatio || 1;
    const size = [width * (1 + 2 * MARGIN), height * (1 + 2 * MARGIN)];
    this.canvas.width = Math.round(size[0] * ratio);
    this.canvas.height = Math.round(size[1] * ratio);
    this.canvas.style.width = `${size[0]}px`;
    this.canvas.style.height = `${size[1]}px`;
    L.DomUtil.setPosition(this.canvas, corner);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const zoom = this.map.getZoom();
    const scale = 2 ** zoom;
    const origin = this.map.getPixelOrigin().add(corner);
    return { context, zoom, at: ({ x, y }) => ({ x: x * scale - origin.x, y: y * scale - origin.y }) };
  }

  draw() {
    const { context, zoom, at } = this.prepare();
    const there = this.placed.map((one) => ({ ...one, state: this.frames.state(one.asset) })).filter((one) => one.state);
    const lines = there.filter((one) => one.lines);
    for (const one of lines.filter(({ asset }) => this.frames.isNew(asset))) {
      this.line(context, one, at, { colour: this.view.colours.light, width: this.width(zoom) + 9 * Math.min(1, growth(zoom)) + 3, alpha: 0.55 });
    }
    for (const one of lines) this.initiative(context, one, at, zoom);
    for (const one of there.filter(({ point }) => point)) {
      const { x, y } = at(one.point);
      const feature = { props: { kind: one.asset.kind, freshness: one.state } };
      context.globalAlpha = 1;
      if (one.state === "gone") this.leaving(context, x, y, symbolSize(zoom));
      else this.symbols.symbol(context, x, y, feature, symbolSize(zoom), this.frames.isNew(one.asset));
    }
  }

  width(zoom) {
    return initiativeWidth(zoom);
  }

  initiative(context, one, at, zoom) {
    const colour = this.view.colours["kind-street-initiative"];
    const width = this.width(zoom);
    if (one.state === "gone") {
      this.line(context, one, at, { colour: this.view.colours.muted, width: 1.6, dash: [3, 5], alpha: 0.8 });
      return;
    }
    this.line(context, one, at, { colour, width, alpha: one.state === "ageing" ? 0.6 : 1 });
    if (one.state === "ageing") this.line(context, one, at, { colour: this.view.colours["map-halo"], width: width * 0.45 });
  }

  line(context, { lines }, at, { colour, width, dash = [], alpha = 1 }) {
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = dash.length ? "butt" : "round";
    context.lineJoin = "round";
    context.setLineDash(dash);
    context.beginPath();
    for (const line of lines) {
      line.forEach((point, index) => {
        const { x, y } = at(point);
        if (index) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
    }
    context.stroke();
    context.setLineDash([]);
  }

  // What stopped or was long not heard of leaves a fine ring for one month.
  leaving(context, x, y, size) {
    context.globalAlpha = 0.8;
    context.strokeStyle = this.view.colours.muted;
    context.lineWidth = 1.6;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.arc(x, y, size * 0.45, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }

  // The entry that is nearest to a tap, when it is there in this month; symbols lie above lines.
  under(latlng) {
    const tap = this.map.project(latlng, this.map.getZoom());
    const scale = 2 ** this.map.getZoom();
    const away = ({ x, y }) => Math.hypot(x * scale - tap.x, y * scale - tap.y);
    const shown = this.placed.filter(({ asset }) => ["fresh", "ageing"].includes(this.frames.state(asset)));
    const nearest = (found) => found.filter(({ far }) => far <= NEAR).sort((a, b) => a.far - b.far)[0]?.asset;
    const points = shown.filter(({ point }) => point).map(({ asset, point }) => ({ asset, far: away(point) }));
    const lines = shown.filter((one) => one.lines).map(({ asset, lines: those }) => ({ asset, far: this.far(those, tap, scale) }));
    return nearest(points) ?? nearest(lines);
  }

  far(lines, tap, scale) {
    let least = Infinity;
    for (const line of lines) {
      for (let index = 1; index < line.length; index += 1) {
        const [a, b] = [line[index - 1], line[index]].map(({ x, y }) => L.point(x * scale, y * scale));
        least = Math.min(least, L.LineUtil.pointToSegmentDistance(tap, a, b));
      }
    }
    return least;
  }
}
