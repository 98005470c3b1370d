// The panel of one street: its name, its state in words and what is known of it. Texts go in by textContent.

import { fill, longDate, words } from "vuurtoren/page";

function line(state) {
  const SVG = "http://www.w3.org/2000/svg";
  const sample = document.createElementNS(SVG, "svg");
  sample.setAttribute("class", `vuurtoren-line state-${state}`);
  sample.setAttribute("viewBox", "0 0 40 12");
  sample.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#line-${state}`);
  sample.append(use);
  return sample;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function button(text, className, act) {
  const made = element("button", text, `utrecht-button ${className}`);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

// row: its row in the table, which may tell how near it is to a carried street.
function facts(street, row) {
  const lines = [
    street.neighbourhood && fill(words.inArea, { area: street.neighbourhood }),
    street.length_m && fill(words.length, { count: Math.round(street.length_m) }),
    street.addresses && fill(words.addresses, { count: street.addresses }),
    row?.dataset.near,
    street.state === "partly" && fill(words.caredFor, { count: Math.round(street.covered_m) }),
    street.last_activity_on && fill(words.lastActivity, { date: longDate(street.last_activity_on) }),
    street.last_conversation_on && fill(words.lastConversation, { date: longDate(street.last_conversation_on) }),
  ];
  const list = element("ul", undefined, "vuurtoren-panel__facts");
  for (const one of lines.filter(Boolean)) list.append(element("li", one));
  return list;
}

export function streetPanel(panel, onClose) {
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    onClose();
  };
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  function toRow(row) {
    row.scrollIntoView({ block: "center" });
    row.classList.add("vuurtoren-row--marked");
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  }

  // street: what a tile or the API tells of it; row: its row in the table, when it is there.
  function show(street, row) {
    const top = element("div", undefined, "vuurtoren-panel__top");
    const title = element("h2", street.name);
    title.id = "panel-title";
    title.dir = "auto";
    const shut = button("✕", "utrecht-button--subtle", close);
    shut.setAttribute("aria-label", words.close);
    top.append(title, shut);
    const parts = [top];
    if (words.states[street.state]) {
      const state = element("p", undefined, "vuurtoren-state");
      state.append(line(street.state), words.states[street.state]);
      parts.push(state);
    }
    parts.push(facts(street, row));
    if (row) parts.push(button(words.inList, "utrecht-button--secondary-action", () => toRow(row)));
    panel.replaceChildren(...parts);
    panel.hidden = false;
    panel.focus({ preventScroll: true });
  }

  return { show, close };
}
