// What an operator does at the console in Chromium, and that the browser complains
// of nothing: everything that a page says was done is read back by the API.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAt, launch, patient, signIn, visit } from "./chromium.mjs";
import { fill, send } from "./console/fill.mjs";
import { FREE, MARKUP, inject, injectTenancy, ran } from "./console/injected.mjs";
import { KINDS } from "./console/kinds.mjs";
import { linkTo } from "./console/mail.mjs";
import { isRefused, isTaken, keepsItsSecret, shownOnce } from "./console/secrets.mjs";
import { Api } from "./console/seed.mjs";
import { below, enter, walk } from "./console/walk.mjs";

const given = JSON.parse(process.argv[2]);
const { issuer } = given;
const at = `${issuer}/console`;
const api = new Api(given);
let browser;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

/** By somebody who is signed in, in a browser that complains of nothing. */
function scenario(title, run, options = {}) {
  test(title, patient, async () => {
    const { context, complaints, page } = await visit(browser, options);
    const dialogs = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      dialog.dismiss();
    });
    page.setDefaultTimeout(20_000);
    try {
      await enter(page, given);
      await run({ page, context });
      assert.deepEqual([complaints, dialogs], [[], []], "the browser complains of nothing");
    } catch (error) {
      error.message += `\nThe browser is at ${page.url()} and complains: ${complaints.join("\n") || "of nothing"}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** Presses what asks first, and says yes. */
async function press(page, name, within = page.locator("main")) {
  await within.getByRole("button", { name }).first().click();
  await page.locator("#ask").getByRole("button", { name: "Yes" }).click();
  await page.waitForLoadState("load");
}

/** Out of the console and, as is asked next, of everything else. */
async function signOut(page) {
  await page.locator("header").getByRole("button", { name: "Sign out" }).click();
  await isAt(page, "Sign out?");
  await page.locator("main").getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname !== "/oauth2/logout");
}

const facing = (page, text) => page.locator("main").getByText(text).first().waitFor();
const path = (page) => new URL(page.url()).pathname;
const machine = (name, members = {}) => api.make("/applications", { name, type: "m2m", ...members });

for (const { type, wrong, right, ...rest } of KINDS) {
  scenario(`an application of the type ${type} is registered`, async ({ page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: issuer });
    const name = `Made as ${type}`;
    await fill(page, `${at}/applications/new`, { type }, "Continue");
    assert.equal(path(page), `/console/applications/new/${type}`);
    await send(page, { name, description: "Typed <b>once</b>.", ...wrong }, "Register");
    const field = rest.at ?? Object.keys(wrong)[0];
    const faulty = page.locator(`[name="${field}"]`);
    assert.match(await page.locator(`[id="${field}-fault"]`).innerText(), /\w/);
    assert.equal(await faulty.getAttribute("aria-invalid"), "true");
    assert.ok(await faulty.evaluate((input) => document.activeElement === input), "one is led to it");
    for (const [kept, value] of Object.entries({ name, description: "Typed <b>once</b>.", ...wrong })) {
      assert.equal(await page.locator(`[name="${kept}"]`).inputValue(), value, "what was typed is kept");
    }
    await send(page, right, "Register");

    const [made] = await api.call("GET", `/applications?q=${encodeURIComponent(name)}`);
    assert.deepEqual([made.name, made.type, made.description], [name, type, "Typed <b>once</b>."]);
    if (["server", "m2m"].includes(type)) {
      await keepsItsSecret(page, issuer, made);
    } else {
      assert.equal(path(page), `/console/applications/${made.id}`);
      assert.equal(await page.locator("section.secret").count(), 0, "it has nothing to keep");
    }
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), name);
  });
}

scenario("a list is narrowed as one types", async ({ page }) => {
  for (const name of ["Zebra one", "Zebra two"]) await machine(name);
  await api.make("/applications", { name: "Zebra page", type: "spa", redirect_uris: ["https://zebra.example/"] });
  const names = () => page.locator("#list tbody tr td:nth-child(2) a:first-child").allInnerTexts();
  const become = async (wanted) => {
    const rows = page.locator("#list tbody tr");
    await page.waitForFunction((count) => document.querySelectorAll("#list tbody tr").length === count, wanted.length);
    assert.deepEqual((await names()).map((name) => name.trim()).sort(), wanted, `${await rows.count()} rows`);
  };
  await page.goto(`${at}/applications`);
  const all = await page.locator("#list tbody tr").count();
  assert.ok(all > 3, "there are others");
  await page.evaluate(() => (window.stays = true));
  const search = page.getByRole("searchbox");
  await search.focus();
  await search.fill("zebra");
  await become(["Zebra one", "Zebra page", "Zebra two"]);
  assert.ok(await search.evaluate((input) => document.activeElement === input), "one types on");
  assert.equal(new URL(page.url()).searchParams.get("q"), "zebra");
  await page.getByLabel("Type", { exact: true }).selectOption("m2m");
  await become(["Zebra one", "Zebra two"]);
  assert.equal(await page.evaluate(() => window.stays), true, "no page was loaded");

  await page.goBack();
  await become(["Zebra one", "Zebra page", "Zebra two"]);
  assert.equal(await search.inputValue(), "zebra");
  await page.goBack();
  await page.waitForFunction((count) => document.querySelectorAll("#list tbody tr").length >= count, Math.min(all, 4));
  assert.equal(await search.inputValue(), "");
  await search.fill("nobody is called so");
  await facing(page, "No application fits.");
});

scenario("a secret is rotated, and the one before it retired", async ({ page }) => {
  const { id, client_secret: before } = await machine("Rotates");
  await page.goto(`${at}/applications/${id}`);
  await page.getByRole("link", { name: "Credentials" }).click();
  await page.getByRole("link", { name: "Rotate …" }).click();
  await send(page, { overlap: "own", overlap_s: "999999999" }, "Rotate");
  assert.match(await page.locator("#overlap_s-fault").innerText(), /\w/);
  await isTaken(issuer, id, before);
  await send(page, { overlap: "3600" }, "Rotate");
  const { client_secret: now } = await shownOnce(page);
  assert.notEqual(now, before);
  for (const secret of [before, now]) await isTaken(issuer, id, secret);

  await page.getByRole("link", { name: "Back to the credentials" }).click();
  const row = page.locator("main tbody tr").filter({ hasText: before.slice(-4) });
  await press(page, "Revoke", row);
  await facing(page, "Revoked.");
  await isRefused(issuer, id, before);
  await isTaken(issuer, id, now);
});

scenario("a key does what a rule says, and the rule is named", async ({ page }) => {
  const { id } = await machine("Has keys", { audience: "https://keys.example" });
  const app = `${at}/applications/${id}`;
  await page.goto(`${app}/keys`);
  await page.getByRole("link", { name: "Set the access …" }).click();
  await send(page, { kind: "private", permissions: ["token:create"] }, "Save");
  await facing(page, "Saved.");
  const rule = { description: "Cards are masked", container: "no slash", permissions: ["token:read"], transform: "mask" };
  await fill(page, `${app}/access/rules/new`, rule, /rule/);
  assert.match(await page.locator("#container-fault").innerText(), /\w/);
  assert.equal(await page.locator('[name="description"]').inputValue(), rule.description);
  await send(page, { container: "/cards/", priority: "7" }, /rule/);
  const said = await api.call("GET", `/applications/${id}/access`);
  assert.deepEqual(
    said.rules.map(({ priority, container, transform }) => [priority, container, transform]),
    [[7, "/cards/", "mask"]],
  );

  await fill(page, `${app}/access/explain`, { permission: "token:read", container: "/cards/new/" }, "Explain");
  await facing(page, "Allowed by rule 7. What is shown: the mask.");
  const deciding = page.getByRole("row").filter({ hasText: "decides" });
  assert.match(await deciding.innerText(), /Cards are masked/);
  await send(page, { permission: "token:read", container: "/names/" }, "Explain");
  await facing(page, /^Denied/);

  await fill(page, `${app}/keys/add`, { environment: "live", name: "Till" }, "Add the key");
  const { api_key: key } = await shownOnce(page);
  const verified = () => api.call("POST", "/keys/verify", { key, permission: "token:read", container: "/cards/new/" });
  const answer = await verified();
  assert.ok(answer.valid && JSON.stringify(answer).includes(id), JSON.stringify(answer));
  await page.goto(`${app}/keys`);
  assert.ok(!(await page.content()).includes(key));
  await press(page, "Revoke");
  await facing(page, "Revoked.");
  assert.equal((await verified()).valid, false);
});

scenario("an integration is attached and detached", async ({ page }) => {
  const { id } = await machine("Reaches something");
  const tickets = { name: "Tickets", url: "https://tickets.example/mcp", category: "gateway_remote_mcp", auth_mode: "none" };
  const integration = await api.make("/integrations", tickets);
  const attached = async () => (await api.call("GET", `/applications/${id}/integrations`)).length;
  await fill(page, `${at}/applications/${id}/integrations`, { integration_id: integration.id }, "Attach");
  await facing(page, "Added.");
  await page.getByRole("cell", { name: "https://tickets.example/mcp" }).waitFor();
  assert.equal(await attached(), 1);
  await press(page, "Detach");
  await facing(page, "It reaches none.");
  assert.equal(await attached(), 0);
});

scenario("somebody acts as a user, which every page says until it is over", async ({ page }) => {
  const email = "grace.of.help@example.com";
  const { id } = await api.make("/applications", {
    name: "Help desk",
    type: "server",
    redirect_uris: ["https://help.example/callback"],
    allowed_scopes: ["openid", "profile"],
  });
  const user = await api.make("/users", { email, name: "Grace Hopper" });
  await page.goto(`${at}/applications/${id}/impersonations/new?user_id=${user.id}`);
  await send(page, { reason: "" }, "Begin");
  assert.match(await page.locator("#reason-fault").innerText(), /\w/);
  await send(page, { reason: "Ticket 4711" }, "Begin");
  const { access_token: token } = await shownOnce(page);
  const userinfo = () => fetch(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await (await userinfo()).json()).sub, user.id);

  await page.goto(`${at}/users`);
  const banner = page.locator(".banner");
  assert.match(await banner.innerText(), new RegExp(`You act as ${email}`));
  await banner.getByRole("link").click();
  await facing(page, "Ticket 4711");
  await press(page, "End");
  await facing(page, "Ended.");
  assert.equal(await banner.count(), 0);
  await page.goto(`${at}/users`);
  assert.equal(await banner.count(), 0, "nor on the next page");
  assert.equal((await userinfo()).status, 401);
});

scenario("several are disabled at once, and what became of each is told", async ({ page }) => {
  const made = [];
  for (const name of ["Heron one", "Heron two", "Heron asleep"]) made.push(await machine(name));
  await api.call("POST", `/applications/${made[2].id}/disable`);
  await page.goto(`${at}/applications?q=heron`);
  await page.getByLabel("Pick all on this page").check();
  await page.getByRole("button", { name: "Disable …" }).click();
  await isAt(page, "Disable 3 applications?");
  assert.equal(await page.getByText("will be disabled").count(), 2);
  assert.equal(await page.getByText("is disabled already").count(), 1);
  const states = async () => Promise.all(made.map(async ({ id }) => (await api.call("GET", `/applications/${id}`)).state));
  assert.deepEqual(await states(), ["enabled", "enabled", "disabled"], "looking changes nothing");
  // Somebody else is quicker with one of those.
  await api.call("DELETE", `/applications/${made[1].id}`);
  await send(page, {}, "Disable 2 applications");
  const told = await page.locator("main tbody tr").allInnerTexts();
  assert.equal(told.length, 3);
  assert.match(told.find((row) => row.includes("Heron one")), /\tdisabled$/);
  assert.match(told.find((row) => row.includes(made[1].id)), /not disabled\n.*\w/);
  await facing(page, "2 disabled, 1 not.");
  made.splice(1, 1);
  assert.deepEqual(await states(), ["disabled", "disabled"]);
});

scenario("one is deleted by who types its name", async ({ page }) => {
  const { id } = await machine("Goes away");
  await page.goto(`${at}/applications/${id}/danger`);
  await send(page, { name: "goes away" }, /Delete/);
  assert.match(await page.locator("#name-fault").innerText(), /is not its name; nothing was deleted/i);
  assert.equal((await api.call("GET", `/applications/${id}`)).name, "Goes away");
  await send(page, { name: "Goes away" }, /Delete/);
  await facing(page, "Deleted.");
  assert.equal(path(page), "/console/applications");
  await assert.rejects(api.call("GET", `/applications/${id}`), /404/);
  const gone = await page.request.get(`${at}/applications/${id}`);
  assert.equal(gone.status(), 404);
});

scenario("a viewer is shown nothing that they may not use, and can do none of it", async ({ page }) => {
  const email = "vera.viewer@example.com";
  const password = "correct horse battery";
  const { id, client_secret: secret } = await machine("Looked at");
  await fill(page, `${at}/operators/new`, { email, role: "viewer", at: "platform" }, "Invite");
  await page.locator("main").getByRole("button", { name: "Mail the invitation" }).click();
  await facing(page, "Sent.");
  const viewer = await visit(browser);
  const theirs = viewer.page;
  await theirs.goto(await linkTo(given.mail, email));
  await theirs.getByLabel("New password").fill(password);
  await theirs.getByRole("button", { name: "Save the password" }).click();
  await theirs.locator('[name="new_password"]').waitFor({ state: "detached" });
  await enter(theirs, { issuer, operator: { email, password } });

  const app = `${at}/applications/${id}`;
  const offered = {};
  for (const below of ["", "/credentials", "/oauth", "/access", "/keys", "/integrations", "/danger"]) {
    await theirs.goto(`${app}${below}`);
    const buttons = await theirs.locator("main button:not(.copy)").allInnerTexts();
    const links = await theirs.locator("main a.button").allInnerTexts();
    const changes = [...buttons, ...links].filter((words) => !/Explain|Search|history/.test(words));
    if (changes.length > 0) offered[below] = changes;
  }
  assert.deepEqual(offered, {});
  await theirs.goto(`${at}/applications`);
  assert.equal(await theirs.getByRole("link", { name: "Register an application" }).count(), 0);
  assert.equal(await theirs.locator("tbody input[type=checkbox]").count(), 0);

  const state = async () => {
    const [one, all] = [await api.call("GET", `/applications/${id}`), await api.call("GET", "/applications")];
    return JSON.stringify([one, all.length]);
  };
  const before = await state();
  const token = await theirs.locator('[name="form_token"]').first().inputValue();
  const posts = {
    "/applications/new/m2m": { name: "Theirs" },
    [`/applications/${id}/edit`]: { name: "Theirs", version: "1" },
    [`/applications/${id}/credentials/rotate`]: { overlap: "0" },
    [`/applications/${id}/disable`]: {},
    [`/applications/${id}/archive`]: {},
    [`/applications/${id}/revoke-tokens`]: {},
    [`/applications/${id}/delete`]: { name: "Looked at" },
    [`/applications/${id}/access/permissions`]: { kind: "private", permissions: "token:read" },
    "/applications/bulk/confirm": { verb: "disable", id },
    "/operators/new": { email: "another@example.com", role: "owner", at: "platform" },
    "/users/new": { email: "another@example.com" },
    "/settings": { name: "Theirs" },
  };
  for (const [below, fields] of Object.entries(posts)) {
    const sent = { form_token: token, ...fields };
    const status = await theirs.evaluate(
      async ([href, body]) => (await fetch(href, { method: "POST", body: new URLSearchParams(body) })).status,
      [`${at}${below}`, sent],
    );
    assert.equal(status, 403, below);
  }
  assert.equal(await state(), before, "nothing was changed");
  await isTaken(issuer, id, secret);
  assert.deepEqual(viewer.complaints, []);
  await viewer.context.close();
});

scenario("who signed out can do nothing any more", async ({ page }) => {
  const { id } = await machine("Left alone");
  await page.goto(`${at}/applications/${id}/danger`);
  const token = await page.locator('[name="form_token"]').first().inputValue();
  await signOut(page);
  await page.goBack().catch(() => {});
  await page.goBack().catch(() => {});
  await page.waitForLoadState("load");
  const buttons = await page.getByRole("button", { name: /Disable|Delete|Archive/ }).count();
  assert.equal(buttons, 0, `at ${page.url()}`);
  const answer = await page.request.post(`${at}/applications/${id}/disable`, {
    form: { form_token: token },
    headers: { origin: issuer },
    maxRedirects: 0,
  });
  assert.equal(answer.status(), 401);
  assert.equal((await api.call("GET", `/applications/${id}`)).state, "enabled");
  await page.goto(at);
  await isAt(page, "Sign in");
});

scenario(
  "it is all done without a script too",
  async ({ page }) => {
    const name = "Made without a script";
    await fill(page, `${at}/applications/new`, { type: "m2m" }, "Continue");
    await send(page, { name, slug: "Not A Slug" }, "Register");
    assert.match(await page.locator("#slug-fault").innerText(), /\w/);
    assert.equal(await page.locator('[name="name"]').inputValue(), name);
    await send(page, { slug: "" }, "Register");
    const { APPKEEP_CLIENT_ID: id, APPKEEP_CLIENT_SECRET: first } = await shownOnce(page);
    await isTaken(issuer, id, first);

    await page.goto(`${at}/applications`);
    await page.getByRole("searchbox").fill(name);
    await page.getByRole("button", { name: "Search" }).click();
    await page.waitForURL((url) => url.searchParams.get("q") === name);
    assert.equal(await page.locator("#list tbody tr").count(), 1);
    await page.getByRole("link", { name }).click();
    await fill(page, `${at}/applications/${id}/credentials/rotate`, { overlap: "0" }, "Rotate");
    const { client_secret: second } = await shownOnce(page);
    await isRefused(issuer, id, first);
    await isTaken(issuer, id, second);

    await page.goto(`${at}/applications/${id}/danger`);
    await page.getByRole("button", { name: "Disable", exact: true }).click();
    await facing(page, "Disabled:");
    assert.equal((await api.call("GET", `/applications/${id}`)).state, "disabled");
    await page.goto(`${at}/applications/${id}/danger`);
    await send(page, { name }, /Delete/);
    await facing(page, "Deleted.");
    await assert.rejects(api.call("GET", `/applications/${id}`), /404/);
    await signOut(page);
    await page.goto(at);
    await isAt(page, "Sign in");
  },
  { javaScriptEnabled: false },
);

/** What can be read on the page and in its fields. */
function textOf(page) {
  return page.evaluate(() => {
    const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value);
    return [document.body.innerText, ...fields].join("\n");
  });
}

scenario(
  "what is named as if it were a page's markup is text on every page",
  async ({ page }) => {
    const { taken, pages, web, machine, token } = await inject(api);
    await injectTenancy(page, given);
    assert.deepEqual([...new Set(taken)].sort(), [...FREE].sort());
    const faults = [];
    const shown = new Set();
    const look = async (where, answer) => {
      if (answer.status() !== 200) faults.push(`${where}: ${answer.status()}`);
      faults.push(...(await ran(page)).map((html) => `${where}: ${html}`));
      if ((await textOf(page)).includes(MARKUP)) shown.add(where);
    };
    for (const start of pages) await below(page, given, start, look);
    await walk(page, given, look);

    // Pages that only a form leads to.
    const ok = { status: () => 200 };
    await page.goto(`${at}/applications`);
    await page.getByLabel("Pick all on this page").check();
    await page.getByRole("button", { name: "Disable …" }).click();
    await page.waitForURL(`${at}/applications/bulk`);
    await look("the bulk preview", ok);
    const question = { permission: "token:read", container: "/a/" };
    await fill(page, `${at}/applications/${machine.id}/access/explain`, question, "Explain");
    await facing(page, "Allowed by rule 1.");
    await look("the explanation", ok);
    await page.goto(`${at}/vault/tokens/${token.id}`);
    await press(page, "Reveal");
    await facing(page, MARKUP);
    await look("the revealed data", ok);
    const back = encodeURIComponent("https://back.example/");
    await page.goto(`${issuer}/oauth2/authorize?client_id=${web.id}&response_type=code&redirect_uri=${back}`);
    await look("the sign-in", ok);
    assert.deepEqual(faults, []);
    assert.ok(shown.size >= 40, `it was seen on ${shown.size} pages: ${[...shown].join(" ")}`);
  },
  { userAgent: MARKUP },
);

scenario(
  "a moment is typed in the reader's zone, and sent in UTC",
  async ({ page }) => {
    await page.goto(`${at}/audit`);
    await facing(page, "(Asia/Tokyo)");
    await page.getByLabel("From").fill("2020-01-01T09:00");
    await page.waitForURL((url) => url.searchParams.get("from") === "2020-01-01T00:00:00.000");
    await page.reload();
    assert.match(await page.getByLabel("From").inputValue(), /^2020-01-01T09:00/);
    const { id } = await machine("Until then");
    await fill(page, `${at}/applications/${id}/edit`, {}, "Save");
    assert.equal((await api.call("GET", `/applications/${id}`)).expires_at ?? null, null);
    await page.goto(`${at}/applications/${id}/edit`);
    await page.getByLabel("Gone from").fill("2099-01-01T09:00");
    await send(page, {}, "Save");
    await facing(page, "Until then");
    assert.match((await api.call("GET", `/applications/${id}`)).expires_at, /^2099-01-01T00:00:00/);
  },
  { timezoneId: "Asia/Tokyo" },
);

test("a list that does not come is said to be missing, and what stood there stays", patient, async () => {
  const { context, page } = await visit(browser);
  await enter(page, given);
  await machine("Still there");
  await page.goto(`${at}/applications`);
  await facing(page, "Still there");
  await page.route("**/applications?*", (route) => route.fulfill({ status: 503, body: "<h1>Busy</h1>" }));
  await page.getByRole("searchbox").fill("nothing");
  await page.getByRole("alert").getByText("could not be loaded (503)").waitFor();
  await facing(page, "Still there");
  await page.unroute("**/applications?*");
  await page.route("**/applications?*", (route) => route.abort());
  await page.getByRole("searchbox").fill("noth");
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.unroute("**/applications?*");
  await page.getByRole("searchbox").fill("Still");
  await page.getByRole("alert").waitFor({ state: "detached" });
  // Whoever is signed out meanwhile is asked to sign in, and comes back.
  await context.clearCookies();
  await page.getByRole("searchbox").fill("Still the");
  await signIn(page, given.operator);
  await isAt(page, "Applications");
  await context.close();
});
