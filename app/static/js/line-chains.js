// Pieces of street that run on into each other, joined into the longest smooth lines.
// Streets arrive cut at every crossing; names and dashes need them whole.

const SHARPEST_TURN = Math.PI / 3;

const spot = (point) => `${point.x},${point.y}`;

function heading(from, to) {
  return Math.atan2(to.y - from.y, to.x - from.x);
}

// How far two line ends that meet are from being one straight line, in radians.
function turn(a, b) {
  const difference = Math.abs(a.heading - b.heading) % (2 * Math.PI);
  return Math.abs(Math.PI - Math.min(difference, 2 * Math.PI - difference));
}

function meetings(lines) {
  const ends = new Map();
  lines.forEach((line, index) => {
    const last = line.length - 1;
    for (const [tail, next, side] of [[0, 1, 0], [last, last - 1, 1]]) {
      const key = spot(line[tail]);
      if (!ends.has(key)) ends.set(key, []);
      ends.get(key).push({ index, side, heading: heading(line[tail], line[next]) });
    }
  });
  return ends;
}

function partners(lines) {
  const partner = new Map();
  for (const ends of meetings(lines).values()) {
    const pairs = [];
    for (let i = 0; i < ends.length; i += 1) {
      for (let j = i + 1; j < ends.length; j += 1) {
        if (ends[i].index !== ends[j].index) pairs.push([turn(ends[i], ends[j]), ends[i], ends[j]]);
      }
    }
    pairs.sort((a, b) => a[0] - b[0]);
    for (const [angle, a, b] of pairs) {
      if (angle > SHARPEST_TURN) break;
      const [keyA, keyB] = [`${a.index}:${a.side}`, `${b.index}:${b.side}`];
      if (partner.has(keyA) || partner.has(keyB)) continue;
      partner.set(keyA, b);
      partner.set(keyB, a);
    }
  }
  return partner;
}

// Lines of points {x, y}; the same points come back, in fewer and longer lines.
export function chains(lines) {
  const usable = lines.filter((line) => line.length > 1);
  if (usable.length < 2) return usable;
  const partner = partners(usable);
  const done = new Set();
  const joined = [];
  const walk = (start, startSide) => {
    const points = [];
    let [index, side] = [start, startSide];
    while (!done.has(index)) {
      done.add(index);
      const line = side === 0 ? usable[index] : [...usable[index]].reverse();
      points.push(...(points.length ? line.slice(1) : line));
      const next = partner.get(`${index}:${1 - side}`);
      if (!next) break;
      [index, side] = [next.index, next.side];
    }
    if (points.length > 1) joined.push(points);
  };
  usable.forEach((_, index) => {
    for (const side of [0, 1]) {
      if (!done.has(index) && !partner.has(`${index}:${side}`)) walk(index, side);
    }
  });
  usable.forEach((_, index) => { if (!done.has(index)) walk(index, 0); }); // what is left are rings
  return joined;
}
