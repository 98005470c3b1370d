// Passkeys: asks the service what to make or to use, the browser for it, and sends the answer back.
// Where the browser knows no passkeys the button stays away, and the other way is there.

async function sent(path, fields) {
  const token = await (await fetch("/form-token", { cache: "no-store" })).json();
  const body = new URLSearchParams(fields);
  return fetch(path, { method: "POST", body, headers: { "X-Form-Token": token.token } });
}

async function answered(options) {
  const publicKey = "rp" in options
    ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
    : PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const ask = "rp" in options ? "create" : "get";
  return (await navigator.credentials[ask]({ publicKey })).toJSON();
}

async function begin(place, said) {
  const path = place.dataset.passkey;
  said.textContent = "";
  try {
    const options = await (await sent(`${path}/passkey/options`, {})).json();
    const answer = await sent(`${path}/passkey`, { answer: JSON.stringify(await answered(options)) });
    const told = await answer.json();
    if (answer.ok) location.assign(told.next);
    else said.textContent = told.fault ?? JSON.parse(place.dataset.words).failed;
  } catch {
    said.textContent = JSON.parse(place.dataset.words).failed;
  }
}

if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const place of document.querySelectorAll("[data-passkey]")) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => begin(place, place.querySelector("[role=alert]")));
  }
}
