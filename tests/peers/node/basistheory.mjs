// The life of an application, its keys and a session, by Basis Theory's clients
// for servers and for pages, of which only the address is another.

import assert from "node:assert/strict";

import { BasisTheory } from "@basis-theory/basis-theory-js";
import { BasisTheory as api, BasisTheoryClient } from "@basis-theory/node-sdk";

const { base, key } = JSON.parse(process.argv[2]);

const client = (apiKey) => new BasisTheoryClient({ baseUrl: base, apiKey, maxRetries: 0 });
const managing = client(key);

/** An application that is shown all in `/general/`, and of the rest what masks leave. */
const vaultFields = {
  name: "Vault",
  type: "private",
  permissions: ["token:create", "token:read", "token:update", "token:delete", "token:search"],
  rules: [
    {
      description: "General",
      priority: 1,
      container: "/general/",
      transform: "reveal",
      permissions: ["token:create", "token:read", "token:update"],
    },
  ],
};
const card = { number: "4242424242424242", expiration_month: 12, expiration_year: 2031, cvc: "123" };

await serverClient();
await tokensOfServer();
await tenantOfServer();
await pageClient();
await tokensOfPage();

async function serverClient() {
  const made = await managing.applications.create({
    name: "Checkout",
    type: "private",
    permissions: ["token:create"],
    rules: [
      {
        description: "Cards",
        priority: 1,
        container: "/pci/high/",
        transform: "reveal",
        permissions: ["token:read"],
      },
    ],
  });
  assert.equal(made.key, made.keys[0].key);
  const found = await managing.applications.get(made.id);
  assert.deepEqual([found.name, found.type, found.key], ["Checkout", "private", undefined]);
  assert.deepEqual(found.rules, made.rules);
  assert.ok(found.createdAt instanceof Date);
  const own = await client(made.key).applications.getByKey();
  assert.equal(own.id, made.id);

  const listed = [];
  for await (const one of await managing.applications.list({ size: 2 })) listed.push(one.id);
  assert.ok(listed.includes(made.id) && new Set(listed).size === listed.length, `${listed}`);
  const [only] = (await managing.applications.list({ id: [made.id] })).data;
  assert.equal(only.id, made.id);

  const updated = await managing.applications.update(made.id, { name: "Till", permissions: ["token:read"] });
  assert.deepEqual([updated.name, updated.permissions, updated.rules], ["Till", ["token:read"], []]);

  const second = await managing.applicationKeys.create(made.id);
  assert.equal((await managing.applicationKeys.list(made.id)).length, 2);
  assert.equal((await managing.applicationKeys.get(made.id, second.id)).key, undefined);
  await managing.applicationKeys.delete(made.id, made.keys[0].id);
  await assert.rejects(client(made.key).applications.getByKey(), api.UnauthorizedError);
  await client(second.key).applications.getByKey();

  const idempotent = { idempotencyKey: crypto.randomUUID() };
  const once = { name: "Once", type: "private", permissions: ["token:read"] };
  const [first, again] = [
    await managing.applications.create(once, idempotent),
    await managing.applications.create({ ...once, name: "Twice" }, idempotent),
  ];
  assert.equal(first.id, again.id);

  const wrong = { name: "x".repeat(201), type: "private", permissions: ["token:read"] };
  await assert.rejects(managing.applications.create(wrong), (error) => {
    assert.ok(error instanceof api.BadRequestError, `${error}`);
    return error.body.errors.name.length === 1;
  });
  await assert.rejects(client(second.key).applications.list(), api.ForbiddenError);

  const templates = await managing.applicationTemplates.list();
  assert.ok(templates.some(({ name }) => name === "Full Management Access"));
  assert.ok((await managing.permissions.list({ applicationType: "public" })).length > 0);

  const page = await managing.applications.create({ name: "Page", type: "public", permissions: ["token:create"] });
  const session = await client(page.key).sessions.create();
  await client(second.key).sessions.authorize({ nonce: session.nonce, permissions: ["token:read"] });
  assert.equal((await client(session.sessionKey).applications.getByKey()).id, page.id);
  const nonce = { nonce: session.nonce, permissions: ["token:read"] };
  await assert.rejects(client(second.key).sessions.authorize(nonce), api.ConflictError);

  for (const { id } of [made, first, page]) await managing.applications.delete(id);
  await assert.rejects(managing.applications.get(made.id), api.NotFoundError);
  await assert.rejects(client(second.key).applications.getByKey(), api.UnauthorizedError);
}

async function pageClient() {
  const as = (apiKey) => new BasisTheory().init(apiKey, { apiBaseUrl: base });
  const managing = await as(key);
  const made = await managing.applications.create({
    name: "Shop",
    type: "private",
    permissions: ["token:create", "token:read"],
  });
  assert.deepEqual((await (await as(made.key)).applications.retrieveByKey()).id, made.id);
  const replaced = await managing.applications.regenerateKey(made.id);
  assert.notEqual(replaced.key, made.key);
  await (await as(replaced.key)).applications.retrieveByKey();
  const updated = await managing.applications.update(made.id, { name: "Market", permissions: ["token:read"] });
  assert.equal((await managing.applications.retrieve(made.id)).name, updated.name);
  const { pagination, data } = await managing.applications.list({ page: 1, size: 5 });
  assert.ok(pagination.totalItems >= data.length && data.some(({ id }) => id === made.id));
  const added = await managing.applicationKeys.create(made.id);
  assert.ok(added.key.startsWith("key_"));
  await assert.rejects(managing.applications.regenerateKey(made.id), ({ status }) => status === 422);
  await managing.applications.delete(made.id);
  await assert.rejects(managing.applications.retrieve(made.id), ({ status }) => status === 404);
}

