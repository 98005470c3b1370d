// The list on a phone: a sheet from below with three heights, by buttons and by dragging its head.

const HEIGHTS = ["low", "half", "high"];

export function sheet(element, { smaller, larger, head }) {
  const phone = window.matchMedia("(max-width: 759px)");

  const set = (height) => {
    element.dataset.height = height;
    element.style.blockSize = "";
    document.body.dataset.sheet = height;
    smaller.disabled = height === "low";
    larger.disabled = height === "high";
  };
  const step = (by) => set(HEIGHTS[Math.min(Math.max(HEIGHTS.indexOf(element.dataset.height) + by, 0), 2)]);

  smaller.addEventListener("click", () => step(-1));
  larger.addEventListener("click", () => step(1));

  let from;
  head.addEventListener("pointerdown", (event) => {
    if (!phone.matches || event.target.closest("button")) return;
    from = { y: event.clientY, size: element.offsetHeight };
    head.setPointerCapture(event.pointerId);
    element.classList.add("vuurtoren-sheet--dragged");
  });
  head.addEventListener("pointermove", (event) => {
    if (from) element.style.blockSize = `${Math.max(72, from.size + from.y - event.clientY)}px`;
  });
  const drop = () => {
    if (!from) return;
    from = undefined;
    element.classList.remove("vuurtoren-sheet--dragged");
    const share = element.offsetHeight / element.parentElement.parentElement.offsetHeight;
    set(share < 0.25 ? "low" : share < 0.7 ? "half" : "high");
  };
  head.addEventListener("pointerup", drop);
  head.addEventListener("pointercancel", drop);

  set(element.dataset.height);
  return { atLeast: (height) => { if (HEIGHTS.indexOf(element.dataset.height) < HEIGHTS.indexOf(height)) set(height); }, set, phone };
}
