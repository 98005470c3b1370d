// Names along streets, letter by letter, so that they follow a bend.

const SHARPEST_BEND = Math.PI / 8; // between two neighbouring letters
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
    let [low, i] = [1, this.reach.length - 1];
    while (low < i) {
      const middle = (low + i) >> 1;
      if (this.reach[middle] < along) low = middle + 1;
      else i = middle;
    }
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

function sharpest(placed) {
  let most = 0;
  for (let i = 1; i < placed.length; i += 1) {
    const turned = Math.abs(placed[i].angle - placed[i - 1].angle);
    most = Math.max(most, turned > Math.PI ? 2 * Math.PI - turned : turned);
  }
  return most;
}

const SAMPLES = 6;
const MOST_TRIED = 7;
const MOST_BENT = 1.6;

// How much the path bends between two places on it, from a few samples.
function bent(path, from, to) {
  let total = 0;
  let last;
  let before = path.at(from);
  for (let i = 1; i <= SAMPLES; i += 1) {
    const point = path.at(from + ((to - from) * i) / SAMPLES);
    const angle = Math.atan2(point.y - before.y, point.x - before.x);
    if (last !== undefined) {
      const turned = Math.abs(angle - last);
      total += turned > Math.PI ? 2 * Math.PI - turned : turned;
    }
    [last, before] = [angle, point];
  }
  return total;
}

// The best free place on the path for this text: straight, near the middle, and not where another label is.
// Text reads from left to right there; undefined when the path bends too much or is taken everywhere.
function bestPlace(path, text, size, taken) {
  const room = path.length - text.total;
  const steps = Math.min(16, Math.max(1, Math.floor(room / (size * 1.5))));
  const candidates = [];
  for (let i = 0; i <= steps; i += 1) {
    const start = steps === 1 ? room / 2 : (room * i) / steps;
    const total = bent(path, start, start + text.total);
    if (total <= MOST_BENT) candidates.push({ cost: total + (0.6 * Math.abs(start - room / 2)) / path.length, start });
  }
  candidates.sort((a, b) => a.cost - b.cost);
  for (const { start } of candidates.slice(0, MOST_TRIED)) {
    const backwards = path.at(start + text.total).x < path.at(start).x;
    const placed = glyphs(backwards ? path.reversed() : path, backwards ? room - start : start, text, size);
    if (sharpest(placed) <= SHARPEST_BEND && !taken(boxes(placed, size))) return placed;
  }
  return undefined;
}

function boxes(placed, size) {
  const half = size * 0.62;
  const some = placed.filter((_, index) => index % 2 === 0 || index === placed.length - 1);
  return some.map((g) => ({ minX: g.x - half, minY: g.y - half, maxX: g.x + half, maxY: g.y + half }));
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
