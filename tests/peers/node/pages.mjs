// The pages in Chromium, with script and without: what a person sees and does
// between an application's request and the answer to it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Application, fromPage, fromProgram } from "./application.mjs";
import { isAt, launch, patient, signIn, visit } from "./chromium.mjs";
import { Registry } from "./registry.mjs";
import { Website } from "./website.mjs";

const given = JSON.parse(process.argv[2]);
const { issuer } = given;
const registry = new Registry(given);
// RFC 8252 §7.3: a native application listens on the loopback address itself.
const hosts = { native: "127.0.0.1", spa: "localhost" };
let browser;
const sites = {};

before(async () => {
  browser = await launch();
  for (const [type, host] of Object.entries(hosts)) sites[type] = await Website.open(host);
});

after(async () => {
  await browser.close();
  for (const site of Object.values(sites)) site.close();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with script" : "without script";
  const scenario = (title, run) =>
    test(`${title}, ${how}`, patient, async () => {
      const { context, complaints, ...visitor } = await visit(browser, { javaScriptEnabled });
      try {
        await run({ ...visitor, javaScriptEnabled });
        assert.deepEqual(complaints, [], "the browser complains of nothing");
      } catch (error) {
        // Why a page did not go on is often said there and nowhere else.
        error.message += `\nThe browser complains: ${complaints.join("\n") || "of nothing"}`;
        throw error;
      } finally {
        await context.close();
      }
    });

  for (const type of ["native", "spa"]) {
    scenario(`a ${type} application from consent to logout`, async ({ page }) => {
      const registered = await register(type, { first_party: false });
      const scripted = type === "spa" && javaScriptEnabled;
      const application = applicationOf(type, registered, scripted ? fromPage(page) : fromProgram);
      const person = await registry.person();

      await page.goto(application.authorizationUrl());
      await signIn(page, person);
      await isAt(page, `Allow ${application.name}?`);
      assert.match(await page.locator("main").innerText(), /See your email address/);
      await page.getByRole("button", { name: "Allow" }).click();
      const tokens = await application.redeem(await answerAt(page, application));

      const userinfo = await application.userinfo(tokens.access_token);
      assert.deepEqual([userinfo.status, userinfo.body.email], [200, person.email]);
      const renewed = await application.refresh(tokens.refresh_token);
      assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
      assert.equal((await application.userinfo(renewed.body.access_token)).status, 200);

      // What was allowed is remembered, and so is the person.
      await page.goto(application.authorizationUrl());
      if (type === "native") {
        // RFC 8252 §8.6: any program could listen there, so that there is a word first.
        await isAt(page, "Choose an account");
        await page.getByRole("button", { name: person.email }).click();
      }
      await application.redeem(await answerAt(page, application));

      await page.goto(application.logoutUrl(renewed.body.id_token));
      assert.equal(page.url(), `${application.bye}?state=${application.state}`);
      await expectRefused(page, application, renewed.body);
    });
  }

  scenario("a password that is wrong, and somebody who is not there", async ({ page }) => {
    const application = applicationOf("native", await register("native"));
    const person = await registry.person();
    const said = [];
    for (const email of [person.email, `nobody.${person.email}`]) {
      await page.goto(application.authorizationUrl());
      await signIn(page, { email, password: "not the password" });
      await isAt(page, "Sign in");
      said.push(await page.getByRole("alert").innerText());
      assert.equal(await page.getByLabel("Email or user name").inputValue(), email);
      assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "");
    }
    assert.equal(said[0], said[1]);
    assert.match(said[0], /\S/);
    await signIn(page, person);
    await application.redeem(await answerAt(page, application));
  });

  // RFC 8252 §7.1. Nothing here opens such an address, so what is seen is that the browser was sent there.
  scenario("a native application with a scheme of its own", async ({ page }) => {
    const callback = "com.example.shop:/callback";
    const registered = await registry.application("native", { redirect_uris: [callback] });
    const application = new Application({ issuer, registered, callback, call: fromProgram });
    await page.goto(application.authorizationUrl());
    const sent = page.waitForResponse((response) => response.headers().location?.startsWith(callback));
    await signIn(page, await registry.person());
    await application.redeem(new URL((await sent).headers().location).searchParams);
  });

  scenario("consent that is denied", async ({ page }) => {
    const application = applicationOf("spa", await register("spa", { first_party: false }));
    await page.goto(application.authorizationUrl());
    await signIn(page, await registry.person());
    await page.getByRole("button", { name: "Deny" }).click();
    const answer = await answerAt(page, application);
    assert.equal(answer.get("error"), "access_denied");
    assert.deepEqual([answer.get("state"), answer.get("iss")], [application.state, issuer]);
  });

  scenario("an answer in a form", async ({ page }) => {
    const application = applicationOf("spa", await register("spa"));
    await page.goto(application.authorizationUrl({ response_mode: "form_post" }));
    await signIn(page, await registry.person());
    if (!javaScriptEnabled) await page.getByRole("button", { name: /^Continue to / }).click();
    await page.waitForURL(application.callback);
    assert.equal(await page.title(), "POST /callback");
    await application.redeem(new URLSearchParams(await page.locator("pre").innerText()));
  });

  scenario("somebody who may not use the application, and another who may", async ({ page }) => {
    const registered = await register("native", { assignment_required: true });
    const application = applicationOf("native", registered);
    const [stranger, member] = [await registry.person(), await registry.person()];
    await registry.assign(registered, member);
    await page.goto(application.authorizationUrl());
    await signIn(page, stranger);
    await isAt(page, `You cannot use ${application.name}`);
    assert.ok((await page.locator("main").innerText()).includes(stranger.email));
    await page.getByRole("button", { name: "Sign in with another account" }).click();
    await signIn(page, member);
    const tokens = await application.redeem(await answerAt(page, application));
    assert.equal((await application.userinfo(tokens.access_token)).body.email, member.email);
  });

  scenario("prompt=select_account", async ({ page }) => {
    const application = applicationOf("native", await register("native"));
    const [first, second] = [await registry.person(), await registry.person()];
    const emailAfterwards = async () => {
      const tokens = await application.redeem(await answerAt(page, application));
      return (await application.userinfo(tokens.access_token)).body.email;
    };
    await page.goto(application.authorizationUrl());
    await signIn(page, first);
    await answerAt(page, application);

    const again = { prompt: "select_account" };
    await page.goto(application.authorizationUrl(again));
    await isAt(page, "Choose an account");
    await page.getByRole("button", { name: first.email }).click();
    assert.equal(await emailAfterwards(), first.email);

    await page.goto(application.authorizationUrl(again));
    await page.getByRole("button", { name: "Use another account" }).click();
    await signIn(page, second);
    assert.equal(await emailAfterwards(), second.email);
  });

  scenario("signing out without an application", async ({ page }) => {
    const application = applicationOf("native", await register("native"));
    await page.goto(application.authorizationUrl());
    await signIn(page, await registry.person());
    const tokens = await application.redeem(await answerAt(page, application));
    await page.goto(`${issuer}/oauth2/logout`);
    await isAt(page, "Sign out?");
    await page.getByRole("button", { name: "Sign out" }).click();
    await isAt(page, "You are signed out");
    await expectRefused(page, application, tokens);
  });
}

