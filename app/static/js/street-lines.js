// Streets as a printed map draws them: white with a thin casing, width by road class and zoom; states on top.

const GROWTH = [[10, 0.1], [12, 0.22], [13, 0.42], [14, 0.66], [15, 1], [16, 1.7], [17, 3], [18, 5], [19, 7]];

export function growth(zoom) {
  const stops = GROWTH;
  if (zoom <= stops[0][0]) return stops[0][1];
  for (let i = 1; i < stops.length; i += 1) {
    if (zoom <= stops[i][0]) {
      const part = (zoom - stops[i - 1][0]) / (stops[i][0] - stops[i - 1][0]);
      return stops[i - 1][1] + part * (stops[i][1] - stops[i - 1][1]);
    }
  }
  return stops[stops.length - 1][1];
}

const PATHS = new Set(["footway", "cycleway", "path", "steps", "track"]);

export const isPath = (feature) => PATHS.has(feature.props.road_class) && !feature.props.name;

export function streetWidth(style, zoom, feature) {
  const width = style.roads[feature.props.road_class] ?? style.otherRoad;
  return Math.max(width * growth(zoom), isPath(feature) ? 0.6 : 1);
}

function trace(context, geom) {
  context.beginPath();
  for (const line of geom) {
    line.forEach((point, index) => (index ? context.lineTo(point.x, point.y) : context.moveTo(point.x, point.y)));
  }
}

// One stroke along each line. `look(zoom, feature)` returns {colour, width, dash, alpha, cap}.
export class Stroke {
  constructor(look) {
    this.look = look;
  }

  draw(context, geom, zoom, feature) {
    const { colour, width, dash = [], alpha = 1, cap = "round" } = this.look(zoom, feature);
    context.globalAlpha = alpha;
    context.lineCap = cap;
    context.lineJoin = "round";
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    trace(context, geom);
    context.stroke();
    context.setLineDash([]);
  }
}

export function stateLook(style, colours) {
  return (zoom, feature) => {
    const state = feature.props.state;
    const { dash, share } = style.states[state];
    // what has not been asked stays fine at every zoom: it says nothing about the street
    const scale = Math.min(state === "unasked" ? 1.15 : 1.6, Math.max(0.55, growth(zoom)));
    const width = Math.max(1.4, 4.6 * scale * share);
    return { colour: colours()[`state-${state}`], width, dash: dash.map((length) => length * scale), cap: dash.length ? "butt" : "round" };
  };
}

export function initiativeWidth(zoom) {
  return Math.max(2.2, 4.6 * Math.min(1.8, growth(zoom)));
}
