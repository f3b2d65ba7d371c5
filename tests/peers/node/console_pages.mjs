// Every page of the console, on a small screen and a large one, in light and in
// dark: axe-core finds no fault, nothing is wider than the screen, no page weighs
// more than 150 KB, and the browser complains of nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, visit } from "./chromium.mjs";
import { Api, seed, seedTenancy } from "./console/seed.mjs";
import { enter, walk } from "./console/walk.mjs";

const given = JSON.parse(process.argv[2]);
const patient = { timeout: 600_000 };
const HEAVIEST = 150 * 1024;
let browser;

before(async () => {
  browser = await launch();
  await seed(new Api(given));
  const { page, context } = await visit(browser);
  await enter(page, given);
  await seedTenancy(page, given);
  await context.close();
});

after(() => browser.close());

for (const [colorScheme, width] of [
  ["light", 1280],
  ["dark", 360],
  ["light", 360],
  ["dark", 1920],
]) {
  test(`every page in ${colorScheme}, ${width} pixels wide`, patient, async () => {
    const viewport = { width, height: 900 };
    const { page, context, complaints } = await visit(browser, { colorScheme, viewport });
    await enter(page, given);
    const faults = [];
    const seen = await walk(page, given, async (path, answer) => {
      if (answer.status() !== 200) faults.push(`${path}: ${answer.status()}`);
      faults.push(...(await faultsOf(page)).map((fault) => `${path}: ${fault}`));
    });
    assert.deepEqual(faults, []);
    assert.deepEqual(complaints, [], "the browser complains of nothing");
    assert.ok(seen.length >= 40, `only ${seen.length} pages: ${seen.join(" ")}`);
    await context.close();
  });
}

async function faultsOf(page) {
  await page.evaluate(axe.source);
  // Without fetching style sheets, which the policy does not allow.
  const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
  const faults = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id} ${html} ${failureSummary}`));
  const { wide, screen, weight } = await page.evaluate(() => {
    const { scrollWidth: wide, clientWidth: screen } = document.documentElement;
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return { wide, screen, weight: entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0) };
  });
  if (wide > screen) faults.push(`${wide} pixels wide on a screen of ${screen}`);
  if (weight > HEAVIEST) faults.push(`${weight} bytes`);
  return faults;
}
