// Shows times in the reader's zone: relative on the page, exact on hover and on tap.

const locale = document.documentElement.lang || undefined;
// The zone the reader chose, else the browser's own.
const timeZone = document.documentElement.dataset.zone || undefined;
const exactFormat = new Intl.DateTimeFormat(locale, {
  timeZone,
  day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const shortFormat = new Intl.DateTimeFormat(locale, {
  timeZone,
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const clockFormat = new Intl.DateTimeFormat(locale, {
  timeZone,
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const paperFormat = new Intl.DateTimeFormat(locale, {
  timeZone,
  day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
const relativeFormat = new Intl.RelativeTimeFormat(locale, {
  // German shortens with a stop ("vor 5 Std."), which a sentence would end with twice.
  numeric: "auto", style: locale?.startsWith("de") ? "long" : "short",
});
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
// Beyond a month "35 days ago" says less than the date.
const RELATIVE_UP_TO_S = 30 * 86400;
const TICK_MS = 5000;
// The clock of a demonstration may have been moved.
const AHEAD_MS = Number(document.documentElement.dataset.ahead ?? 0) * 1000;

function relative(at) {
  const seconds = (at - Date.now() - AHEAD_MS) / 1000;
  if (Math.abs(seconds) > RELATIVE_UP_TO_S) return shortFormat.format(at);
  if (Math.abs(seconds) < 5) return relativeFormat.format(0, "second");
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) {
      return relativeFormat.format(Math.trunc(seconds / size), unit);
    }
  }
  return relativeFormat.format(0, "second");
}

// On paper "5 minutes ago" is soon wrong, and a time of day says nothing without its day.
const paper = matchMedia("print");

function text(element, at) {
  if (paper.matches && element.dataset.time !== "exact") return paperFormat.format(at);
  if (element.dataset.shown === "exact") return exactFormat.format(at);
  switch (element.dataset.time) {
    case "exact": return exactFormat.format(at);
    case "short": return shortFormat.format(at);
    case "clock": return clockFormat.format(at);
    default: return relative(at);
  }
}

export function showTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const wanted = text(element, at);
    if (element.textContent !== wanted) element.textContent = wanted;
    const exact = exactFormat.format(at);
    if (element.title !== exact) element.title = exact;
  }
}

addEventListener("click", (event) => {
  const element = event.target.closest?.("time[data-time]");
  if (!element || element.closest("a, button, summary")) return;
  element.dataset.shown = element.dataset.shown === "exact" ? "" : "exact";
  showTimes(element.parentNode);
});

showTimes();
paper.addEventListener("change", () => showTimes());
setInterval(() => showTimes(), TICK_MS);
