// The client of MCP's own SDK, which is told nothing but the gateway's address:
// it finds the authorization server from the refusal, signs a person in, and
// lists and calls a tool of a server that is made with the same SDK. After a
// detach the tool is gone, and another application never sees it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { FormsBrowser } from "./forms.mjs";
import { Registry } from "./registry.mjs";

const given = JSON.parse(process.argv[2]);
const gateway = new URL(`${given.issuer}/mcp`);
const callback = "http://127.0.0.1:49152/callback";
const registry = new Registry(given);
const tools = await toolServer();
const person = await registry.person();

const application = await register();
const other = await register();
const integration = await registry.attach(application, { name: "adder", url: tools.url });

const agent = await signIn(application);
assert.deepEqual(await names(agent), ["adder__add"]);
const sum = await agent.client.callTool({ name: "adder__add", arguments: { a: 1, b: 2 } });
assert.deepEqual(sum.content, [{ type: "text", text: "3" }]);
assert.deepEqual(tools.shown, [], "the agent's token is not passed on");

const stranger = await signIn(other);
assert.deepEqual(await names(stranger), []);
await assert.rejects(stranger.client.callTool({ name: "adder__add", arguments: { a: 1, b: 2 } }));

const sessions = await registry.agentSessions(application);
assert.deepEqual(sessions.map(({ state, client }) => [state, client.name]), [["active", "peer"]]);

await registry.detach(application, integration);
const detached = Date.now();
while ((await names(agent)).length > 0) assert.ok(Date.now() - detached < 1_000, "the tool is still there");
await assert.rejects(agent.client.callTool({ name: "adder__add", arguments: { a: 1, b: 2 } }));
assert.equal(tools.calls, 1);

await agent.transport.terminateSession();
const [ended] = await registry.agentSessions(application);
assert.equal(ended.state, "ended");
await stranger.client.close();
await agent.client.close();
tools.close();

/** A native application whose agents may come to the gateway. */
function register() {
  return registry.application("native", {
    redirect_uris: ["http://127.0.0.1/callback"],
    allowed_scopes: ["openid", "mcp:invoke"],
    allowed_resources: ["mcp-gateway"],
  });
}

/** Connects without a token, is sent to sign in, and connects with what comes of it. */
async function signIn({ client_id }) {
  const provider = oauthProvider(client_id);
  const first = new StreamableHTTPClientTransport(gateway, { authProvider: provider });
  await assert.rejects(connect(first), UnauthorizedError);
  assert.equal(provider.sentTo.origin + provider.sentTo.pathname, `${given.issuer}/oauth2/authorize`);
  assert.equal(provider.sentTo.searchParams.get("resource"), gateway.href);
  const back = await new FormsBrowser().signIn(provider.sentTo.href, person);
  assert.equal(back.searchParams.get("error"), null, back.href);
  await first.finishAuth(back.searchParams.get("code"));
  const transport = new StreamableHTTPClientTransport(gateway, { authProvider: provider });
  return { client: await connect(transport), transport };
}

async function connect(transport) {
  const client = new Client({ name: "peer", version: "1.0.0" });
  await client.connect(transport);
  return client;
}

async function names({ client }) {
  return (await client.listTools()).tools.map(({ name }) => name);
}

/** What an application remembers of one person's sign-in. */
function oauthProvider(client_id) {
  return {
    redirectUrl: callback,
    clientMetadata: { redirect_uris: [callback], token_endpoint_auth_method: "none" },
    clientInformation: () => ({ client_id }),
    tokens() {
      return this.kept;
    },
    saveTokens(tokens) {
      this.kept = tokens;
    },
    redirectToAuthorization(url) {
      this.sentTo = url;
    },
    saveCodeVerifier(verifier) {
      this.verifier = verifier;
    },
    codeVerifier() {
      return this.verifier;
    },
  };
}

/** A server of one tool, with sessions and streams of events. */
async function toolServer() {
  const transports = new Map();
  const seen = { shown: [], calls: 0 };
  const http = createServer(async (request, response) => {
    if (request.headers.authorization) seen.shown.push(request.headers.authorization);
    let transport = transports.get(request.headers["mcp-session-id"]);
    if (!transport) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => transports.set(id, transport),
      });
      await adder(seen).connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${http.address().port}/mcp`;
  const close = () => {
    http.close();
    http.closeAllConnections();
  };
  return Object.assign(seen, { url, close });
}

function adder(seen) {
  const server = new Server({ name: "adder", version: "1.0.0" }, { capabilities: { tools: {} } });
  const number = { type: "number" };
  const inputSchema = { type: "object", properties: { a: number, b: number }, required: ["a", "b"] };
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [{ name: "add", inputSchema }] }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    seen.calls += 1;
    return { content: [{ type: "text", text: String(params.arguments.a + params.arguments.b) }] };
  });
  return server;
}
