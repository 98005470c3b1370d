// The slider of months: by hand, by buttons, by the keyboard, and playing. It says which month; others draw it.

import { settings, words } from "vuurtoren/page";

const TICK = 600; // milliseconds a month
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

// show(at, { playing }) draws a month; settle(at) comes when the visitor has chosen one.
export function monthSlider({ show, settle }) {
  const byId = (id) => document.getElementById(id);
  const [slider, play, back, forward, moment] = ["month-slider", "play", "month-back", "month-on", "moment"].map(byId);
  const last = settings.days.length - 1;
  let ticking;

  function put(at, { playing = false } = {}) {
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", settings.moments[at]);
    slider.style.setProperty("--part", `${last ? (100 * at) / last : 100}%`);
    moment.textContent = settings.moments[at];
    back.disabled = at === 0;
    forward.disabled = at === last;
    show(at, { playing });
  }

  const at = () => Number(slider.value);

  function stop() {
    if (!ticking) return;
    window.clearInterval(ticking);
    ticking = undefined;
    play.setAttribute("aria-label", words.play);
    play.classList.remove("vuurtoren-player__play--on");
    settle(at());
  }

  function choose(to) {
    stop();
    put(to);
    settle(to);
  }

  // Where motion is not wanted the button takes one step, and begins again after the last.
  function start() {
    if (still.matches) {
      choose(at() === last ? 0 : at() + 1);
      return;
    }
    play.setAttribute("aria-label", words.pause);
    play.classList.add("vuurtoren-player__play--on");
    put(at() === last ? 0 : at() + 1, { playing: true });
    ticking = window.setInterval(() => {
      if (at() === last) stop();
      else put(at() + 1, { playing: true });
    }, TICK);
  }

  slider.addEventListener("input", () => {
    stop();
    put(at());
  });
  slider.addEventListener("change", () => settle(at()));
  back.addEventListener("click", () => choose(Math.max(0, at() - 1)));
  forward.addEventListener("click", () => choose(Math.min(last, at() + 1)));
  play.addEventListener("click", () => (ticking ? stop() : start()));
  if (still.matches) play.setAttribute("aria-label", words.nextMonth);
  return { put };
}
