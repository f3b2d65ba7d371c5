// What is shown once, and what it is good for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** The values of a secret that a page shows this one time, by their names. */
export async function shownOnce(page) {
  const secret = page.locator("section.secret");
  await secret.waitFor();
  const told = await secret.locator("dl > div").evaluateAll((rows) =>
    rows.map((row) => [row.querySelector("dt").textContent, row.querySelector("dd code").textContent]),
  );
  return Object.fromEntries(told);
}

/** How the token endpoint answers an application that speaks for itself. */
export async function askForToken(issuer, id, secret) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const answer = await fetch(`${issuer}/oauth2/token`, { method: "POST", headers: { authorization }, body });
  return { status: answer.status, ...(await answer.json()) };
}

export async function isTaken(issuer, id, secret) {
  const answer = await askForToken(issuer, id, secret);
  assert.equal(answer.status, 200, JSON.stringify(answer));
  assert.match(answer.access_token, /./);
}

export async function isRefused(issuer, id, secret) {
  const answer = await askForToken(issuer, id, secret);
  assert.deepEqual([answer.status, answer.error], [401, "invalid_client"]);
}

/** Told once, copied and kept as a file; it works, and no page tells it again. */
export async function keepsItsSecret(page, issuer, made) {
  const at = `${issuer}/console`;
  const told = await shownOnce(page);
  const secret = told.APPKEEP_CLIENT_SECRET;
  assert.deepEqual([told.APPKEEP_ISSUER, told.APPKEEP_CLIENT_ID], [issuer, made.id]);
  await page.getByRole("button", { name: `Copy ${secret.length > 40 ? "this" : secret}` }).first().waitFor();
  const row = page.locator("section.secret dl > div").filter({ hasText: "APPKEEP_CLIENT_SECRET" });
  await row.getByRole("button").click();
  await row.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  assert.match(file.suggestedFilename(), /\.env$/);
  assert.ok(readFileSync(await file.path(), "utf8").includes(`APPKEEP_CLIENT_SECRET=${secret}`));
  await isTaken(issuer, made.id, secret);

  await page.getByRole("link", { name: "I have kept it" }).click();
  await page.waitForURL(`${at}/applications/${made.id}`);
  const tabs = await page.locator("nav.tabs a").evaluateAll((links) => links.map((link) => link.href));
  for (const tab of [`${at}/applications`, ...tabs, `${at}/audit`]) {
    await page.goto(tab);
    await page.reload();
    assert.ok(!(await page.content()).includes(secret), `it is not at ${tab}`);
  }
  await page.goto(`${at}/applications/${made.id}`);
}
