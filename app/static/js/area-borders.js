// Dashed borders of areas. Neighbours share their border: each edge is drawn once, or the dashes would fill each other.

// A point as one number: tile coordinates are steps of an eighth of a pixel.
const point = ({ x, y }) => (x * 8 + 8192) * 2097152 + (y * 8 + 8192);

export class AreaBorders {
  constructor({ colour, width, dash }) {
    Object.assign(this, { colour, width, dash });
    this.drawn = new Map();
  }

  // Whether this edge, in either direction, is met for the first time in this drawing.
  first(a, b) {
    const [from, to] = a < b ? [a, b] : [b, a];
    const met = this.drawn.get(from);
    if (met?.has(to)) return false;
    if (met) met.add(to);
    else this.drawn.set(from, new Set([to]));
    return true;
  }

  before(context, zoom) {
    this.drawn = new Map();
    context.globalAlpha = 0.9;
    context.strokeStyle = this.colour();
    context.lineWidth = this.width(zoom);
    context.lineCap = "butt";
    context.setLineDash(this.dash);
  }

  draw(context, geom) {
    context.beginPath();
    for (const ring of geom) {
      let open = false;
      for (let i = 1; i < ring.length; i += 1) {
        const [a, b] = [ring[i - 1], ring[i]];
        if (!this.first(point(a), point(b))) {
          open = false;
          continue;
        }
        if (!open) context.moveTo(a.x, a.y);
        context.lineTo(b.x, b.y);
        open = true;
      }
    }
    context.stroke();
  }
}
