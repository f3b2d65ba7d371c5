// A public application as its RFCs say, in few lines: what the tests of the
// pages sign in to. It verifies little, which the real clients do better.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";

export class Application {
  #issuer;
  #call;

  /** `call` fetches as the application would: from a page of it, or from a program. */
  constructor({ issuer, registered, callback, bye, call }) {
    this.#issuer = issuer;
    this.#call = call;
    this.name = registered.name;
    this.clientId = registered.client_id;
    this.callback = callback;
    this.bye = bye;
  }

  /** Where it sends people to; it remembers what the answer must fit to. */
  authorizationUrl(more = {}) {
    this.verifier = random();
    this.state = random();
    this.nonce = random();
    return this.#url("/oauth2/authorize", {
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.callback,
      scope: "openid profile email offline_access",
      state: this.state,
      nonce: this.nonce,
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...more,
    });
  }

  async redeem(answer) {
    assert.equal(answer.get("error"), null, String(answer));
    assert.equal(answer.get("state"), this.state);
    assert.equal(answer.get("iss"), this.#issuer);
    const { status, body } = await this.#token({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: this.callback,
      code_verifier: this.verifier,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(claims(body.id_token).nonce, this.nonce);
    return body;
  }

  refresh(refresh_token) {
    return this.#token({ grant_type: "refresh_token", refresh_token });
  }

  userinfo(access_token) {
    return this.#call(`${this.#issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${access_token}` } });
  }

  logoutUrl(id_token_hint) {
    return this.#url("/oauth2/logout", { id_token_hint, post_logout_redirect_uri: this.bye, state: this.state });
  }

  #token(form) {
    const body = new URLSearchParams({ client_id: this.clientId, ...form }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.#call(`${this.#issuer}/oauth2/token`, { method: "POST", headers, body });
  }

  #url(path, parameters) {
    return `${this.#issuer}${path}?${new URLSearchParams(parameters)}`;
  }
}

/** From this program, as an application does that is none of the browser's. */
export const fromProgram = (url, request) => exchange([url, request]);

/** From the page, so that the browser holds the answer against CORS. */
export const fromPage = (page) => (url, request) => page.evaluate(exchange, [url, request]);

// The browser gets this function as text: it must not use anything of this file.
async function exchange([url, request]) {
  const answer = await fetch(url, request);
  return { status: answer.status, body: await answer.json() };
}

function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}

function random() {
  return randomBytes(32).toString("base64url");
}
