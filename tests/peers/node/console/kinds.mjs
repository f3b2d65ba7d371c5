// What is wrong and what is right in the form of each type of application.

export const KINDS = [
  {
    type: "spa",
    wrong: { redirect_uris: "http://shop.example/callback" },
    right: { redirect_uris: "https://shop.example/callback", allowed_origins: "https://shop.example" },
  },
  { type: "native", wrong: { redirect_uris: "nodots:/x" }, right: { redirect_uris: "com.example.app:/callback" } },
  {
    type: "server",
    wrong: { redirect_uris: "https://shop.example/*" },
    right: { redirect_uris: "https://shop.example/callback" },
  },
  { type: "m2m", wrong: { slug: "Not A Slug" }, right: { slug: "works-by-itself" } },
  {
    type: "saml",
    wrong: { "saml.entity_id": "https://pay.example/saml", "saml.acs_urls": "nowhere" },
    right: { "saml.acs_urls": "https://pay.example/acs" },
    at: "saml.acs_urls",
  },
];
