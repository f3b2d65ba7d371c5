// oidc-client-ts signs a person in to a page of its own in Chromium, from
// discovery to logout, so that the browser holds every answer against CORS.
// What it verifies by itself: `state`, `nonce`, and that the tokens and
// userinfo speak of one person; the rest is asked for here.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, patient, signIn, visit } from "./chromium.mjs";
import { Registry } from "./registry.mjs";
import { Website } from "./website.mjs";

const given = JSON.parse(process.argv[2]);
const { issuer } = given;
const registry = new Registry(given);
const sites = [];
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser.close();
  for (const site of sites) site.close();
});

test("oidc-client-ts, from discovery to logout", patient, async () => {
  const site = await open();
  await register(site);
  const person = await registry.person();
  const { page, complaints } = await visit(browser);

  await leave(page, site, () => manager.signinRedirect({ nonce: "n-once" }));
  await signIn(page, person);
  const user = await arrive(page, `${site.origin}/callback?`, () => manager.signinCallback());
  assert.equal(new URL(page.url()).searchParams.get("iss"), issuer);
  assert.equal(user.profile.iss, issuer);
  assert.equal(user.profile.nonce, "n-once");
  assert.equal(user.profile.email, person.email, "the profile holds what userinfo says");
  assert.ok(await page.evaluate((token) => isSigned(token), user.id_token));

  const renewed = await page.evaluate(() => manager.signinSilent());
  assert.notEqual(renewed.refresh_token, user.refresh_token);
  assert.equal(renewed.profile.sub, user.profile.sub);
  assert.ok(await page.evaluate((token) => isSigned(token), renewed.id_token));

  await page.evaluate(() => manager.revokeTokens(["refresh_token"]));
  assert.deepEqual(await userinfo(page, renewed), { status: 401 });

  // The person is signed in still, so this time there is no page in between.
  await leave(page, site, () => manager.signinRedirect());
  const again = await arrive(page, `${site.origin}/callback?`, () => manager.signinCallback());
  assert.equal(again.profile.sub, user.profile.sub);

  await leave(page, site, () => manager.signoutRedirect({ state: "gone" }));
  const left = await arrive(page, `${site.origin}/bye?`, () => manager.signoutCallback());
  assert.equal(left.userState, "gone");
  assert.deepEqual(await userinfo(page, again), { status: 401 });
  assert.deepEqual(complaints, []);
});

test("a page of another origin reads no tokens", patient, async () => {
  const [site, allowed] = [await open(), await open()];
  await register(site, { allowed_origins: [allowed.origin] });
  const { page, complaints } = await visit(browser);
  await leave(page, site, () => manager.signinRedirect());
  await signIn(page, await registry.person());
  const refused = await arrive(page, `${site.origin}/callback?`, () => manager.signinCallback().catch(String));
  assert.match(refused, /Failed to fetch/);
  assert.match(complaints.join(), /blocked by CORS policy/);
});

/** A site whose every page is the application, at an origin of its own. */
async function open() {
  const site = await Website.open("localhost");
  const html = file("page/index.html", "text/html; charset=utf-8");
  for (const path of ["/", "/callback", "/bye"]) site.files[path] = html;
  site.files["/page.js"] = file("page/page.js");
  site.files["/oidc-client-ts.js"] = file("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
  sites.push(site);
  return site;
}

async function register(site, members = {}) {
  const { client_id } = await registry.application("spa", {
    redirect_uris: [`${site.origin}/callback`],
    post_logout_redirect_uris: [`${site.origin}/bye`],
    allowed_origins: [site.origin],
    ...members,
  });
  const text = `window.settings = ${JSON.stringify({ issuer, client_id })};`;
  site.files["/settings.js"] = { type: "text/javascript", text };
}

function file(path, type = "text/javascript") {
  return { type, text: readFileSync(new URL(path, import.meta.url)) };
}

/** Has the application's first page go somewhere, which ends it: nothing of it is waited for. */
async function leave(page, site, how) {
  await page.goto(site.origin);
  await page.evaluate(`void (${how})()`);
}

/** Once the browser is back at the application, has the page read the answer. */
async function arrive(page, address, how) {
  await page.waitForURL((url) => url.href.startsWith(address));
  return page.evaluate(how);
}

function userinfo(page, { access_token }) {
  return page.evaluate((token) => window.userinfo(token), access_token);
}
