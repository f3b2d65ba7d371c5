// What moves on the console's pages: the picture of who comes to what, the history
// as it is written, the menu of a small screen, and what the keyboard reaches.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, patient, visit } from "./chromium.mjs";
import { Api, seed } from "./console/seed.mjs";
import { enter } from "./console/walk.mjs";

const given = JSON.parse(process.argv[2]);
const at = `${given.issuer}/console`;
const api = new Api(given);
let browser;

before(async () => {
  browser = await launch();
  await seed(api);
});

after(() => browser.close());

async function somebody(options) {
  const seen = await visit(browser, options);
  await enter(seen.page, given);
  return seen;
}

test("the graph is zoomed and moved, and says why of the node that is picked", patient, async () => {
  const { page, complaints } = await somebody({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${at}/access-graph`);
  const graph = page.locator("svg.graph");
  const box = async () => (await graph.getAttribute("viewBox")).split(" ").map(Number);
  const whole = await box();
  await page.locator('[data-graph-tools] [data-act="in"]').click();
  const near = await box();
  assert.ok(near[2] < whole[2] && near[3] < whole[3], `${near} shows less than ${whole}`);
  await page.locator('[data-graph-tools] [data-act="fit"]').click();
  const fitted = await box();
  await graph.locator("a[data-node]").first().focus();
  await page.keyboard.press("+");
  assert.ok((await box())[2] < fitted[2], "by the keyboard as well");
  const before = await box();
  await page.keyboard.press("ArrowRight");
  assert.ok((await box())[0] > before[0], "it is moved");
  await page.keyboard.press("0");
  assert.deepEqual(await box(), fitted);

  const why = page.locator("[data-graph-why]");
  const node = graph.locator("a[data-node]", { hasText: "Billing" }).first();
  await node.click();
  await why.getByRole("heading", { name: /Billing/ }).waitFor();
  assert.match(await why.innerText(), /Tickets/, "to what it is attached");
  assert.ok(await graph.locator(".edge.is-near").count(), "its edges stand out");
  await page.keyboard.press("Escape");
  await why.getByText("Pick a node").waitFor();
  await node.focus();
  await page.keyboard.press("Enter");
  await why.getByRole("link", { name: "Show only what has to do with it" }).click();
  await page.waitForURL((url) => url.search !== "");
  assert.ok(await page.locator("svg.graph a[data-node]").count());
  assert.deepEqual(complaints, []);
});

test("the history is followed", patient, async () => {
  const { page, complaints } = await somebody();
  await page.goto(`${at}/audit`);
  const { id } = await api.make("/applications", { name: "Written down", type: "m2m" });
  assert.equal(await page.locator("#list").getByText(id).count(), 0, "nothing comes by itself before");
  await page.locator("[data-follow-box] input").check();
  await page.locator("#list").getByText(id).first().waitFor();
  assert.deepEqual(complaints, []);
});

test("the menu of a small screen opens and closes", patient, async () => {
  const { page } = await somebody({ viewport: { width: 360, height: 800 } });
  await page.goto(`${at}/users`);
  const [menu, first] = [page.locator("[data-menu]"), page.locator("#nav a").first()];
  assert.equal(await first.isVisible(), false);
  await menu.click();
  assert.deepEqual([await menu.getAttribute("aria-expanded"), await first.isVisible()], ["true", true]);
  await menu.click();
  assert.deepEqual([await menu.getAttribute("aria-expanded"), await first.isVisible()], ["false", false]);
});

test("the keyboard reaches what there is, and where it is can be seen", patient, async () => {
  const { page } = await somebody({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${at}/applications`);
  const where = () =>
    page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const { tagName, textContent, name } = document.activeElement;
      return { is: `${tagName} ${name || textContent.trim()}`, ring: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
  const reached = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const { is, ring } = await where();
    if (is.startsWith("BODY")) break;
    reached.push(is);
    assert.ok(ring, `one sees that ${is} is where one is`);
  }
  assert.match(reached[0], /Skip to the content/);
  for (const wanted of ["Register an application", "INPUT q", "SELECT type", "Web shop"]) {
    assert.ok(reached.some((one) => one.includes(wanted)), `${wanted} is none of ${reached.join(", ")}`);
  }
  await page.goto(`${at}/applications`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)), "past the menu");
});

test("nothing on a page moves once it is there", patient, async () => {
  const { page } = await somebody({ viewport: { width: 1280, height: 900 } });
  await page.addInitScript(() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) window.moved += value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const path of ["", "/applications", "/users", "/audit", "/settings", "/access-graph"]) {
    await page.goto(`${at}${path}`);
    await page.waitForLoadState("networkidle");
    const moved = await page.evaluate(() => window.moved);
    assert.ok(moved < 0.1, `${path}: ${moved}`);
  }
});
