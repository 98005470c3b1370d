// The map in a frame on somebody else's page. What is under a finger comes up as a card with links to its pages.

import { readPosition } from "vuurtoren/address-bar";
import { settings, words } from "vuurtoren/page";

const SVG = "http://www.w3.org/2000/svg";
const MOST_LINKS = 8;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function symbol(kind) {
  const icon = document.createElementNS(SVG, "svg");
  const dashed = String(kind).replaceAll("_", "-");
  icon.setAttribute("class", `vuurtoren-symbol kind-${dashed}`);
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#symbol-${dashed}`);
  icon.append(use);
  return icon;
}

function link({ props, id }) {
  const kind = props.kind ?? "street_initiative";
  const made = element("a", undefined, "vuurtoren-row__link");
  made.href = `/assets/${Number(props.id ?? id)}`;
  made.target = "_blank";
  made.rel = "noopener";
  const words_ = element("span");
  const title = element("bdi", props.title ?? words.kind[kind], "vuurtoren-row__title");
  words_.append(title, element("span", words.kind[kind], "vuurtoren-row__more"), element("span", ` (${words.newTab})`, "visually-hidden"));
  made.append(symbol(kind), words_);
  const item = element("li", undefined, "vuurtoren-row");
  item.append(made);
  return item;
}

export function start(map, tiles) {
  const card = document.getElementById("card");
  const list = document.getElementById("list");
  list.open = false;
  map.invalidateSize({ animate: false }); // the list stood open until now
  tiles.filter({ kinds: settings.kinds, theme: settings.theme, freshness: [] });
  tiles.focusOn(settings.area);
  if (!readPosition() && settings.bounds) map.fitBounds(settings.bounds, { padding: [6, 6], animate: false });

  function close() {
    if (card.hidden) return;
    card.hidden = true;
    tiles.mark([]);
    map.getContainer().focus({ preventScroll: true });
  }

  function show(features) {
    const heading = element("h2", words.here, "visually-hidden");
    heading.id = "card-title";
    const button = element("button", "✕", "utrecht-button utrecht-button--subtle vuurtoren-embed__close");
    button.type = "button";
    button.setAttribute("aria-label", words.close);
    button.addEventListener("click", close);
    const items = element("ul", undefined, "vuurtoren-list");
    items.append(...features.slice(0, MOST_LINKS).map(link));
    card.replaceChildren(heading, items, button);
    card.hidden = false;
    tiles.mark(features.map(({ props, id }) => props.id ?? id));
    card.focus({ preventScroll: true });
  }

  card.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  for (const type of ["click", "dblclick", "wheel", "pointerdown"]) card.addEventListener(type, (event) => event.stopPropagation());
  map.on("click", ({ latlng }) => {
    const found = tiles.under(latlng);
    if (found) {
      const [feature] = found.features;
      const together = (feature.stack ?? [feature]).filter(tiles.view.shown);
      show(together.length ? together : [feature]);
    } else if (tiles.countUnder(latlng)) map.setView(latlng, map.getZoom() + 2);
    else close();
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(tiles.under(latlng) ?? tiles.countUnder(latlng)));
  });
  list.addEventListener("toggle", () => map.invalidateSize({ animate: false }));
  for (const [on, marks] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]]) {
    list.addEventListener(on, (event) => {
      const row = event.target.closest("[data-id]");
      if (row) tiles.mark(marks ? [row.dataset.id] : []);
    });
  }
}