test("a password can be looked at where there is script", patient, async () => {
  const application = applicationOf("native", await register("native"));
  for (const javaScriptEnabled of [true, false]) {
    const { page, context } = await visit(browser, { javaScriptEnabled });
    await page.goto(application.authorizationUrl());
    const show = page.getByRole("button", { name: "Show the password" });
    assert.equal(await show.isVisible(), javaScriptEnabled);
    if (javaScriptEnabled) {
      await show.click();
      assert.equal(await page.locator("#password").getAttribute("type"), "text");
    }
    await context.close();
  }
});

test("a script that is none of the pages' does not run, and the browser says so", patient, async () => {
  const application = applicationOf("native", await register("native"));
  const { page, context, complaints } = await visit(browser);
  await page.goto(application.authorizationUrl());
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
    return window.ran === true;
  });
  assert.equal(ran, false);
  assert.match(complaints.join(), /Content Security Policy/);
  await context.close();
});

/** Registers an application whose pages are the site of its type. */
async function register(type, members = {}) {
  const { origin } = sites[type];
  // The port of a native application is its own business, so none is registered.
  const registered = type === "native" ? `http://${hosts.native}` : origin;
  return registry.application(type, {
    redirect_uris: [`${registered}/callback`],
    post_logout_redirect_uris: [`${registered}/bye`],
    ...(type === "spa" && { allowed_origins: [origin] }),
    ...members,
  });
}

function applicationOf(type, registered, call = fromProgram) {
  const { origin } = sites[type];
  return new Application({ issuer, registered, callback: `${origin}/callback`, bye: `${origin}/bye`, call });
}

/** What the application was sent, once the browser is there. */
async function answerAt(page, application) {
  await page.waitForURL((url) => url.href.startsWith(`${application.callback}?`));
  return new URL(page.url()).searchParams;
}

/** Nothing of the session is left: not its tokens, and not the sign-in. */
async function expectRefused(page, application, tokens) {
  assert.equal((await fromProgram(`${issuer}/oauth2/userinfo`, bearer(tokens))).status, 401);
  const refreshed = await application.refresh(tokens.refresh_token);
  assert.deepEqual([refreshed.status, refreshed.body.error], [400, "invalid_grant"]);
  await page.goto(application.authorizationUrl({ prompt: "none" }));
  assert.equal((await answerAt(page, application)).get("error"), "login_required");
}

function bearer({ access_token }) {
  return { headers: { authorization: `Bearer ${access_token}` } };
}
