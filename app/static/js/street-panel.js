// The panel of one street on the map: its name and its state in words, and the way to its row in the table.

import { words } from "vuurtoren/page";

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

export function streetPanel(panel, onClose) {
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    onClose();
  };
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  function show(street, row) {
    const top = document.createElement("div");
    top.className = "vuurtoren-panel__top";
    const title = document.createElement("h2");
    title.id = "panel-title";
    title.textContent = street.props.name;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "utrecht-button utrecht-button--subtle";
    button.setAttribute("aria-label", words.close);
    button.textContent = "✕";
    button.addEventListener("click", close);
    top.append(title, button);
    const parts = [top];
    if (words.states[street.props.state]) {
      const state = document.createElement("p");
      state.className = "vuurtoren-state";
      state.append(line(street.props.state), words.states[street.props.state]);
      parts.push(state);
    }
    if (row) {
      const find = document.createElement("button");
      find.type = "button";
      find.className = "utrecht-button utrecht-button--secondary-action";
      find.textContent = words.inList;
      find.addEventListener("click", () => {
        row.scrollIntoView({ block: "center" });
        row.classList.add("vuurtoren-row--marked");
        row.tabIndex = -1;
        row.focus({ preventScroll: true });
      });
      parts.push(find);
    }
    panel.replaceChildren(...parts);
    panel.hidden = false;
    panel.focus({ preventScroll: true });
  }

  return { show, close };
}
