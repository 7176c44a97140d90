// Asks for the living parts of the page again and again, never in a hidden tab.
// The server answers 204 while nothing changed. Rows that were not there flash;
// a part that is the same stays untouched, and opened details stay open.
"use strict";
(() => {
  if (document.body.dataset.version === undefined) return;
  const state = document.querySelector("[data-live-state]");
  const shortest = 2000;
  const longest = 30000;
  const written = new Map();
  let pause = shortest;
  let timer = 0;

  for (const part of document.querySelectorAll("[data-live]")) {
    written.set(part.dataset.live, part.innerHTML.trim());
  }

  const say = (text) => {
    if (state && state.textContent !== text) state.textContent = text;
  };

  const keys = (part) =>
    new Set([...part.querySelectorAll("[data-key]")].map((row) => row.dataset.key));

  const replace = (part, html) => {
    const former = keys(part);
    const opened = [...part.querySelectorAll("details[open][id]")].map((it) => it.id);
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.innerHTML = html;
    for (const row of part.querySelectorAll("[data-key]")) {
      if (!former.has(row.dataset.key)) row.classList.add("is-new");
    }
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus();
  };

  const show = (html, version) => {
    const sent = document.createElement("template");
    sent.innerHTML = html;
    for (const fresh of sent.content.querySelectorAll("[data-part]")) {
      const name = fresh.dataset.part;
      const part = document.querySelector(`[data-live="${name}"]`);
      const text = fresh.innerHTML.trim();
      if (!part || written.get(name) === text) continue;
      written.set(name, text);
      replace(part, text);
    }
    document.body.dataset.version = version;
  };

  const refresh = async () => {
    window.clearTimeout(timer);
    try {
      const answer = await fetch(window.location.href, {
        headers: { "X-Shown-Version": document.body.dataset.version },
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
  document.addEventListener("mock:changed", refresh);
  plan();
})();
