// "Still right?" with one tap, without leaving the page: sends the form of /assets/{id}/suggest and says what came of
// it. Without this script the same button is a link to that page.
//
//   import { stillThere } from "vuurtoren/still-there";
//   stillThere(link);          // <a href="/assets/12/suggest?about=confirm" data-still-there>Klopt nog</a>

/** Let a link to the form of a confirmation send it in place; what is said stands behind it, read out politely. */
export function stillThere(link) {
  let busy = false;
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      show(link, await send(link.href));
    } catch {
      location.assign(link.href); // the page itself says what is wrong
    }
  });
}

async function send(href) {
  const address = new URL(href);
  const body = new URLSearchParams({ about: "confirm", key: crypto.randomUUID?.() ?? String(Date.now()) });
  const { token } = await (await fetch("/form-token")).json();
  const answer = await fetch(address.pathname, {
    method: "POST",
    headers: { Accept: "application/json", "X-Form-Token": token },
    body,
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function show(link, { words, follow, follow_words: followWords }) {
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.tabIndex = -1;
  said.className = "vuurtoren-still-there";
  link.replaceWith(said);
  said.textContent = words;
  if (follow) {
    const more = document.createElement("a");
    more.className = "utrecht-link";
    more.href = follow;
    more.textContent = followWords;
    said.append(" ", more);
  }
  said.focus();
}

document.querySelectorAll("a[data-still-there]").forEach(stillThere);
