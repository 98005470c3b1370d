// The timeline page: slider, map, counts and table show one month. Started by Folium's script.

import { writeAddress, writtenPosition } from "vuurtoren/address-bar";
import { onSchemeChange } from "vuurtoren/colours";
import { monthSlider } from "vuurtoren/month-slider";
import { fill, longDate, settings, words } from "vuurtoren/page";
import { Frames } from "vuurtoren/timeline-frames";
import { TimelineLayer } from "vuurtoren/timeline-layer";

const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// What an entry is, since when it is there, and until when it was.
function about(asset) {
  const lines = [words.kind[asset.kind]];
  const [[since]] = asset.active;
  lines.push(fill(words.since, { date: longDate(since) }));
  const [, until] = asset.active.at(-1);
  if (asset.ended_on && asset.ended_on <= until) lines.push(fill(words.ended, { date: longDate(asset.ended_on) }));
  else if (until <= settings.today) lines.push(fill(words.faded, { date: longDate(until) }));
  return lines;
}

function panelOf(panel) {
  const close = () => { panel.hidden = true; };
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  function show(asset) {
    const top = element("div", undefined, "vuurtoren-panel__top");
    const title = element("h2", asset.title);
    title.id = "panel-title";
    title.dir = "auto";
    const shut = element("button", "✕", "utrecht-button utrecht-button--subtle");
    shut.type = "button";
    shut.setAttribute("aria-label", words.close);
    shut.addEventListener("click", close);
    top.append(title, shut);
    const [kind, ...rest] = about(asset);
    const facts = element("ul", undefined, "vuurtoren-panel__facts");
    facts.append(...rest.map((line) => element("li", line)));
    panel.replaceChildren(top, element("p", kind, "vuurtoren-panel__kind"), facts);
    if (!settings.inlinedTimeline) {
      const more = element("a", words.wholePage, "utrecht-button utrecht-button--secondary-action");
      more.href = `/assets/${Number(asset.id)}`;
      panel.append(more);
    }
    panel.hidden = false;
    panel.focus({ preventScroll: true });
  }
  return { show, close };
}

export function start(map, tiles) {
  const frames = new Frames();
  tiles.view.energy = { streetLook: (feature) => frames.look(Number(feature.props.id ?? feature.id)), areaLook: () => "" };
  const layer = new TimelineLayer(map, tiles.view, frames);
  const panel = panelOf(byId("panel"));
  const counts = [...document.querySelectorAll("[data-count]")];
  const years = [...document.querySelectorAll("[data-year-day]")];

  function show(at) {
    frames.at = at;
    tiles.base.rerenderTiles();
    layer.draw();
    byId("told").textContent = settings.told[at];
    for (const one of counts) one.textContent = settings.counts[one.dataset.count][at];
    for (const row of document.querySelectorAll("[data-day]")) {
      row.classList.toggle("vuurtoren-row--marked", row.dataset.day === settings.days[at]);
    }
    for (const year of years) {
      if (year.dataset.yearDay === settings.days[at]) year.setAttribute("aria-current", "true");
      else year.removeAttribute("aria-current");
    }
  }

  const slider = monthSlider({
    show,
    settle(at) {
      panel.close();
      if (!settings.inlinedTimeline) writeAddress({ month: settings.steps[at] || null });
    },
  });

  // A small map leads to its day in the large one.
  for (const year of years) {
    const at = settings.days.indexOf(year.dataset.yearDay);
    if (at < 0) continue;
    const button = element("button", year.textContent, "vuurtoren-years__go");
    button.type = "button";
    button.addEventListener("click", () => {
      slider.put(at);
      if (!settings.inlinedTimeline) writeAddress({ month: settings.steps[at] || null });
    });
    year.replaceChildren(button);
  }

  const form = byId("question");
  form?.addEventListener("change", () => form.requestSubmit());
  form?.addEventListener("formdata", ({ formData }) => { if (!formData.get("from")) formData.delete("from"); });

  map.on("click", ({ latlng }) => {
    const asset = layer.under(latlng);
    if (asset) panel.show(asset);
    else panel.close();
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(layer.under(latlng)));
  });
  map.on("moveend", () => { if (!settings.inlinedTimeline) writeAddress({ at: writtenPosition(map) }); });
  onSchemeChange(() => layer.draw());

  tiles.focusOn(settings.area);
  slider.put(settings.at);
  frames.load().then(() => {
    layer.place();
    slider.put(frames.at);
    byId("player").dataset.ready = "true";
  }, () => { byId("told").textContent = words.tryAgain; });
}
