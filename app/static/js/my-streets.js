// Log a conversation, and see on a small map where the coffee has been. Started by the script that Folium writes.

import { settings } from "vuurtoren/page";
import { talkForm } from "vuurtoren/talk-form";

export function start(map, tiles) {
  const { choose } = talkForm();
  const byId = new Map(settings.streets.map((street) => [street.id, street]));
  const section = document.getElementById("my-streets");
  tiles.focusOn(settings.area);

  function toForm(street) {
    choose(street);
    const log = document.getElementById("log");
    log.scrollIntoView({ block: "start" });
    log.querySelector("input[name=where]:checked")?.focus({ preventScroll: true });
  }

  const rowOf = (target) => target.closest?.("[data-street]");
  for (const kind of ["mouseover", "focusin"]) {
    section.addEventListener(kind, (event) => {
      const row = rowOf(event.target);
      if (row) tiles.markStreets([row.dataset.street]);
    });
  }
  section.addEventListener("mouseleave", () => tiles.markStreets([]));
  section.addEventListener("click", (event) => {
    const row = rowOf(event.target);
    const street = row && byId.get(Number(row.dataset.street));
    if (!street || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    toForm(street);
  });

  map.on("click", ({ latlng }) => {
    const [found] = tiles.under(latlng)?.features ?? [];
    const street = found && byId.get(Number(found.props.id ?? found.id));
    if (street) toForm(street);
  });
  map.on("mousemove", ({ latlng }) => {
    map.getContainer().parentElement.classList.toggle("vuurtoren-map--pointing", Boolean(tiles.under(latlng)));
  });

  const area = document.getElementById("area");
  area.addEventListener("change", () => area.form.requestSubmit());
}
