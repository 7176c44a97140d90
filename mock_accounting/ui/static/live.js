// Asks for the living part of the page again and again, never in a hidden tab.
// The server answers 204 while nothing changed. Rows that were not there flash.
"use strict";
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const state = document.querySelector("[data-live-state]");
  const shortest = 2000;
  const longest = 30000;
  let pause = shortest;
  let timer = 0;

  const keys = () =>
    new Set([...live.querySelectorAll("[data-key]")].map((row) => row.dataset.key));

  const say = (text) => {
    if (state && state.textContent !== text) state.textContent = text;
  };

  const show = (html, version) => {
    const former = keys();
    const focused = document.activeElement?.id;
    live.innerHTML = html;
    live.dataset.version = version;
    for (const row of live.querySelectorAll("[data-key]")) {
      if (!former.has(row.dataset.key)) row.classList.add("is-new");
    }
    if (focused) document.getElementById(focused)?.focus();
  };

  const refresh = async () => {
    try {
      const answer = await fetch(window.location.href, {
        headers: { "X-Shown-Version": live.dataset.version },
        cache: "no-store",
      });
      if (answer.status === 200) {
        show(await answer.text(), answer.headers.get("X-Version"));
      } else if (answer.status !== 204) {
        throw new Error(String(answer.status));
      }
      pause = shortest;
      say("Live");
    } catch {
      pause = Math.min(pause * 2, longest);
      say("Not reachable, trying again");
    }
    plan();
  };

  const plan = () => {
    window.clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(refresh, pause);
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      window.clearTimeout(timer);
    } else {
      refresh();
    }
  });
  plan();
})();
