// One street as a small graph: the way along it from one place to another, as assets/street_way.py has it.
//
// A place is {edge, at}: which edge, and metres along it. Positions outside are [longitude, latitude]; inside they are
// metres from the first point of the street, which is exact enough for a street.

const METRES = 111195;
const GAP_COSTS = 1.5;

function lengths(points) {
  const along = [0];
  for (let i = 1; i < points.length; i += 1) {
    along.push(along[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
  }
  return along;
}

export class Street {
  constructor(data) {
    Object.assign(this, { id: data.id, name: data.name, metres: data.metres, closed: data.closed, corners: data.corners, middle: data.middle });
    [this.origin] = data.edges[0].line;
    this.east = METRES * Math.cos((this.origin[1] * Math.PI) / 180);
    this.edges = data.edges.map(({ a, b, gap, line }) => {
      const points = line.map((one) => this.flat(one));
      const along = lengths(points);
      return { a, b, gap, points, along, length: along.at(-1) };
    });
    this.beside = new Map();
    this.edges.forEach((edge, index) => {
      for (const [from, to] of [[edge.a, edge.b], [edge.b, edge.a]]) {
        if (!this.beside.has(from)) this.beside.set(from, []);
        this.beside.get(from).push([index, to]);
      }
    });
    this.axis = this.closed ? this.ring() : this.between(this.at(this.corners[0].node), this.at(this.corners.at(-1).node)).points;
    this.axisAlong = lengths(this.axis);
    this.total = this.axisAlong.at(-1);
  }

  flat([longitude, latitude]) {
    return [(longitude - this.origin[0]) * this.east, (latitude - this.origin[1]) * METRES];
  }

  degrees([x, y]) {
    return [this.origin[0] + x / this.east, this.origin[1] + y / METRES];
  }

  at(node) {
    const index = this.edges.findIndex((edge) => edge.a === node || edge.b === node);
    const edge = this.edges[index];
    return { edge: index, at: edge.a === node ? 0 : edge.length };
  }

  // Points round a closed street, from the beginning of its first edge.
  ring() {
    const left = new Set(this.edges.keys());
    let here = this.edges[0].a;
    const points = [];
    while (left.size) {
      const step = this.beside.get(here).find(([index]) => left.has(index));
      if (!step) break;
      const edge = this.edges[step[0]];
      points.push(...(edge.a === here ? edge.points : [...edge.points].reverse()));
      left.delete(step[0]);
      here = edge.a === here ? edge.b : edge.a;
    }
    return points;
  }

  // The place nearest to a position, and how many metres away it is; never on a gap.
  nearest(position) {
    return this.nearestFlat(this.flat(position));
  }

  nearestFlat([x, y]) {
    let best = { away: Infinity };
    this.edges.forEach(({ points, along, gap }, index) => {
      if (gap) return;
      for (let i = 1; i < points.length; i += 1) {
        const [ax, ay] = points[i - 1];
        const [dx, dy] = [points[i][0] - ax, points[i][1] - ay];
        const part = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
        const away = Math.hypot(x - ax - part * dx, y - ay - part * dy);
        if (away < best.away) best = { edge: index, at: along[i - 1] + part * (along[i] - along[i - 1]), away };
      }
    });
    return best;
  }

  point({ edge, at }) {
    const { points, along } = this.edges[edge];
    return onLine(points, along, at);
  }

  position(place) {
    return this.degrees(this.point(place));
  }

  walk(start) {
    const cost = new Map([[start, 0]]);
    const via = new Map();
    const open = new Set([start]);
    while (open.size) {
      let here;
      for (const node of open) if (here === undefined || cost.get(node) < cost.get(here)) here = node;
      open.delete(here);
      for (const [index, there] of this.beside.get(here)) {
        const total = cost.get(here) + this.edges[index].length * (this.edges[index].gap ? GAP_COSTS : 1);
        if (total < (cost.get(there) ?? Infinity)) {
          cost.set(there, total);
          via.set(there, index);
          open.add(there);
        }
      }
    }
    return { cost, via };
  }

  // The shortest way from one place to another: {points, metres}.
  between(first, last) {
    const [start, goal] = [this.edges[first.edge], this.edges[last.edge]];
    let best = { total: Infinity, points: [] };
    if (first.edge === last.edge) best = { total: Math.abs(first.at - last.at), points: piece(start, first.at, last.at) };
    for (const [leave, left] of [[start.a, first.at], [start.b, start.length - first.at]]) {
      const { cost, via } = this.walk(leave);
      for (const [enter, rest] of [[goal.a, last.at], [goal.b, goal.length - last.at]]) {
        const total = left + (cost.get(enter) ?? Infinity) + rest;
        if (total >= best.total - 1e-9) continue;
        const points = piece(start, first.at, leave === start.a ? 0 : start.length);
        points.push(...this.back(via, leave, enter));
        points.push(...piece(goal, enter === goal.a ? 0 : goal.length, last.at));
        best = { total, points };
      }
    }
    const points = best.points.filter((point, i, all) => !i || point[0] !== all[i - 1][0] || point[1] !== all[i - 1][1]);
    return { points, metres: points.length > 1 ? lengths(points).at(-1) : 0 };
  }

  back(via, start, goal) {
    const pieces = [];
    let here = goal;
    while (here !== start && via.has(here)) {
      const edge = this.edges[via.get(here)];
      pieces.unshift(edge.b === here ? edge.points : [...edge.points].reverse());
      here = edge.b === here ? edge.a : edge.b;
    }
    return pieces.flat();
  }

  // Metres along the street, from its first corner to its last; around a closed street from where it begins.
  metresOf(place) {
    const [x, y] = this.point(place);
    let best = [Infinity, 0];
    for (let i = 1; i < this.axis.length; i += 1) {
      const [ax, ay] = this.axis[i - 1];
      const [dx, dy] = [this.axis[i][0] - ax, this.axis[i][1] - ay];
      const part = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      const away = Math.hypot(x - ax - part * dx, y - ay - part * dy);
      if (away < best[0] - 1e-6) best = [away, this.axisAlong[i - 1] + part * (this.axisAlong[i] - this.axisAlong[i - 1])];
    }
    return best[1];
  }

  placeAt(metres) {
    const along = this.closed ? (metres + this.total) % this.total : Math.max(0, Math.min(this.total, metres));
    return this.nearestFlat(onLine(this.axis, this.axisAlong, along));
  }

  // The corner within reach of a place, in metres.
  cornerNear(place, reach) {
    const [x, y] = this.point(place);
    let best;
    for (const corner of this.corners) {
      const [cx, cy] = this.point(this.at(corner.node));
      const away = Math.hypot(cx - x, cy - y);
      if (away <= reach && away < (best?.away ?? Infinity)) best = { ...corner, away };
    }
    return best;
  }

  // Lines of the whole street as Leaflet has them.
  lines() {
    return this.edges.filter(({ gap }) => !gap).map(({ points }) => this.latlngs(points));
  }

  latlngs(points) {
    return points.map((point) => this.degrees(point)).map(([longitude, latitude]) => [latitude, longitude]);
  }
}

function onLine(points, along, metres) {
  let i = 1;
  while (i < along.length - 1 && along[i] < metres) i += 1;
  const part = Math.max(0, Math.min(1, (metres - along[i - 1]) / (along[i] - along[i - 1] || 1)));
  return [0, 1].map((axis) => points[i - 1][axis] + part * (points[i][axis] - points[i - 1][axis]));
}

// The points of an edge from one distance to another, backwards when the second is smaller.
function piece({ points, along }, first, last) {
  const [low, high] = first <= last ? [first, last] : [last, first];
  const inside = points.filter((_, i) => along[i] > low && along[i] < high);
  const found = [onLine(points, along, low), ...inside, onLine(points, along, high)];
  return first <= last ? found : found.reverse();
}
