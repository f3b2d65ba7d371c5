// Everything that somebody who calls the API can name, named so that a page that
// does not write it out as text would run it.

import { fill } from "./fill.mjs";

export const MARKUP = `"><img src=x onerror=alert(1)><script>alert(1)</script>`;
/** What takes any text; other fields have a form of their own, which markup is not in. */
export const FREE = [
  ...["name", "description", "tags", "attribute_statements"].map((field) => `applications.${field}`),
  // Users of an application's own are below it.
  ...["given_name", "family_name", "metadata", "custom_attributes", "email"].map((field) => `applications.${field}`),
  ...["name", "given_name", "family_name", "metadata", "custom_attributes", "email"].map((field) => `users.${field}`),
  ...["groups", "service-accounts"].flatMap((kind) => [`${kind}.name`, `${kind}.description`]),
  ...["access.description", "integrations.name", "scopes.description", "registration-tokens.name"],
  ...["vault.metadata", "vault.data", "tenant.name"],
];
const TAIL = "?x=%22\"'><img src=x onerror=alert(1)>";
const URL_OF = (host) => `https://${host}.example/${TAIL}`;

/** What the registry lets itself be told: the pages of what was made, and the fields that took it. */
export async function inject(api) {
  const taken = [];
  const pages = [];
  /** One member after the other, since one that is refused takes the others with it. */
  const tell = async (method, path, members, whole = (member) => member) => {
    for (const [name, value] of Object.entries(members)) {
      const said = await attempt(api, method, path, whole({ [name]: value }));
      if (said) taken.push(`${path.split("/")[1]}.${name}`);
    }
  };
  const make = async (path, plain, members, page = path) => {
    const made = await api.make(path, plain);
    pages.push(`/console${page}/${made.id}`);
    await tell("PATCH", `${path}/${made.id}`, members);
    return made;
  };

  const shared = {
    name: MARKUP,
    description: MARKUP,
    tags: [MARKUP],
    logo_url: "javascript:alert(1)",
    audience: `https://api.example/${TAIL}`,
    redirect_uris: [URL_OF("back")],
    post_logout_redirect_uris: [URL_OF("bye")],
    allowed_origins: [`https://${MARKUP}`],
  };
  const web = await make(
    "/applications",
    { name: "Web", type: "server", redirect_uris: ["https://back.example/"], user_pool: "application" },
    shared,
  );
  await make("/applications", { name: "Page", type: "spa", redirect_uris: ["https://page.example/"] }, shared);
  const saml = { entity_id: "urn:saml", acs_urls: ["https://saml.example/acs"] };
  const provider = await make("/applications", { name: "SAML", type: "saml", saml }, { name: MARKUP });
  await tell(
    "PATCH",
    `/applications/${provider.id}`,
    {
      entity_id: URL_OF("entity"),
      acs_urls: [URL_OF("acs")],
      attribute_statements: [{ name: MARKUP, source: "user.email" }],
    },
    (member) => ({ saml: { ...saml, ...member } }),
  );

  const machine = await make("/applications", { name: "Machine", type: "m2m" }, shared);
  const app = `/applications/${machine.id}`;
  const rule = { description: MARKUP, priority: 1, permissions: ["token:read"], transform: "mask", container: "/a/" };
  await api.call("PUT", `${app}/access`, { kind: "private", permissions: [], rules: [rule] });
  taken.push("access.description");
  await tell("PUT", `${app}/access`, { container: `/${MARKUP}/` }, (member) => ({
    kind: "private",
    rules: [{ ...rule, ...member }],
  }));
  for (const below of ["keys", "credentials"]) await tell("POST", `${app}/${below}`, { name: MARKUP });
  const tools = { url: "https://tickets.example/mcp", category: "gateway_remote_mcp", auth_mode: "none" };
  const integration = await make("/integrations", { name: "Mallory", ...tools }, {
    name: MARKUP,
    url: URL_OF("tickets"),
    scopes: [MARKUP],
    issuer: URL_OF("issuer"),
  });
  await api.make(`${app}/integrations/${integration.id}`);

  const person = {
    name: MARKUP,
    given_name: MARKUP,
    family_name: MARKUP,
    username: MARKUP,
    phone: MARKUP,
    locale: MARKUP,
    picture: URL_OF("picture"),
    metadata: { [MARKUP]: MARKUP },
    custom_attributes: { note: MARKUP },
    email: `"<script>alert(1)</script>"@example.com`,
  };
  await make("/users", { email: "mallory@example.com" }, person);
  await make(`/applications/${web.id}/users`, { email: "mallory@example.com" }, person);
  const group = await make("/groups", { name: "Group" }, { name: `${MARKUP} of all`, description: MARKUP });
  await api.call("PUT", `/applications/${web.id}/assignments/${group.id}`).catch(() => {});
  await make("/service-accounts", { name: "Machine", role: "viewer" }, { name: MARKUP, description: MARKUP });
  const connection = { provider: "google", client_id: MARKUP, client_secret: "is one" };
  await tell("POST", `/applications/${web.id}/connections`, { display_name: MARKUP }, (member) => ({
    ...connection,
    ...member,
  }));
  await tell("POST", "/scopes", { description: MARKUP }, (member) => ({ scope: "markup:read", ...member }));
  await tell("POST", "/registration-tokens", { name: MARKUP });
  const { token } = await api.make("/vault/tokens", {
    type: "token",
    data: MARKUP,
    metadata: { [MARKUP]: MARKUP },
    search_indexes: [MARKUP],
  });
  taken.push("vault.metadata", "vault.data");
  pages.push(`/console/vault/tokens/${token.id}`);
  await tell("PATCH", "/tenant", { name: MARKUP, logo_url: URL_OF("logo"), colour: MARKUP });
  pages.push("/console");
  return { taken, pages, web, machine, token };
}

/** What only an operator makes, at the console. */
export async function injectTenancy(page, { issuer }) {
  const at = `${issuer}/console`;
  await fill(page, `${at}/partners/new`, { name: MARKUP, slug: "markup" }, "Make the partner");
  await fill(page, `${at}/tenants/new`, { name: MARKUP, slug: "markup-too" }, "Make the tenant");
  const mallory = { email: "mallory@example.com", name: MARKUP, role: "viewer", at: "platform" };
  await fill(page, `${at}/operators/new`, mallory, "Invite");
}

async function attempt(api, method, path, body) {
  try {
    await api.call(method, path, body);
    return true;
  } catch (error) {
    // Refused is as good as shown for what it is; anything else is a fault.
    if (/: 4\d\d /.test(error.message)) return false;
    throw error;
  }
}

/** What a page would have that does not write it out. */
export async function ran(page) {
  return page.evaluate(() => {
    const scripted = 'img[src="x"], [onerror], script:not([src]), [href^="javascript:" i], [src^="javascript:" i]';
    return [...document.querySelectorAll(scripted)].map((element) => element.outerHTML);
  });
}
