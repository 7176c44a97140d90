// Keeps a page up to date without disturbing who reads it.
//
// One conditional request a tick to the page's own address. What came back is laid over
// the page: elements with the same data-key and data-rev are left alone, changed ones are
// altered in place, so that ticks, open details, focus, typed text and scroll survive.

import { showTimes } from "./time.js";

const FAST_MS = 2000; // something is on its way
const SLOW_MS = 10000;
const MAX_SLOWER = 16;
const KEY = "sluice-live";

const regions = () => document.querySelectorAll("[data-live][id]");
const lost = document.querySelector(".connection-lost");
const liveSwitch = document.querySelector("#live-switch");

let etag = null;
let slower = 1;
let timer = null;
let signedOut = false;

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset?.key : undefined;
}

function sameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

// Whether <details> is open and what is ticked is the reader's business, not ours.
const READERS_OWN = new Set(["open", "checked", "data-shown"]);

function alterAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (READERS_OWN.has(name)) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !READERS_OWN.has(name)) old.removeAttribute(name);
  }
}

function alter(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  const rev = fresh.dataset.rev;
  if (rev !== undefined && rev === old.dataset.rev) return;
  alterAttributes(old, fresh);
  if (old.localName !== "textarea") alterChildren(old, fresh);
}

function alterChildren(old, fresh) {
  const known = new Map();
  for (const child of old.children) {
    if (child.dataset.key !== undefined) known.set(child.dataset.key, child);
  }
  const wantedKeys = new Set([...fresh.children].map(keyOf));
  const staysElsewhere = (node) => keyOf(node) !== undefined && wantedKeys.has(keyOf(node));
  let at = old.firstChild;
  const drop = () => {
    const next = at.nextSibling;
    at.remove();
    at = next;
  };
  for (const wanted of fresh.childNodes) {
    const key = keyOf(wanted);
    const own = key === undefined ? undefined : known.get(key);
    if (own && own.nodeName === wanted.nodeName) {
      // Removing what stands before it keeps it in its place: moving drops the focus.
      while (at && at !== own && !staysElsewhere(at)) drop();
      if (at === own) at = at.nextSibling;
      else old.insertBefore(own, at);
      alter(own, wanted);
    } else if (key === undefined && at && sameKind(at, wanted)) {
      alter(at, wanted);
      at = at.nextSibling;
    } else {
      old.insertBefore(document.importNode(wanted, true), at);
    }
  }
  while (at) drop();
}

function lay(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  document.body.dataset.moving = fresh.querySelector("[data-moving]")?.dataset.moving ?? "no";
  const focused = document.activeElement;
  for (const region of regions()) {
    const wanted = fresh.getElementById(region.id);
    if (wanted) alter(region, wanted);
    else region.replaceChildren();
  }
  if (focused?.isConnected && focused !== document.activeElement) {
    focused.focus({ preventScroll: true });
  }
  showTimes();
  document.dispatchEvent(new CustomEvent("sluice:refreshed"));
}

function say(what) {
  if (!lost) return;
  lost.hidden = what === null;
  for (const part of lost.querySelectorAll("[data-lost]")) part.hidden = part.dataset.lost !== what;
  if (signedOut) keepWhatIsTyped();
}

// Whether something was typed that leaving the page would lose.
function isTyped(field) {
  return field.type !== "hidden" && !field.readOnly && field.value !== field.defaultValue;
}

function keepWhatIsTyped() {
  const typed = [...document.querySelectorAll("main textarea, main input")].some(isTyped);
  lost.querySelector("[data-lost='signed-out'] a").target = typed ? "_blank" : "";
  lost.querySelector("[data-typed]").hidden = !typed;
}

// Goes on after its reader has signed in again in another tab: forms get the new token.
async function signInAgain() {
  const answer = await fetch(location.href.split("#")[0], {
    cache: "no-store", credentials: "same-origin", redirect: "error",
  }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const who = (page) => page.querySelector(".menu-who")?.textContent;
  const token = fresh.querySelector("input[name=csrf_token]")?.value;
  if (!token || who(fresh) !== who(document)) return;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  signedOut = false;
  etag = null;
  tick();
}

async function tick() {
  timer = null;
  try {
    const headers = { "X-Live": "1" };
    if (etag) headers["If-None-Match"] = etag;
    const answer = await fetch(location.href.split("#")[0], {
      headers, cache: "no-store", credentials: "same-origin", redirect: "error",
      signal: AbortSignal.timeout(15000),
    });
    if (answer.status === 401) {
      signedOut = true;
      say("signed-out");
      return;
    }
    if (!answer.ok && answer.status !== 304) throw new Error(`answer ${answer.status}`);
    etag = answer.headers.get("ETag");
    if (answer.ok) lay(await answer.text());
    slower = 1;
    say(null);
  } catch {
    slower = Math.min(slower * 2, MAX_SLOWER);
    if (!document.hidden) say("away");
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = null;
  if (signedOut || document.hidden || !liveSwitch?.checked) return;
  const pace = document.body.dataset.moving === "yes" ? FAST_MS : SLOW_MS;
  // Lost: try again soon at first, whatever the pace was.
  timer = setTimeout(tick, slower > 1 ? FAST_MS * slower : pace);
}

function remembered() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

if (liveSwitch && regions().length) {
  liveSwitch.closest("[hidden]")?.removeAttribute("hidden");
  liveSwitch.checked = remembered();
  liveSwitch.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, liveSwitch.checked ? "on" : "off");
    } catch { /* storage may be forbidden */ }
    if (liveSwitch.checked) tick();
    else plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) plan();
    else if (signedOut) signInAgain();
    else if (liveSwitch.checked) tick();
  });
  lost?.addEventListener("click", () => signedOut && keepWhatIsTyped());
  plan();
}
