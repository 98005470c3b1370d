// Buttons that print the page: <button data-print hidden>. Without script they stay away.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
