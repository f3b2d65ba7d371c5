// openid-client signs a person in to a native application, from discovery to
// logout. What it verifies by itself: the issuer of the answer (RFC 9207),
// `state`, the ID token's claims with `nonce`, and its signature, which is off
// unless one asks for it, because the token came over TLS.

import assert from "node:assert/strict";
import * as client from "openid-client";
import { FormsBrowser } from "./forms.mjs";

const { issuer, client_id, redirect_uri, post_logout_redirect_uri, person } = JSON.parse(process.argv[2]);
const scope = "openid profile email offline_access";

const config = await client.discovery(new URL(issuer), client_id, undefined, client.None(), {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
});
const browser = new FormsBrowser();
const tokens = await authorize();
await read(tokens);
const renewed = await refresh(tokens);
await revoke(renewed);
await signOut(await authorize());

/** Authorization with PKCE, `state` and `nonce`, and the code for tokens. */
async function authorize() {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    prompt: "login",
    max_age: "60",
  });
  const callback = await browser.signIn(url.href, person);
  assert.equal(callback.searchParams.get("iss"), issuer);
  await refusesAnotherIssuer(callback, { pkceCodeVerifier, expectedState, expectedNonce });
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 60, idTokenExpected: true };
  return client.authorizationCodeGrant(config, callback, checks);
}

/** That it really looks at `iss`; the code is not sent then. */
async function refusesAnotherIssuer(callback, checks) {
  const mixedUp = new URL(callback);
  mixedUp.searchParams.set("iss", "https://elsewhere.example");
  const refused = client.authorizationCodeGrant(config, mixedUp, checks);
  await assert.rejects(refused, (error) => error.cause.message.includes('"iss"'));
}

async function read(tokens) {
  const claims = tokens.claims();
  assert.equal(claims.aud, client_id);
  assert.deepEqual(claims.amr, ["pwd"]);
  assert.ok(claims.sid, "the session's name");
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(userinfo.email, person.email);
  assert.equal(userinfo.name, person.name);
}

async function refresh(tokens) {
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  assert.equal(renewed.claims().sub, tokens.claims().sub);
  assert.equal(renewed.claims().auth_time, tokens.claims().auth_time);
  await client.fetchUserInfo(config, renewed.access_token, renewed.claims().sub);
  return renewed;
}

/** The family goes, and with it the access token that came of it. */
async function revoke(tokens) {
  const methods = config.serverMetadata().revocation_endpoint_auth_methods_supported;
  assert.ok(methods.includes("none"), "a client without a secret may revoke as well");
  await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: "refresh_token" });
  const refused = client.refreshTokenGrant(config, tokens.refresh_token);
  await assert.rejects(refused, { error: "invalid_grant" });
  const userinfo = client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  await assert.rejects(userinfo, { status: 401 });
}

async function signOut(tokens) {
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri,
    state: "gone",
  });
  const answer = await browser.open(url.href);
  assert.equal(answer.location, `${post_logout_redirect_uri}?state=gone`);
  const refused = client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  await assert.rejects(refused, { status: 401 });
}
