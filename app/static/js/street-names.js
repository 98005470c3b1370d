// Names along streets, letter by letter, so that they follow a bend.

const SHARPEST_BEND = Math.PI / 5; // between two neighbouring letters
const widths = new Map();

// Where each letter starts and how wide the whole is, in pixels.
function measure(context, font, name) {
  const key = `${font}|${name}`;
  if (!widths.has(key)) {
    context.font = font;
    const letters = [...name];
    const starts = letters.map((_, index) => context.measureText(letters.slice(0, index).join("")).width);
    widths.set(key, { letters, starts, total: context.measureText(name).width });
  }
  return widths.get(key);
}

class Path {
  constructor(points) {
    this.points = points;
    this.reach = [0];
    for (let i = 1; i < points.length; i += 1) {
      this.reach.push(this.reach[i - 1] + Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y));
    }
    this.length = this.reach[this.reach.length - 1];
  }

  reversed() {
    this.back ??= new Path([...this.points].reverse());
    return this.back;
  }

  at(distance) {
    const along = Math.min(Math.max(distance, 0), this.length);
    let i = 1;
    while (i < this.reach.length - 1 && this.reach[i] < along) i += 1;
    const part = (along - this.reach[i - 1]) / (this.reach[i] - this.reach[i - 1] || 1);
    const [a, b] = [this.points[i - 1], this.points[i]];
    return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
  }
}

function glyphs(path, start, text, size) {
  const placed = [];
  for (let i = 0; i < text.letters.length; i += 1) {
    const from = start + text.starts[i];
    const width = (text.starts[i + 1] ?? text.total) - text.starts[i];
    const before = path.at(from - size / 3);
    const after = path.at(from + width + size / 3);
    const middle = path.at(from + width / 2);
    placed.push({ letter: text.letters[i], width, x: middle.x, y: middle.y, angle: Math.atan2(after.y - before.y, after.x - before.x) });
  }
  return placed;
}

function bends(placed) {
  let sharpest = 0;
  let total = 0;
  for (let i = 1; i < placed.length; i += 1) {
    let difference = Math.abs(placed[i].angle - placed[i - 1].angle);
    if (difference > Math.PI) difference = 2 * Math.PI - difference;
    sharpest = Math.max(sharpest, difference);
    total += difference;
  }
  return { sharpest, total };
}

// The best free place on the path for this text: straight, near the middle, and not where another label is.
// Text reads from left to right there; undefined when the path bends too much or is taken everywhere.
function bestPlace(path, text, size, taken) {
  const room = path.length - text.total;
  const steps = Math.min(16, Math.max(1, Math.floor(room / (size * 1.5))));
  const candidates = [];
  for (let i = 0; i <= steps; i += 1) {
    const start = steps === 1 ? room / 2 : (room * i) / steps;
    const backwards = path.at(start + text.total).x < path.at(start).x;
    const along = backwards ? path.reversed() : path;
    const placed = glyphs(along, backwards ? room - start : start, text, size);
    const { sharpest, total } = bends(placed);
    if (sharpest > SHARPEST_BEND || total > 1.6) continue;
    candidates.push({ cost: total + (0.6 * Math.abs(start - room / 2)) / path.length, placed });
  }
  candidates.sort((a, b) => a.cost - b.cost);
  return candidates.find(({ placed }) => !taken(boxes(placed, size)))?.placed;
}

function boxes(placed, size) {
  const half = size * 0.62;
  return placed.map((g) => ({ minX: g.x - half, minY: g.y - half, maxX: g.x + half, maxY: g.y + half }));
}

export class StreetNames {
  // size(zoom, feature) in pixels; colours() returns {fill, halo}
  constructor({ family, size, weight, colours, repeat }) {
    Object.assign(this, { family, size, weight, colours, repeat });
  }

  place(layout, geom, feature) {
    const name = feature.props.name;
    if (!name || name.length > 60) return undefined;
    const size = this.size(layout.zoom, feature);
    const font = `${this.weight} ${size}px ${this.family}`;
    const text = measure(layout.scratch, font, name);
    const labels = [];
    const taken = (found) => layout.index.labelCollides({ bboxes: found }, Infinity);
    const longest = geom.map((line) => new Path(line)).sort((a, b) => b.length - a.length);
    for (const path of longest.slice(0, 3)) {
      if (path.length < text.total + size) break;
      const placed = bestPlace(path, text, size, taken);
      if (placed) labels.push(this.label(placed, font, size, name));
    }
    return labels;
  }

  label(placed, font, size, name) {
    const anchor = layoutPoint(placed[Math.floor(placed.length / 2)]);
    const draw = (context) => {
      const { fill, halo } = this.colours();
      context.globalAlpha = 1;
      context.font = font;
      context.textAlign = "center";
      context.lineJoin = "round";
      context.lineWidth = 3.5;
      context.strokeStyle = halo;
      context.fillStyle = fill;
      for (const paint of ["strokeText", "fillText"]) {
        for (const glyph of placed) {
          context.save();
          context.translate(glyph.x - anchor.x, glyph.y - anchor.y);
          context.rotate(glyph.angle);
          context[paint](glyph.letter, 0, size * 0.33);
          context.restore();
        }
      }
    };
    return { anchor, bboxes: boxes(placed, size), draw, deduplicationKey: name, deduplicationDistance: this.repeat };
  }
}

// The labeler asks its points for their distance to each other.
function layoutPoint({ x, y }) {
  return { x, y, dist: (other) => Math.hypot(other.x - x, other.y - y) };
}
