// What was where in each month of a timeline: entries with their days, and the energy of streets. Asked once.

import { settings } from "vuurtoren/page";

const within = (spans, day) => spans.some(([from, until]) => from <= day && day < until);

// `inlinedTimeline` is only there in a map saved as one file.
async function ask(address, question) {
  const response = await fetch(`${address}?${new URLSearchParams(question)}`);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function fetched() {
  if (settings.inlinedTimeline) return settings.inlinedTimeline;
  const days = { area: settings.area, first: settings.days[0], last: settings.days.at(-1) };
  const [{ assets }, { energy }] = await Promise.all([
    ask("/api/v1/timeline", { ...days, theme: settings.theme }),
    ask("/api/v1/energy/months", { ...days, of: "streets", ...(settings.closing ? { also: "last" } : {}) }),
  ]);
  return { assets: assets ?? [], energy };
}

export class Frames {
  constructor() {
    this.at = settings.at;
    this.assets = [];
    this.energy = {};
  }

  async load() {
    Object.assign(this, await fetched());
  }

  // "fresh" or "ageing" when it is there, "gone" when it was a month before, else nothing.
  state(asset, at = this.at) {
    const day = settings.days[at];
    if (within(asset.active, day)) return within(asset.fresh, day) ? "fresh" : "ageing";
    return at > 0 && within(asset.active, settings.days[at - 1]) ? "gone" : "";
  }

  // Whether it is there for the first time, or again, in this month.
  isNew(asset, at = this.at) {
    return at > 0 && within(asset.active, settings.days[at]) && !within(asset.active, settings.days[at - 1]);
  }

  // The look of a street by the class of its energy; nothing when it has none.
  look(street, at = this.at) {
    const figure = this.energy[street]?.[at] ?? 0;
    if (figure <= 0) return "";
    const { breaks, looks } = settings.classes;
    return looks[breaks.filter((one) => one <= figure).length];
  }
}
