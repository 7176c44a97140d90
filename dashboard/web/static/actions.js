// Small helps that a page works without: ticking all rows, copying, closing menus, keys.

function countTicks() {
  const form = document.querySelector("#bulk");
  if (!form) return;
  const boxes = [...document.querySelectorAll('input[form="bulk"][name="order"]')];
  const ticked = boxes.filter((box) => box.checked).length;
  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.checked = boxes.length > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  for (const part of document.querySelectorAll("[data-ticked]")) part.textContent = String(ticked);
  const everything = form.querySelector("[data-all-matching]")?.checked;
  for (const button of form.querySelectorAll("button")) button.disabled = ticked === 0 && !everything;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) {
    for (const box of document.querySelectorAll('input[form="bulk"][name="order"]')) {
      box.checked = event.target.checked;
    }
  }
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  countTicks();
});
document.addEventListener("sluice:refreshed", countTicks);
addEventListener("pageshow", countTicks);

// On a narrow screen the navigation scrolls; the page one is on is to be seen.
const here = document.querySelector(".side-link[aria-current]");
here?.parentElement.scrollTo({ left: here.offsetLeft - innerWidth / 2 + here.offsetWidth / 2 });

// At a place within the page, what came of an act stays in sight until the next act;
// the browser itself gives the focus to the place.
addEventListener("load", () => {
  const told = location.hash ? document.querySelector(".flash[autofocus]") : null;
  if (!told) return;
  told.classList.add("pinned");
  told.focus({ preventScroll: true });
  for (const act of ["pointerdown", "keydown"]) {
    addEventListener(act, () => told.classList.remove("pinned"), { once: true });
  }
});

// On a narrow screen the navigation shows its first places, the others when asked.
document.querySelector(".side-more")?.addEventListener("click", (event) => {
  const isOpen = event.currentTarget.parentElement.classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(isOpen));
});

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  button.dataset.copied = "yes";
  setTimeout(() => delete button.dataset.copied, 1500);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-copy-from]");
  if (!link) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    await copy(link, await answer.text());
  } catch {
    location.assign(link.href); // the browser may forbid it; there the text can be marked
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await copy(button, source.textContent);
    } catch {
      getSelection().selectAllChildren(source); // the browser may forbid it; keys can copy
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

const ROWS = "main tbody tr, main .row-link, main .problem-cause";

// The link that opens a row.
function openerOf(row) {
  return row.localName === "tr" ? row.querySelector(".order-link") ?? row.querySelector("a[href]") : row;
}

function walk(step) {
  const rows = [...document.querySelectorAll(ROWS)].map(openerOf).filter((link) => link?.checkVisibility());
  const here = document.activeElement;
  const at = rows.findIndex((link) => (link.closest("tr") ?? link).contains(here));
  const next = at < 0 ? rows.at(step > 0 ? 0 : -1) : rows[at + step];
  next?.focus();
}

function showKeys() {
  const keys = document.querySelector("#keys");
  if (keys && !keys.open) keys.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-show-keys]")) showKeys();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const plain = !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (plain && event.key === "?") showKeys();
  if (plain && (event.key === "j" || event.key === "k")) walk(event.key === "j" ? 1 : -1);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    // A list without a search has filters.
    const search = document.querySelector("input[type=search]")
      ?? document.querySelector(".tools select, .tools input:not([type=hidden])");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// Shows what a pattern makes, as the server would make it.
let exampleTimer = null;
document.addEventListener("input", (event) => {
  const field = event.target.closest?.("[data-example]");
  if (!field) return;
  clearTimeout(exampleTimer);
  exampleTimer = setTimeout(async () => {
    const address = `${field.dataset.example}?pattern=${encodeURIComponent(field.value)}`;
    const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
    const into = document.getElementById(field.dataset.exampleInto);
    if (answer?.ok && into) into.textContent = await answer.text();
  }, 250);
});
