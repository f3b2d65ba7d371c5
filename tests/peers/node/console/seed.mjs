// Something of everything that the console shows.

import assert from "node:assert/strict";
import { fill } from "./fill.mjs";

/** The native API, by whoever bootstrapped the server. */
export class Api {
  constructor({ issuer, token }) {
    this.issuer = issuer;
    this.token = token;
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.issuer}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text).data;
  }

  make(path, body) {
    return this.call("POST", path, body);
  }
}

/** Applications of every kind, with what each can have, and people. */
export async function seed(api) {
  const web = await api.make("/applications", {
    name: "Web shop",
    type: "server",
    description: "Where customers buy.",
    tags: ["shop", "production"],
    redirect_uris: ["https://shop.example/callback"],
    allowed_scopes: ["openid", "profile", "email", "offline_access"],
    assignment_required: true,
  });
  const billing = await api.make("/applications", {
    name: "Billing",
    type: "m2m",
    audience: "https://bills.example",
  });
  await api.make(`/applications/${billing.id}/rotate-secret`, { overlap_s: 86_400 });
  const till = await api.make("/applications", { name: "Till", type: "spa", redirect_uris: ["https://till.example/"] });
  const field = await api.make("/applications", {
    name: "Field app",
    type: "native",
    user_pool: "application",
    redirect_uris: ["com.example.field:/callback"],
  });
  const payroll = await api.make("/applications", {
    name: "Payroll",
    type: "saml",
    saml: { entity_id: "https://pay.example/saml", acs_urls: ["https://pay.example/acs"] },
  });
  const ada = await api.make("/users", { email: "ada@example.com", name: "Ada Lovelace" });
  await api.make("/users", { email: "grace@example.com", name: "Grace Hopper" });
  const group = await api.make("/groups", { name: "Sales" });
  await api.call("PUT", `/groups/${group.id}/members/${ada.id}`);
  await api.call("PUT", `/applications/${web.id}/assignments/${group.id}`);
  const tools = await api.make("/integrations", {
    name: "Tickets",
    url: "https://tickets.example/mcp",
    category: "gateway_remote_mcp",
    auth_mode: "none",
  });
  await api.make(`/applications/${billing.id}/integrations/${tools.id}`);
  await api.call("PUT", `/applications/${billing.id}/access`, {
    kind: "private",
    permissions: ["token:read"],
    rules: [{ description: "Cards", priority: 1, container: "/cards/", permissions: ["token:read"], transform: "mask" }],
  });
  await api.make(`/applications/${billing.id}/keys`, { name: "CI" });
  const card = await api.make("/vault/tokens", { type: "token", data: "4111 1111 1111 1111", container: "/cards/" });
  await api.make("/scopes", { scope: "bills:read", description: "See bills" });
  await api.make("/service-accounts", { name: "CI", role: "admin" });
  return { web, billing, till, field, payroll, ada, group, tools, card };
}

/** Pages that stand for a type of application each, to which no link need lead. */
export function ofEachType({ web, billing, till, field, payroll }) {
  const forms = ["spa", "native", "server", "m2m", "saml"].map((type) => `/console/applications/new/${type}`);
  return [...forms, ...[web, billing, till, field, payroll].map(({ id }) => `/console/applications/${id}`)];
}

/** What only an operator makes, at the console. */
export async function seedTenancy(page, { issuer }) {
  const at = `${issuer}/console`;
  await fill(page, `${at}/partners/new`, { name: "Resellers", slug: "resellers", max_tenants: "5" }, "Make the partner");
  await fill(page, `${at}/tenants/new`, { name: "Acme", slug: "acme" }, "Make the tenant");
  await fill(page, `${at}/operators/new`, { email: "viewer@example.com", name: "Vera Viewer", role: "viewer" }, "Invite");
}
