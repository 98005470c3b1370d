// On every page: registers the service worker once the page is there, tells how many things wait, sends them when there
// is a network, and keeps the pages that must open without one. Loaded last; no page waits for it.

const KEEP_HOURS = 12;
const RETRY_MS = 60_000;
const byId = (id) => document.getElementById(id);
const notices = byId("notices");

function show(id, visible) {
  byId(id).hidden = !visible;
  notices.hidden = [...notices.children].every((one) => one.hidden);
}

// --- the worker ---

async function register() {
  if (!("serviceWorker" in navigator)) return undefined;
  try {
    const registration = await navigator.serviceWorker.register("/service-worker.js", { type: "module", updateViaCache: "none" });
    tellOfUpdates(registration);
    const alone = !navigator.serviceWorker.controller;
    const { active } = await navigator.serviceWorker.ready;
    keepPages(active).catch(() => {});
    if (alone) active.postMessage({ tiles: tilesSeen() }); // those of before the worker was there
    return registration;
  } catch {
    return undefined; // a browser without them, or one that forbids them: what waits is sent by the pages
  }
}

function tilesSeen() {
  const names = performance.getEntriesByType("resource").map(({ name }) => name);
  return names.filter((name) => new URL(name).pathname.startsWith("/map-tiles/"));
}

function tellOfUpdates(registration) {
  const ready = () => show("new-version", Boolean(registration.waiting && navigator.serviceWorker.controller));
  ready();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", ready));
  byId("new-version").querySelector("button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
    registration.waiting?.postMessage({ skip: true });
  });
}

// The pages for later: once in a while, in the language of now, and for who is signed in now.
async function keepPages(worker) {
  const { store } = await openStore();
  const account = notices.dataset.account;
  const before = await store.kept();
  const language = document.documentElement.lang;
  if (before.account && !account) worker.postMessage({ forget: true });
  const same = before.account === account && before.language === language;
  if (same && Date.now() - before.at < KEEP_HOURS * 3_600_000) return;
  const pages = ["/", "/pin", "/waiting", "/offline", ...(account ? ["/conversations"] : [])];
  worker.postMessage({ keep: pages });
  await store.setKept({ account, language, at: Date.now() });
}

// --- what waits ---

let opened;
function openStore() {
  opened ??= Promise.all([import("idb"), import("vuurtoren/waiting-store"), import("vuurtoren/waiting-send")]).then(
    ([{ openDB }, { waitingStore, ...rules }, { sendAll }]) => ({ store: waitingStore(openDB), ...rules, sendAll }),
  );
  return opened;
}

async function waiting() {
  const { store, isVisible, isWaiting, sendAll } = await openStore();

  async function tell() {
    const account = notices.dataset.account ? await store.account() : null;
    const mine = (await store.all()).filter((item) => isVisible(item, account) && isWaiting(item));
    const look = mine.filter(({ state }) => state === "refused" || state === "look").length;
    const badge = byId("waiting-badge");
    const [one, more, count] = look ? [badge.dataset.lookOne, badge.dataset.look, look] : [badge.dataset.one, badge.dataset.more, mine.length];
    badge.textContent = count === 1 ? one : more.replace("{count}", count);
    show("waiting-badge", mine.length > 0);
    navigator.setAppBadge?.(mine.length).catch(() => {});
  }

  let again;
  async function sendNow() {
    if ((await store.all()).length) {
      const counts = await sendAll(store);
      clearTimeout(again); // a service that is away says nothing when it is back
      if (counts?.left) again = setTimeout(send, RETRY_MS);
      window.dispatchEvent(new Event("vuurtoren-sent"));
    }
    return tell();
  }

  // One after another: when the network comes back while an attempt is still failing, what waits is tried once more.
  let last = Promise.resolve();
  function send() {
    last = last.then(sendNow, sendNow);
    return last;
  }

  store.onChange(tell);
  window.addEventListener("online", send);
  window.addEventListener("vuurtoren-send", send);
  await send();
}

// Signing out with something that still waits: keep it hidden, throw it away, or stay.
let decided = false;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const dialog = byId("sign-out-waiting");
  if (decided || !dialog || form.getAttribute("action") !== "/sign-out") return;
  event.preventDefault();
  const go = () => {
    decided = true;
    form.requestSubmit(event.submitter);
  };
  let mine = [];
  let store;
  try {
    const found = await openStore();
    store = found.store;
    const account = await store.account();
    mine = (await store.all()).filter((item) => item.account !== null && item.account === account && found.isWaiting(item));
  } catch {
    // nothing is kept in this browser
  }
  if (!mine.length) return go();
  dialog.onclick = async ({ target }) => {
    if (target.value === "throw") for (const { id } of mine) await store.remove(id);
    if (["throw", "keep", "stay"].includes(target.value)) dialog.close();
    if (["throw", "keep"].includes(target.value)) go();
  };
  return dialog.showModal();
}, true);

function network() {
  const { kept } = document.documentElement.dataset;
  show("no-network", !navigator.onLine);
  show("page-kept", Boolean(kept));
  if (!kept) return;
  const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(new Date(kept));
  const note = byId("page-kept");
  note.textContent = note.dataset.words.replace("{date}", date);
}
window.addEventListener("online", network);
window.addEventListener("offline", network);

function start() {
  network();
  register();
  waiting().catch(() => {}); // a browser that keeps nothing, as in a private window
}

if (document.querySelector("form[data-waits]")) import("vuurtoren/waiting-form");

const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
if (document.readyState === "complete") idle(start);
else window.addEventListener("load", () => idle(start), { once: true });
