// The panel of one asset. Every text that people wrote goes in by textContent, so it stays text.

import { dayToCome, fill, language, monthAndYear, words } from "vuurtoren/page";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export function symbol(kind, freshness) {
  const SVG = "http://www.w3.org/2000/svg";
  const icon = document.createElementNS(SVG, "svg");
  const dashed = kind.replaceAll("_", "-");
  icon.setAttribute("class", `vuurtoren-symbol kind-${dashed}${freshness === "ageing" ? " vuurtoren-symbol--ageing" : ""}`);
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#symbol-${dashed}`);
  icon.append(use);
  return icon;
}

function place(asset) {
  if (asset.placement === "none") return words.noPlace;
  const { street, area_name: area } = asset;
  if (street && area) return fill(words.streetInArea, { street, area });
  if (street) return street;
  return area ? fill(words.inArea, { area }) : undefined;
}

function stretch({ name: street, whole, first, last }) {
  if (whole) return fill(words.wholeStreet, { street });
  if (first && last && first !== last) return fill(words.between, { street, first, last });
  return first || last ? fill(words.fromCorner, { street, corner: first || last }) : fill(words.stretch, { street });
}

// The streets of an initiative, else where it is.
function places(feature) {
  const streets = (feature.streets ?? []).map(stretch);
  return streets.length ? streets : [place(feature.properties)];
}

function facts(feature) {
  const asset = feature.properties;
  const lines = [
    ...places(feature),
    asset.rhythm,
    asset.next_on ? fill(words.next, { date: dayToCome(asset.next_on), time: asset.recurrence_start.slice(11) }) : undefined,
    asset.member_count ? fill(asset.member_count === 1 ? words.onePerson : words.people, { count: asset.member_count }) : undefined,
    asset.open_to_newcomers === true ? words.newcomersWelcome : undefined,
    asset.wheelchair_accessible === true ? words.wheelchair : undefined,
    asset.gifts?.length ? asset.gifts.map((gift) => `${words.giftOf[gift.of] ?? ""}: ${gift.what}`).join(" · ") : undefined,
    asset.started_on && asset.began_known !== false ? fill(words.since, { date: monthAndYear(asset.started_on) }) : undefined,
    asset.last_activity_on ? fill(words.lastHeard, { month: monthAndYear(asset.last_activity_on) }) : undefined,
    asset.freshness === "ageing" ? words.ageing : undefined,
  ];
  const list = element("ul", undefined, "vuurtoren-panel__facts");
  for (const line of lines.filter(Boolean)) {
    const item = element("li", line);
    item.dir = "auto";
    list.append(item);
  }
  return list;
}

// What it is connected to, each a link that opens here; the page of the other without the map.
function connected(feature, open) {
  const groups = new Map();
  for (const one of feature.connections ?? []) {
    const tie = one.inward ? `${one.kind}.inward` : one.kind;
    if (!groups.has(tie)) groups.set(tie, []);
    groups.get(tie).push(one);
  }
  if (!groups.size) return [];
  const list = element("ul", undefined, "vuurtoren-panel__connections");
  for (const [tie, ends] of groups) {
    const item = element("li", `${words.connection[tie] ?? ""} `);
    ends.forEach((end, index) => {
      const link = element("a", undefined, "utrecht-link");
      link.href = `/assets/${Number(end.asset_id)}`;
      const name = element("bdi", end.title);
      if (end.language !== language) name.lang = end.language;
      link.append(name);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open(end.asset_id);
      });
      if (index) item.append(", ");
      item.append(link);
    });
    list.append(item);
  }
  return [list];
}

// Its photo, with the words for who cannot see it; as large as it is on its page behind it.
function photo(one) {
  if (!one) return [];
  const picture = document.createElement("img");
  picture.src = one.thumb;
  picture.srcset = `${one.thumb} ${Number(one.thumb_width)}w, ${one.url} ${Number(one.width)}w`;
  picture.sizes = "340px";
  picture.width = one.thumb_width;
  picture.height = one.thumb_height;
  picture.alt = one.alt;
  if (one.language !== language) picture.lang = one.language;
  const link = anchor(undefined, one.url, "vuurtoren-panel__photo");
  link.append(picture);
  return [link];
}

