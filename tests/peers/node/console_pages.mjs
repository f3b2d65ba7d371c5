// Every page of the console, on a small screen and a large one, in light and in
// dark: axe-core finds no fault, nothing is wider than the screen, no page weighs
// more than 150 KB, and the browser complains of nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, visit } from "./chromium.mjs";
import { fill } from "./console/fill.mjs";
import { Api, ofEachType, seed, seedTenancy } from "./console/seed.mjs";
import { enter, walk } from "./console/walk.mjs";

const given = JSON.parse(process.argv[2]);
const at = `${given.issuer}/console`;
const patient = { timeout: 600_000 };
const HEAVIEST = 150 * 1024;
const LIGHT = { colorScheme: "light", viewport: { width: 1280, height: 900 } };
const DARK = { colorScheme: "dark", viewport: { width: 360, height: 900 } };
let browser;
let made;

before(async () => {
  browser = await launch();
  made = await seed(new Api(given));
  const { page, context } = await visit(browser);
  await enter(page, given);
  await seedTenancy(page, given);
  await context.close();
});

after(() => browser.close());

test("every page in light and in dark, on small screens and large ones", patient, async () => {
  const light = await visit(browser, LIGHT);
  const dark = await visit(browser, DARK);
  await Promise.all([light, dark].map(({ page }) => enter(page, given)));
  const faults = [];
  const blame = (path, found) => faults.push(...found.map((fault) => `${path}: ${fault}`));
  const look = async (path, answer) => {
    if (answer.status() !== 200) blame(path, [answer.status()]);
    const small = async () => {
      await dark.page.goto(`${given.issuer}${path}`);
      blame(`${path} in dark`, [...(await tooMuch(dark.page)), ...(await violations(dark.page))]);
    };
    const large = async () => {
      blame(`${path} in light`, [...(await tooMuch(light.page)), ...(await violations(light.page))]);
      await light.page.setViewportSize({ width: 1920, height: 900 });
      blame(`${path} on a large screen`, await tooMuch(light.page));
      await light.page.setViewportSize(LIGHT.viewport);
    };
    await Promise.all([small(), large()]);
  };
  const seen = await walk(light.page, given, look, ofEachType(made));
  assert.deepEqual(faults, []);
  assert.deepEqual([...light.complaints, ...dark.complaints], [], "the browser complains of nothing");
  assert.ok(seen.length >= 115, `only ${seen.length} pages: ${seen.join(" ")}`);
});

/** What answers a form, what opens on a page, and what is refused. */
const ANSWERS = {
  "a form with faults": async (page) => {
    await fill(page, `${at}/applications/new/spa`, { redirect_uris: "http://shop.example/" }, "Register");
    await page.locator('[aria-invalid="true"]').first().waitFor();
  },
  "a secret, this one time": async (page) => {
    await fill(page, `${at}/applications/new/m2m`, { name: "Told once" }, "Register");
    await page.locator("section.secret").waitFor();
  },
  "what will become of several": async (page) => {
    await page.goto(`${at}/applications`);
    await page.getByLabel("Pick all on this page").check();
    await page.getByRole("button", { name: "Disable …" }).click();
    await page.waitForURL(`${at}/applications/bulk`);
  },
  "a decision explained": async (page) => {
    const question = { permission: "token:read", container: "/cards/" };
    await fill(page, `${at}/applications/${made.billing.id}/access/explain`, question, "Explain");
    await page.getByText("Allowed by rule 1.").first().waitFor();
  },
  "data revealed": async (page) => {
    await page.goto(`${at}/vault/tokens/${made.card.token.id}`);
    await page.locator("main").getByRole("button", { name: "Reveal" }).first().click();
    await page.locator("#ask").getByRole("button", { name: "Yes" }).click();
    await page.getByText("4111 1111 1111 1111").first().waitFor();
  },
  "a question before something is taken away": async (page) => {
    await page.goto(`${at}/vault/tokens/${made.card.token.id}`);
    await page.locator("main").getByRole("button", { name: "Reveal" }).first().click();
    await page.locator("#ask").getByRole("button", { name: "Yes" }).waitFor();
  },
  "a node of the graph": async (page) => {
    await page.goto(`${at}/access-graph`);
    await page.locator("svg.graph a[data-node]").first().click();
    await page.locator("[data-graph-why] h2").waitFor();
  },
  "the menu of a small screen": async (page) => {
    await page.goto(`${at}/users`);
    const menu = page.locator("[data-menu]");
    if (await menu.isVisible()) await menu.click();
    await page.locator("#nav a").first().waitFor();
  },
  "a list of nothing": async (page) => page.goto(`${at}/applications?q=nobody-is-called-so`),
  "what is not there": async (page) => page.goto(`${at}/nothing`),
  "a sign-in that nobody waits for": async (page) => page.goto(`${at}/callback?error=access_denied&state=x`),
  "somebody acted as": async (page) => {
    const begin = `${at}/applications/${made.field.id}/impersonations/new?user_id=${made.person.id}`;
    await fill(page, begin, { reason: "Ticket 4711" }, "Begin");
    await page.goto(`${at}/users`);
    await page.locator(".banner").waitFor();
  },
};

for (const [scheme, options] of Object.entries({ light: LIGHT, dark: DARK })) {
  test(`what answers, opens and refuses, in ${scheme}`, patient, async () => {
    const email = `${scheme}@example.com`;
    made.person = await new Api(given).make(`/applications/${made.field.id}/users`, { email });
    const { page } = await visit(browser, options);
    await enter(page, given);
    const faults = [];
    for (const [title, come] of Object.entries(ANSWERS)) {
      await come(page);
      faults.push(...[...(await tooMuch(page)), ...(await violations(page))].map((fault) => `${title}: ${fault}`));
    }
    assert.deepEqual(faults, []);
  });
}

async function violations(page) {
  await page.evaluate(axe.source);
  // Without fetching style sheets, which the policy does not allow.
  const asked = { preload: false, resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  const { violations: found } = await page.evaluate((options) => window.axe.run(document, options), asked);
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
