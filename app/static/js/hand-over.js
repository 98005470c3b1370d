// What is handed over from a screen: copied with one press, or printed.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue; // a page that is not secure may not; the link stands there to be selected
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    document.getElementById("copied").hidden = false;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