async function tokensOfServer() {
  const made = await managing.applications.create(vaultFields);
  const { tokens } = client(made.key);
  const data = { userName: "yoda", user_name: "luke", foo: "bar" };
  const plain = await tokens.create({ type: "token", data, metadata: { userId: made.id } });
  assert.deepEqual([plain.data, plain.metadata], [data, { userId: made.id }]);
  const patched = await tokens.update(plain.id, { data: { foo: null, bar: "barbar" } });
  assert.deepEqual(patched.data, { userName: "yoda", user_name: "luke", bar: "barbar" });
  assert.deepEqual((await tokens.get(plain.id)).data, patched.data);

  const masked = await tokens.create({ type: "card", data: card });
  assert.equal(masked.data.number, "XXXXXXXXXXXX4242");
  await assert.rejects(tokens.create({ type: "card", data: { ...card, number: "1" } }), api.BadRequestError);

  const ids = async (pages) => {
    const found = [];
    for await (const { id } of await pages) found.push(id);
    return found;
  };
  assert.deepEqual(await ids(tokens.listV2({ metadata: { userId: made.id } })), [plain.id]);
  const all = await ids(tokens.listV2({ size: 1 }));
  assert.ok(all.includes(plain.id) && all.includes(masked.id) && new Set(all).size === all.length, `${all}`);
  assert.deepEqual(await ids(tokens.searchV2({ query: `metadata.userId:${made.id}` })), [plain.id]);
  await assert.rejects(tokens.searchV2({ query: "a:b OR c:d" }), api.BadRequestError);

  const kept = await tokens.tokenize({ secret: "kept" });
  const shown = await tokens.detokenize({ secret: `{{ ${kept.secret} }}` });
  assert.deepEqual(shown, { secret: "kept" });
  await tokens.delete(plain.id);
  await assert.rejects(tokens.get(plain.id), api.NotFoundError);
}

async function tenantOfServer() {
  const own = await managing.tenants.self.get();
  assert.equal((await managing.tenants.self.update({ name: "Till" })).name, "Till");
  await managing.tenants.self.update({ name: own.name, settings: { deduplicate_tokens: "false" } });
  assert.equal((await managing.tenants.self.get()).settings.deduplicate_tokens, "false");
  const operations = new Set();
  for await (const log of await managing.logs.list({ entityType: "vault_token", size: 2 })) {
    assert.ok(log.createdAt instanceof Date);
    operations.add(log.operation);
  }
  assert.ok(operations.has("created") && operations.has("revealed"), [...operations].join());
  assert.ok((await managing.logs.getEntityTypes()).some(({ value }) => value === "vault_token"));
}

async function tokensOfPage() {
  const as = (apiKey) => new BasisTheory().init(apiKey, { apiBaseUrl: base });
  const manager = await as(key);
  const made = await manager.applications.create(vaultFields);
  const holder = await as(made.key);
  const { tokens } = holder;
  const data = { userName: "yoda", user_name: "luke" };
  const plain = await tokens.create({ type: "token", data, metadata: { userId: made.id } });
  assert.deepEqual([plain.data, plain.metadata], [data, { userId: made.id }]);
  assert.deepEqual((await tokens.retrieve(plain.id)).data, data);
  const patched = await tokens.update(plain.id, { data: { user_name: null } });
  assert.deepEqual(patched.data, { userName: "yoda" });
  const listed = await tokens.list({ metadata: { userId: made.id } });
  assert.deepEqual([listed.pagination.totalItems, listed.data[0].id], [1, plain.id]);
  const found = await tokens.search({ query: `metadata.userId:${made.id}` });
  assert.deepEqual(found.data.map(({ id }) => id), [plain.id]);
  const kept = await holder.tokenize({ secret: "kept" });
  assert.equal((await tokens.retrieve(kept.secret)).data, "kept");

  const page = await manager.applications.create({ name: "Page", type: "public", permissions: ["token:create"] });
  const session = await (await as(page.key)).sessions.create();
  const rules = [
    {
      description: "One token",
      priority: 1,
      conditions: [{ attribute: "id", operator: "equals", value: plain.id }],
      transform: "reveal",
      permissions: ["token:read"],
    },
  ];
  await (await as(made.key)).sessions.authorize({ nonce: session.nonce, rules });
  const read = await (await as(session.sessionKey)).tokens.retrieve(plain.id);
  assert.deepEqual(read.data, patched.data);

  await tokens.delete(plain.id);
  await assert.rejects(tokens.retrieve(plain.id), ({ status }) => status === 404);
  assert.equal((await manager.tenants.retrieve()).settings.deduplicateTokens, "false");
  assert.ok((await manager.logs.list({ entityType: "vault_token" })).data.length > 0);
}
