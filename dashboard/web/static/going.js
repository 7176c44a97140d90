// Waits while the demonstration goes back to its start: the dashboard goes away, comes
// back, and the page's form signs its reader in again.

const EVERY_MS = 400;
const GONE_WITHIN_MS = 15000;
const LATE_AFTER_MS = 60000;

const form = document.querySelector("#returned");
const going = document.querySelector("[data-going]");
const late = document.querySelector("[data-late]");
let began = Date.now();
let wasGone = false;

async function isThere() {
  try {
    return (await fetch(form.dataset.health, { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function look() {
  const there = await isThere();
  if (!there) wasGone = true;
  if (there && (wasGone || Date.now() - began > GONE_WITHIN_MS)) form.submit();
  else {
    const isLate = Date.now() - began > LATE_AFTER_MS;
    going.hidden = isLate;
    late.hidden = !isLate;
    setTimeout(look, isLate ? 5 * EVERY_MS : EVERY_MS);
  }
}

late.querySelector("[data-look-again]").addEventListener("click", () => {
  began = Date.now();
  going.hidden = false;
  late.hidden = true;
});

form.querySelector("button").hidden = true;
look();
