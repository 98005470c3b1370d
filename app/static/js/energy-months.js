// The energy of what is in view, month by month: asked once for a view, then every month is at hand.

import { settings, words } from "vuurtoren/page";

const API = "/api/v1/energy/months";
const MARGIN = 0.5; // half a screen around what is seen: panning a little asks nothing

// From this zoom on streets are shown, with tiles of one level less.
export const STREETS_FROM = 14;

// The levels of areas that the tiles of a zoom have (assets/sql/tile_areas.sql), the finest first.
function finest(zoom) {
  const known = settings.levels ?? [];
  const wanted = zoom - 1 >= 11 ? ["neighbourhood", "district", "municipality"] : zoom - 1 >= 9 ? ["district", "municipality"] : ["municipality"];
  return wanted.find((kind) => known.includes(kind)) ?? ["municipality", "district", "neighbourhood"].find((kind) => known.includes(kind));
}

function classOf(figure, breaks) {
  return figure > 0 ? 1 + breaks.filter((one) => one <= figure).length : 0;
}

export class EnergyMonths {
  constructor(tell, say) {
    this.tell = tell; // called when figures have come
    this.say = say; // called with what went wrong, and with nothing once it is right again
    this.at = settings.at;
    this.series = { streets: {}, areas: {} };
    this.held = new Map(); // what was asked -> its box
    const { streets, areas } = settings.inlinedEnergy ?? {};
    if (streets) this.series = { streets, areas };
    this.inlined = Boolean(streets);
  }

  // Figure of a street part or area in the month shown; null when its inhabitants are not known.
  figure(what, key, at = this.at) {
    const series = this.series[what][key];
    return series === null ? null : series?.[at] ?? 0;
  }

  all(what, key) {
    return this.series[what][key] ?? [];
  }

  class(what, key) {
    const figure = this.figure(what, key);
    return figure === null ? undefined : classOf(figure, settings.classes[what].breaks);
  }

  // The look of its class in the month shown, "" for nothing. Asked for each line drawn, so it is kept for the month.
  look(what, key) {
    if (this.looks?.at !== this.at) this.looks = { at: this.at, streets: new Map(), areas: new Map() };
    const kept = this.looks[what];
    let look = kept.get(key);
    if (look === undefined) {
      const number = this.class(what, key);
      look = number === undefined ? "unknown" : number ? (settings.classes[what].looks[number - 1] ?? "much") : "";
      kept.set(key, look);
    }
    return look;
  }

  async load(map) {
    if (this.inlined) return;
    const zoom = map.getZoom();
    const what = zoom >= STREETS_FROM ? "streets" : "areas";
    const kind = what === "areas" ? finest(zoom) : undefined;
    if (what === "areas" && !kind) return;
    const key = `${what} ${kind ?? ""}`;
    const view = map.getBounds();
    if (this.held.get(key)?.contains(view)) return;
    this.asked?.abort();
    this.asked = new AbortController();
    const box = view.pad(MARGIN);
    const edges = [Math.max(box.getWest(), -180), Math.max(box.getSouth(), -85), Math.min(box.getEast(), 180), Math.min(box.getNorth(), 85)];
    const question = new URLSearchParams({
      of: what,
      bbox: edges.map((edge) => edge.toFixed(4)).join(","),
      first: settings.days[0],
      last: settings.days.at(-1),
      ...(settings.closing ? { also: "last" } : {}),
      ...(kind ? { kind, per: "1000" } : {}),
    });
    try {
      const response = await fetch(`${API}?${question}`, { signal: this.asked.signal });
      if (!response.ok) throw new Error(String(response.status));
      const { energy } = await response.json();
      Object.assign(this.series[what], energy);
      this.held.set(key, box);
      this.looks = undefined;
      this.say("");
      this.tell();
    } catch (error) {
      if (error.name !== "AbortError") this.say(words.tryAgain);
    }
  }
}
