// Dashed borders of areas. Neighbours share their border: each edge is drawn once, or the dashes would fill each other.

export class AreaBorders {
  constructor({ colour, width, dash }) {
    Object.assign(this, { colour, width, dash });
    this.drawn = new Set();
  }

  before(context, zoom) {
    this.drawn = new Set();
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
        const forward = a.x < b.x || (a.x === b.x && a.y < b.y);
        const edge = forward ? `${a.x},${a.y},${b.x},${b.y}` : `${b.x},${b.y},${a.x},${a.y}`;
        if (this.drawn.has(edge)) {
          open = false;
          continue;
        }
        this.drawn.add(edge);
        if (!open) context.moveTo(a.x, a.y);
        context.lineTo(b.x, b.y);
        open = true;
      }
    }
    context.stroke();
  }
}
