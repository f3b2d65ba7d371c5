// Every page of the console, by the links on those before.

import { isAt, signIn } from "../chromium.mjs";

const ID = /\/[a-z]{2,4}_[0-9A-Za-z]{20,}|\/[0-9a-f]{8}-[0-9a-f-]{27}/g;

/** In by the front door. */
export async function enter(page, { issuer, operator }, path = "/console") {
  await page.goto(`${issuer}${path}`);
  await signIn(page, operator);
  await page.waitForURL((url) => url.pathname === path);
}

/** Calls `look` on one page of each kind, as far as links lead, and on all those of `also`;
 * returns which they were. */
export async function walk(page, { issuer }, look, also = []) {
  const seen = new Map();
  const ahead = [...also, "/console"];
  while (ahead.length > 0) {
    const path = ahead.shift();
    const key = also.includes(path) ? path : kind(path);
    if (seen.has(key)) continue;
    seen.set(key, path);
    const answer = await page.goto(`${issuer}${path}`);
    await page.waitForLoadState("load");
    await look(path, answer);
    ahead.push(...(await links(page)));
  }
  return [...seen.keys()];
}

/** The same for one thing and everything that is said of it below its own page. */
export async function below(page, { issuer }, start, look) {
  const seen = new Set();
  const ahead = [start];
  while (ahead.length > 0) {
    const path = ahead.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await page.goto(`${issuer}${path}`);
    await page.waitForLoadState("load");
    await look(path, answer);
    if (start === "/console") return;
    ahead.push(...(await links(page)).filter((link) => link.startsWith(`${start}/`)));
  }
}

async function links(page) {
  const all = await page.locator("a[href]").evaluateAll((found) => found.map((a) => String(new URL(a.getAttribute("href"), location.href))));
  const ours = all.map((href) => new URL(href)).filter((url) => url.pathname.split("/").includes("console"));
  const pages = ours.filter((url) => !/sign-in|assets|\.svg$|export/.test(url.pathname));
  return pages.filter((url) => !url.searchParams.has("after")).map((url) => url.pathname + url.search);
}

/** Pages of two applications are one kind, and so are those of two searches. */
function kind(path) {
  const { pathname, searchParams } = new URL(path, "http://here");
  const asked = [...searchParams.keys()].sort().join("&");
  const tenant = pathname.replace(/^\/t\/[^/]+/, "/t/*");
  // A tenant's console has the pages of the root's: its first is enough.
  const page = tenant.startsWith("/t/*/") ? tenant.split("/").slice(0, 4).join("/") : tenant;
  return `${page.replace(ID, "/*")}${asked && `?${asked}`}`;
}

export { isAt };
