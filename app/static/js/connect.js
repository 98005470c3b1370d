// Connecting an entry with others: find one by its title, and it becomes a row with a choice list like the others.
// Without this script the link of its page does the same. Titles go in by textContent, so they stay text.

const WAIT_MS = 250;
const MOST = 8;

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

// What the search field of the map finds for these words, the best first: number, kind, title and place.
async function find(words, signal) {
  const answer = await fetch(`/search?${new URLSearchParams({ q: words })}`, { signal });
  return answer.ok ? (await answer.json()).assets : [];
}

function start(fieldset) {
  const { ties, kinds, own } = JSON.parse(fieldset.dataset.connect);
  const rows = fieldset.querySelector(".vuurtoren-connect__rows");
  const pattern = fieldset.querySelector("[data-connect-row]");
  const search = fieldset.querySelector("[data-connect-search]");
  const field = search.querySelector("input");
  const list = search.querySelector("ul");
  const said = search.querySelector(".vuurtoren-said");
  const other = fieldset.querySelector("[data-connect-other]");
  let found = [];
  let marked = -1;
  let asking;
  let timer;

  if (!other.querySelector("input").value) other.hidden = true; // a link with a fault stays in sight
  search.hidden = false;

  function close() {
    list.hidden = true;
    list.replaceChildren();
    marked = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function mark(number) {
    marked = (number + found.length) % found.length;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === marked)));
    field.setAttribute("aria-activedescendant", list.children[marked].id);
    list.children[marked].scrollIntoView({ block: "nearest" });
  }

  function rowOf(id) {
    return [...rows.querySelectorAll("select")].find((select) => [...select.options].some((one) => one.value.endsWith(`:${id}`)));
  }

  function choose(asset) {
    let select = rowOf(asset.id);
    if (!select) {
      const row = pattern.content.firstElementChild.cloneNode(true);
      const dashed = asset.kind.replaceAll("_", "-");
      row.querySelector("svg").classList.add(`kind-${dashed}`);
      row.querySelector("use").setAttribute("href", `#symbol-${dashed}`);
      row.querySelector("bdi").textContent = asset.title;
      row.querySelector(".vuurtoren-connect__more").textContent = [kinds[asset.kind], asset.place].filter(Boolean).join(" · ");
      select = row.querySelector("select");
      select.id = `connection-found-${asset.id}`;
      row.querySelector("label").htmlFor = select.id;
      for (const [tie, word] of ties[asset.kind]) select.append(option(`${tie}:${asset.id}`, word));
      if (select.options.length === 2) select.selectedIndex = 1;
      rows.append(row);
    }
    field.value = "";
    clearTimeout(timer); // what was still being looked for would open the list again
    asking?.abort();
    close();
    said.textContent = said.dataset.added;
    select.focus();
  }

  function show() {
    list.replaceChildren(...found.map((asset, index) => {
      const item = document.createElement("li");
      item.id = `connect-found-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const title = document.createElement("bdi");
      title.textContent = asset.title;
      const kind = document.createElement("span");
      kind.className = "vuurtoren-connect__more";
      kind.textContent = [kinds[asset.kind], asset.place].filter(Boolean).join(" · ");
      item.append(title, kind);
      item.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
      item.addEventListener("click", () => choose(asset));
      return item;
    }));
    list.hidden = found.length === 0;
    marked = -1; // Enter chooses nothing of a list that has just changed
    field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-expanded", String(found.length > 0));
    said.textContent = found.length === 0 ? said.dataset.none : "";
  }

  async function ask() {
    asking?.abort();
    const words = field.value.trim();
    if (words.length < 2) {
      close();
      return;
    }
    asking = new AbortController();
    try {
      const rowsFound = await find(words, asking.signal);
      found = rowsFound.filter((asset) => asset.id !== own && ties[asset.kind]).slice(0, MOST);
      show();
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // it searches; sending the form is for its button
      if (marked >= 0) choose(found[marked]);
      else if (found.length === 1 && !list.hidden) choose(found[0]);
    } else if (event.key === "Escape") {
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? marked + 1 : Math.max(marked, 0) - 1);
    }
  });
}

document.querySelectorAll("[data-connect]").forEach(start);
