// The list beside the map. Its rows come from the server, in the words and order of the page without script.

const MARKED = "vuurtoren-row--marked";
const ROWS = ".vuurtoren-list";

// Gives an element the children of another. What is the same stays where it is: it keeps its focus, and is not drawn anew.
function renew(shown, fresh) {
  const alike = (one, other) => one.isEqualNode(other) || (one.matches(ROWS) && other.matches(ROWS));
  let next = shown.firstElementChild;
  for (const one of [...fresh.children]) {
    let same = next;
    while (same && !alike(same, one)) same = same.nextElementSibling;
    if (!same) {
      shown.insertBefore(one, next);
      continue;
    }
    for (; next !== same; next = after(next)) continue;
    if (same.matches(ROWS)) renew(same, one);
    next = same.nextElementSibling;
  }
  while (next) next = after(next);
}

// Takes an element away and gives the one that stood after it.
function after(one) {
  const next = one.nextElementSibling;
  one.remove();
  return next;
}

export function assetList(place, count) {
  let asked;

  const rows = () => [...place().querySelectorAll("[data-id]")];
  const row = (id) => place().querySelector(`[data-id="${Number(id)}"]`);

  // Gets the rows for these parameters; an answer that comes too late is dropped.
  async function load(parameters) {
    asked?.abort();
    asked = new AbortController();
    const own = asked;
    let page;
    try {
      const response = await fetch(`/assets/in-view?${parameters}`, { signal: own.signal, headers: { Accept: "text/html" } });
      if (!response.ok) return false;
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      return false; // asked again in the meantime, or no connection: what is shown stays
    }
    const fresh = page.getElementById("asset-list");
    if (!fresh || own.signal.aborted) return false;
    const focused = document.activeElement?.closest("[data-id]")?.dataset.id;
    mark([]); // or a row with a mark would not be the same; whoever asked marks again
    renew(place(), fresh);
    for (const name of ["data-count", "data-ids"]) {
      if (fresh.hasAttribute(name)) place().setAttribute(name, fresh.getAttribute(name));
      else place().removeAttribute(name);
    }
    if (focused && document.activeElement === document.body) row(focused)?.querySelector("a").focus({ preventScroll: true });
    const said = page.getElementById("count-words")?.textContent;
    if (said && count.textContent !== said) count.textContent = said;
    return true;
  }

  // Numbers of all entries that have the words asked for; undefined when no words were asked for, or they are too many.
  const ids = () => place().dataset.ids?.split(",").filter(Boolean).map(Number);

  function mark(marking) {
    const marked = new Set([...marking].map(String));
    for (const one of rows()) one.classList.toggle(MARKED, marked.has(one.dataset.id));
  }

  return { load, ids, mark, row, rows };
}
