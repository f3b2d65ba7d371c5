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

test("every page in light and in dark, on small screens and large ones", patient, async () => {
  const light = await visit(browser, { colorScheme: "light", viewport: { width: 1280, height: 900 } });
  const dark = await visit(browser, { colorScheme: "dark", viewport: { width: 360, height: 900 } });
  await Promise.all([light, dark].map(({ page }) => enter(page, given)));
  const faults = [];
  const blame = (path, found) => faults.push(...found.map((fault) => `${path}: ${fault}`));
  const seen = await walk(light.page, given, async (path, answer) => {
    if (answer.status() !== 200) blame(path, [answer.status()]);
    const small = async () => {
      await dark.page.goto(`${given.issuer}${path}`);
      blame(`${path} in dark`, [...(await tooMuch(dark.page)), ...(await violations(dark.page))]);
    };
    const large = async () => {
      blame(`${path} in light`, [...(await tooMuch(light.page)), ...(await violations(light.page))]);
      await light.page.setViewportSize({ width: 1920, height: 900 });
      blame(`${path} on a large screen`, await tooMuch(light.page));
      await light.page.setViewportSize({ width: 1280, height: 900 });
    };
    await Promise.all([small(), large()]);
  });
  console.log(`# ${seen.length} pages`);
  assert.deepEqual(faults, []);
  assert.deepEqual([...light.complaints, ...dark.complaints], [], "the browser complains of nothing");
  assert.ok(seen.length >= 80, `only ${seen.length} pages: ${seen.join(" ")}`);
});

async function violations(page) {
  await page.evaluate(axe.source);
  // Without fetching style sheets, which the policy does not allow.
  const { violations: found } = await page.evaluate(() => window.axe.run(document, { preload: false, resultTypes: ["violations"] }));
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id} ${html} ${failureSummary}`));
}

async function tooMuch(page) {
  const { wide, screen, weight } = await page.evaluate(() => {
    const { scrollWidth: wide, clientWidth: screen } = document.documentElement;
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return { wide, screen, weight: entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0) };
  });
  const tooWide = wide > screen ? [`${wide} pixels wide`] : [];
  return weight > HEAVIEST ? [...tooWide, `${weight} bytes`] : tooWide;
}
