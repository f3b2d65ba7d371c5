// Every page that a person can meet, on a small screen and a large one, in
// light and in dark: axe-core finds no fault, nothing is wider than the screen,
// and the browser complains of nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { Application, fromProgram } from "./application.mjs";
import { isAt, launch, patient, signIn, visit } from "./chromium.mjs";
import { Registry } from "./registry.mjs";
import { Website } from "./website.mjs";

const given = JSON.parse(process.argv[2]);
const { issuer } = given;
const registry = new Registry(given);
let browser;
let site;

before(async () => {
  browser = await launch();
  site = await Website.open("localhost");
});

after(async () => {
  await browser.close();
  site.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`every page in ${colorScheme}, ${width} pixels wide`, patient, async () => {
      const viewport = { width, height: 800 };
      const { page, context, complaints } = await visit(browser, { colorScheme, viewport });
      const seen = await walk(page);
      assert.deepEqual(complaints, [], "the browser complains of nothing");
      assert.equal(seen, 15, "pages were looked at");
      await context.close();
    });
  }
}

/** From a request to the end of it and by every way beside it; says how many pages that were. */
async function walk(page) {
  let seen = 0;
  const look = async (heading) => {
    await isAt(page, heading);
    await assertAccessible(page, heading);
    seen += 1;
  };
  const person = await registry.person();
  const asking = await register({ first_party: false });
  const closed = await register({ assignment_required: true });

  await page.goto(`${issuer}/oauth2/authorize?client_id=nobody`);
  await look(await page.getByRole("heading", { level: 1 }).innerText());
  await page.goto(`${issuer}/account`);
  await look("You are not signed in");

  await page.goto(asking.authorizationUrl());
  await look("Sign in");
  await signIn(page, { email: person.email, password: "not the password" });
  await page.getByRole("alert").waitFor();
  await look("Sign in");
  // What a browser without `required` would send.
  await page.evaluate(() => document.querySelector("form").noValidate = true);
  await signIn(page, { email: "", password: "" });
  await page.getByText("Type your password.").first().waitFor();
  await look("Sign in");
  await page.getByRole("link", { name: /forgot/i }).click();
  await look(await page.getByRole("heading", { level: 1 }).innerText());

  await page.goto(asking.authorizationUrl());
  await signIn(page, person);
  await look(`Allow ${asking.name}?`);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL((url) => url.href.startsWith(`${asking.callback}?`));
  await page.goto(asking.authorizationUrl({ prompt: "select_account" }));
  await look("Choose an account");
  await page.goto(closed.authorizationUrl());
  await look(`You cannot use ${closed.name}`);
  await page.goto(`${issuer}/account`);
  await look("Your account");
  await page.goto(`${issuer}/reset-password?token=ml_gone`);
  await look(await page.getByRole("heading", { level: 1 }).innerText());
  await page.goto(`${issuer}/verify-address?token=ml_gone`);
  await look(await page.getByRole("heading", { level: 1 }).innerText());

  await page.goto(`${issuer}/oauth2/logout`);
  await look("Sign out?");
  await page.getByRole("button", { name: "Stay signed in" }).click();
  await look("You are still signed in");
  await page.goto(`${issuer}/oauth2/logout`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await look("You are signed out");
  return seen;
}

async function assertAccessible(page, heading) {
  // The pages' policy lets no script in; what the browser is told to evaluate is none.
  await page.evaluate(axe.source);
  // Without fetching style sheets, which the policy does not allow either.
  const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
  const faults = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })));
  assert.deepEqual(faults, [], heading);
  const [wide, screen] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(wide <= screen, `${heading}: ${wide} pixels wide on a screen of ${screen}`);
}

async function register(members) {
  const registered = await registry.application("spa", {
    redirect_uris: [`${site.origin}/callback`],
    ...members,
  });
  return new Application({ issuer, registered, callback: `${site.origin}/callback`, call: fromProgram });
}
