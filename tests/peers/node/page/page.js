// What the page of the test application can do, called by its test.
"use strict";

/* global oidc, settings */
window.manager = new oidc.UserManager({
  authority: settings.issuer,
  client_id: settings.client_id,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/bye`,
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  // The test looks at `nonce`, which is left out of the profile otherwise.
  filterProtocolClaims: false,
  // The test asks for the renewal, so that it knows when it happened.
  automaticSilentRenew: false,
});

/** What userinfo answers, or that the browser did not let it be read. */
window.userinfo = async (token) => {
  const url = await manager.metadataService.getUserInfoEndpoint();
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status };
  } catch (error) {
    return { error: error.name };
  }
};

/** Whether one of the issuer's published keys signed it (RS256, RFC 7515 §5.2). */
window.isSigned = async (token) => {
  const [header, payload, signature] = token.split(".");
  const { kid } = JSON.parse(new TextDecoder().decode(bytes(header)));
  const key = (await manager.metadataService.getSigningKeys()).find((key) => key.kid === kid);
  const rs256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("jwk", key, rs256, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  return crypto.subtle.verify(rs256, imported, bytes(signature), signed);
};

function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
