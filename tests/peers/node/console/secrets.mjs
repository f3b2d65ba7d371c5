// What is shown once, and what it is good for.

import assert from "node:assert/strict";

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
