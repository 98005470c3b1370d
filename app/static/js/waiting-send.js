// Sends what waits, each once: by one tab or the worker at a time, with a key that the item got when it was put away.
// Runs in pages and in the service worker; it imports nothing and is given the store.

const LOCK = "vuurtoren-waiting";
const PATIENCE_MS = 30_000;
const LONGEST_ANSWER = 300_000;
// Answers after which it is tried again later: no session of the form, too many at once, the service is away.
const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);

// How many were sent, and whether something is left that another time may be sent. Undefined when another is sending.
export function sendAll(store) {
  if (!globalThis.navigator?.locks) return sendEach(store); // the keys make each sending count once
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? sendEach(store) : undefined));
}

async function sendEach(store) {
  const counts = { sent: 0, left: 0 };
  const due = (await store.all()).filter(
    ({ state, heldUntil }) => ["waiting", "sign-in"].includes(state) && !(heldUntil > Date.now()),
  );
  if (!due.length) return counts;
  let who;
  try {
    who = await identify();
  } catch {
    return { sent: 0, left: due.length };
  }
  await store.setAccount(who.account);
  for (const item of due) {
    if (item.account !== null && item.account !== who.account) {
      if (item.state !== "sign-in") await store.change(item.id, { state: "sign-in" });
      continue;
    }
    let result;
    try {
      result = await sendOne(item, who.token);
    } catch {
      result = undefined; // no network after all: the same key next time
    }
    if (!result) {
      counts.left += 1;
      continue;
    }
    // What was sent leaves the device at once; only where it can be found stays.
    if (result.state === "sent") {
      counts.sent += 1;
      const { id, form, kind, title, account, madeAt } = item;
      await store.put({ id, form, kind, account, madeAt, title: kind === "person" ? "" : title, fields: [], ...result });
    } else await store.change(item.id, result);
  }
  return counts;
}

// A fresh token for a form, and who is signed in. Rejects without a network.
export async function identify(patience = PATIENCE_MS) {
  const answer = await fetch("/form-token", { signal: AbortSignal.timeout(patience), cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const { token, account } = await answer.json();
  return { token, account: account ?? null };
}

async function sendOne(item, token) {
  const body = new FormData();
  for (const [name, value] of item.fields) body.append(name, value);
  body.set("key", item.key);
  const answer = await fetch(item.action, {
    method: "POST",
    body,
    headers: { "X-Form-Token": token, "Idempotency-Key": item.key, Accept: "text/html" },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const at = new URL(answer.url);
  if (answer.redirected && at.pathname === "/sign-in") return { state: "sign-in" };
  if (answer.redirected) return { state: "sent", link: found(at), sentAt: Date.now() };
  if (answer.status === 401) return { state: "sign-in" };
  if (LATER.has(answer.status)) return undefined;
  const page = (await answer.text()).slice(0, LONGEST_ANSWER);
  return { state: answer.ok ? "look" : "refused", answer: page };
}

// Where what was sent can be found: the page that the form goes on to tells.
function found(at) {
  const [follow, asset] = [at.searchParams.get("follow"), at.searchParams.get("asset")];
  if (follow) return `/suggestions/${encodeURIComponent(follow)}`;
  return asset ? `/assets/${encodeURIComponent(asset)}` : at.pathname + at.search;
}
