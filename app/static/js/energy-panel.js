// A figure unfolded: the street or area, its energy in words and month by month, and the activities it is made of.

import { fill, language, longDate, settings, words } from "vuurtoren/page";

const SVG = "http://www.w3.org/2000/svg";
const MOST = 50;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function drawing(box, className, shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", className);
  for (const attributes of shapes) {
    const rect = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, String(value));
    svg.append(rect);
  }
  return svg;
}

export function shortNumber(value) {
  const decimals = value >= 0.1 ? 1 : value >= 0.01 ? 2 : 3;
  return new Intl.NumberFormat(language === "en" ? "en-GB" : language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}

// What one figure is about as much as (assets/energy_classes.py, like).
const [MONTHLY_FROM, WEEKLY_FROM] = [5, 20];
const [EVERY_MONTH, EVERY_WEEK] = [30, 7].map((days) => 1 / (1 - 2 ** (-days / 90)));

function like(figure) {
  const counted = ([one, many], count) => fill(count === 1 ? one : many, { count });
  const people = (rhythm) => Math.max(1, Math.round((figure / rhythm) ** 2));
  if (figure >= WEEKLY_FROM) return counted(words.likeWeekly, people(EVERY_WEEK));
  if (figure >= MONTHLY_FROM) return counted(words.likeMonthly, people(EVERY_MONTH));
  if (figure >= 1) return counted(words.likeTogether, people(1));
  const months = Math.round(3 * Math.log2(1 / figure));
  return months ? counted(words.likeBefore, months) : counted(words.likeTogether, 1);
}

// Bars of all months, the one shown filled.
function overMonths(series, at) {
  const most = Math.max(...series, 0.001);
  const bars = series.map((value, index) => {
    const height = value > 0 ? Math.max(1, (30 * value) / most) : 0.5;
    return { x: index * 4, y: 31 - height, width: 3, height, class: index === at ? "vuurtoren-months__now" : "" };
  });
  const made = drawing(`0 0 ${series.length * 4} 31`, "vuurtoren-months", bars);
  return made;
}

function who({ kind, participants }) {
  if (kind === "confirmation") return words.confirmed;
  return participants === 1 ? words.onePerson : fill(words.people, { count: participants });
}

function activity(one, most) {
  const row = element("li");
  const link = element(settings.inlined ? "b" : "a", undefined, settings.inlined ? "" : "utrecht-link");
  if (!settings.inlined) link.href = `/assets/${one.asset_id}`;
  const title = element("bdi", one.title);
  link.append(title);
  const weight = element("span", undefined, "vuurtoren-weight");
  weight.append(drawing("0 0 100 8", "", [{ width: (100 * one.weight) / most, height: 8, rx: 2 }]), fill(words.counts, { weight: shortNumber(one.weight) }));
  row.append(link, element("span", `${longDate(one.held_on)} · ${who(one)}`), weight);
  return row;
}

function activities(found) {
  const list = element("ul", undefined, "vuurtoren-activities");
  const most = found.activities[0]?.weight ?? 1;
  for (const one of found.activities) list.append(activity(one, most));
  if (found.others > 0.0005) list.append(element("li", fill(words.others, { weight: shortNumber(found.others) })));
  return list;
}

// `months` has the figures; `made(what, key, day)` tells what one is made of.
export function energyPanel(panel, months, made, onClose) {
  let shown;
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    shown = undefined;
    onClose();
  };
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  function head(name, within) {
    const top = element("div", undefined, "vuurtoren-panel__top");
    const title = element("h2", name);
    title.id = "panel-title";
    title.dir = "auto";
    const shut = element("button", "✕", "utrecht-button utrecht-button--subtle");
    shut.type = "button";
    shut.setAttribute("aria-label", words.close);
    shut.addEventListener("click", close);
    top.append(title, shut);
    return within ? [top, element("p", fill(words.inArea, { area: within }), "vuurtoren-panel__kind")] : [top];
  }

  function figure(what, key) {
    const value = months.figure(what, key);
    if (value === null) return [element("p", words.unknownPeople)];
    if (!months.class(what, key)) return [element("p", `${words.nothing} ${words.room}`)];
    const template = what === "areas" ? words.figurePer1000 : words.figure;
    const said = element("p", undefined, "vuurtoren-panel__figure");
    said.append(element("b", fill(template, { figure: shortNumber(value) })), ` ${settings.moments[months.at]}`);
    return [said, element("p", fill(words.about, { like: like(value) }), "vuurtoren-panel__kind")];
  }

  async function fillIn() {
    const { what, key, name, within, action } = shown;
    const mine = shown;
    const day = settings.days[months.at];
    const parts = [...head(name, within), ...figure(what, key)];
    const series = months.all(what, key);
    if (series?.some?.((value) => value > 0)) parts.push(element("p", words.overMonths, "visually-hidden"), overMonths(series, months.at));
    const place = element("div");
    place.setAttribute("aria-live", "polite");
    parts.push(place);
    if (action) parts.push(action());
    panel.replaceChildren(...parts);
    panel.hidden = false;
    if (months.class(what, key) === 0) return;
    try {
      const found = await made(what, key, day, MOST);
      if (shown !== mine || settings.days[months.at] !== day || !found.activities.length) return;
      place.replaceChildren(element("h3", words.madeOf), activities(found));
    } catch {
      if (shown === mine) place.textContent = words.tryAgain;
    }
  }

  async function show(what, key, about) {
    shown = { what, key, ...about };
    await fillIn();
    panel.focus({ preventScroll: true });
  }

  // The same street in another month; while months play only what is at hand.
  async function refresh({ playing = false } = {}) {
    if (!shown) return;
    if (!playing) await fillIn();
  }

  return { show, close, refresh, open: () => shown?.key };
}
