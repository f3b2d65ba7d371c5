// What the tests need of the native API: applications and people.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

const PASSWORD = "correct horse battery";

export class Registry {
  constructor({ issuer, token }) {
    this.issuer = issuer;
    this.token = token;
  }

  /** An application that people sign in to. */
  async application(type, members = {}) {
    return this.#call("POST", "/applications", {
      name: `Shop ${randomBytes(4).toString("hex")}`,
      type,
      allowed_scopes: ["openid", "profile", "email", "offline_access"],
      ...members,
    });
  }

  async person() {
    const email = `ada.${randomBytes(4).toString("hex")}@example.com`;
    const { id, name } = await this.#call("POST", "/users", { email, name: "Ada Lovelace" });
    await this.#call("PUT", `/users/${id}/password`, { password: PASSWORD });
    return { id, email, name, password: PASSWORD };
  }

  async assign(application, person) {
    await this.#call("PUT", `/applications/${application.id}/assignments/${person.id}`);
  }

  /** A server of tools that the application is attached to. */
  async attach(application, integration) {
    const made = await this.#call("POST", "/integrations", integration);
    await this.#call("POST", `/applications/${application.id}/integrations/${made.id}`);
    return made;
  }

  async detach(application, integration) {
    await this.#call("DELETE", `/applications/${application.id}/integrations/${integration.id}`);
  }

  /** What is known of its agents at the gateway. */
  async agentSessions(application) {
    return this.#call("GET", `/applications/${application.id}/agent-sessions`);
  }

  async #call(method, path, body) {
    const answer = await fetch(`${this.issuer}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text).data;
  }
}
