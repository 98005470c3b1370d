// The list beside the map. Its rows come from the server, in the words and order of the page without script.

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
    place().replaceWith(document.adoptNode(fresh));
    if (focused) row(focused)?.querySelector("a").focus({ preventScroll: true });
    const said = page.getElementById("count-words")?.textContent;
    if (said && count.textContent !== said) count.textContent = said;
    return true;
  }

  // Numbers of all entries that have the words asked for; undefined when no words were asked for, or they are too many.
  const ids = () => place().dataset.ids?.split(",").filter(Boolean).map(Number);

  function mark(marking) {
    const marked = new Set([...marking].map(String));
    for (const one of rows()) one.classList.toggle("vuurtoren-row--marked", marked.has(one.dataset.id));
  }

  return { load, ids, mark, row, rows };
}
