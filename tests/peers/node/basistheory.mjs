// The life of an application, its keys and a session, by Basis Theory's clients
// for servers and for pages, of which only the address is another.

import assert from "node:assert/strict";

import { BasisTheory } from "@basis-theory/basis-theory-js";
import { BasisTheory as api, BasisTheoryClient } from "@basis-theory/node-sdk";

const { base, key } = JSON.parse(process.argv[2]);

const client = (apiKey) => new BasisTheoryClient({ baseUrl: base, apiKey, maxRetries: 0 });
const managing = client(key);

await serverClient();
await pageClient();

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