function top(heading, close) {
  const bar = element("div", undefined, "vuurtoren-panel__top");
  const button = element("button", "✕", "utrecht-button utrecht-button--subtle");
  button.type = "button";
  button.setAttribute("aria-label", words.close);
  button.addEventListener("click", close);
  bar.append(heading, button);
  return bar;
}

function anchor(words_, href, className) {
  const made = element("a", words_, className);
  made.href = href;
  return made;
}

// Joining a club or a street; to a place, and to who takes no newcomers, one sends a message (assets/join_in.py).
const joins = ({ kind, open_to_newcomers: open }) => (kind === "club" || kind === "street_initiative") && open !== false;

// What one can do with an entry: write to it, read all of it, share it, say whether it is still right, change it.
function buttons({ id, properties, message_url: form }, share) {
  const row = element("div", undefined, "vuurtoren-panel__buttons");
  const [first, second] = ["primary-action", "secondary-action"].map((look) => `utrecht-button utrecht-button--${look}`);
  if (form) row.append(anchor(joins(properties) ? words.joinIn : words.sendMessage, `/assets/${id}/contact`, first));
  const page = anchor(words.wholePage, `/assets/${id}`, form ? second : first);
  const give = element("button", words.share, second);
  give.type = "button";
  give.addEventListener("click", share);
  const still = anchor(words.stillThere, `/assets/${id}/suggest`, second);
  row.append(page, give, still);
  const more = element("p", undefined, "vuurtoren-panel__change");
  more.append(anchor(words.change, `/assets/${id}/edit`, "utrecht-link"));
  return [row, more];
}

// `open` shows another entry by its number, `share` shares one; a map saved as a file has neither.
export function assetPanel(panel, onClose, { open, share } = {}) {
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    onClose();
  };
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  const show = (...parts) => {
    panel.replaceChildren(...parts);
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
  };

  function showAsset(feature) {
    const asset = feature.properties;
    const kind = element("p", undefined, "vuurtoren-panel__kind");
    const themes = asset.themes.map((theme) => words.themes[theme] ?? theme);
    kind.append(symbol(asset.kind, asset.freshness), [words.kind[asset.kind], ...themes].join(" · "));
    const title = element("h2", asset.title);
    title.id = "panel-title";
    title.dir = "auto";
    if (asset.language && asset.language !== language) title.lang = asset.language;
    const own = element("p", asset.description, "vuurtoren-panel__words");
    own.dir = "auto";
    if (asset.language && asset.language !== language) own.lang = asset.language;
    const does = share ? [...connected(feature, open), ...buttons(feature, () => share(feature))] : [];
    show(top(kind, close), title, ...photo(feature.photo), ...(asset.description ? [own] : []), facts(feature), ...does);
  }

  // Several things on one spot: choose one.
  function showChoice(features, choose) {
    const title = element("h2", fill(words.severalHere, { count: features.length }));
    title.id = "panel-title";
    const list = element("ul", undefined, "vuurtoren-panel__facts");
    for (const { props, id } of features) {
      const item = element("li");
      const button = element("button", undefined, "utrecht-button utrecht-button--subtle vuurtoren-panel__choice");
      button.type = "button";
      const name = element("bdi", props.title ?? words.kind[props.kind]);
      button.append(symbol(props.kind, props.freshness), name);
      button.addEventListener("click", () => choose(Number(props.id ?? id)));
      item.append(button);
      list.append(item);
    }
    show(top(title, close), list);
  }

  // An area that was searched for: the map has moved to it, and its profile is one step away.
  function showArea(area) {
    const title = element("h2", area.name);
    title.id = "panel-title";
    title.dir = "auto";
    const profile = element("a", words.profile, "utrecht-button utrecht-button--primary-action");
    profile.href = `/areas/${encodeURIComponent(area.code)}`;
    const only = element("a", words.onlyHere, "utrecht-button utrecht-button--secondary-action");
    only.href = `/?${new URLSearchParams({ area: area.code })}`;
    const buttons = element("div", undefined, "vuurtoren-panel__buttons");
    buttons.append(profile, only);
    show(top(element("p", area.place, "vuurtoren-panel__kind"), close), title, buttons);
  }

  function showFault() {
    const title = element("h2", words.notThere);
    title.id = "panel-title";
    show(top(title, close), element("p", words.tryAgain));
  }

  return { showAsset, showArea, showChoice, showFault, close };
}
