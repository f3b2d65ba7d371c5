//! Where an application signs people in and gets its tokens, to copy.

use appkeep_domain::{Application, OauthFacet, RedirectUri};
use appkeep_oauth::{ClientAuthMethod, GrantType};
use appkeep_service::{OauthConfig, OauthEndpoints};
use url::form_urlencoded;

use crate::kit::{Cell, Facts, Part, Section};

/// What stands behind the issuer in the address of its token endpoint.
const TOKEN: &str = "/oauth2/token";

pub(super) fn section(config: &OauthConfig) -> Section {
    let section = Section::new("Endpoints");
    let Some(endpoints) = &config.endpoints else {
        let said =
            "This application belongs to a partner: it is a client at the address of each of its tenants.";
        return section.with(Part::Prose(said.to_owned()));
    };
    let section = section
        .lead("What the application is set up with. Most libraries find the rest by the issuer alone.")
        .with(Part::Facts(facts(&config.application, endpoints)));
    let (application, oauth) = (&config.application, &config.facet);
    if oauth.grant_types.contains(&GrantType::AuthorizationCode) {
        section
            .with(Part::Prose("A browser is sent here to sign somebody in:".to_owned()))
            .with(Part::Code(authorization(application, oauth, endpoints)))
            .with(Part::Prose("What comes back is traded in for tokens:".to_owned()))
            .with(Part::Code(trade(application, oauth, endpoints)))
    } else {
        section.with(Part::Prose("It gets a token in its own name:".to_owned())).with(Part::Code(own_token(
            application,
            oauth,
            endpoints,
        )))
    }
}

fn facts(application: &Application, endpoints: &OauthEndpoints) -> Facts {
    let issuer = issuer(endpoints);
    Facts::new()
        .with("Client id", Cell::code(application.id.to_string()))
        .with("Issuer", Cell::code(issuer))
        .with("Discovery", Cell::code(format!("{issuer}/.well-known/openid-configuration")))
        .with("Authorization", Cell::code(&endpoints.authorization))
        .with("Token", Cell::code(&endpoints.token))
        .with("Keys", Cell::code(format!("{issuer}/.well-known/jwks.json")))
        .with("Gateway", Cell::code(&endpoints.gateway))
}

fn issuer(endpoints: &OauthEndpoints) -> &str {
    endpoints.token.strip_suffix(TOKEN).unwrap_or(&endpoints.token)
}

fn redirect_uri(oauth: &OauthFacet) -> &str {
    oauth.redirect_uris.first().map_or("https://app.example.com/callback", RedirectUri::as_str)
}

/// RFC 6749 §4.1.1 and RFC 7636 §4.3
fn authorization(application: &Application, oauth: &OauthFacet, endpoints: &OauthEndpoints) -> String {
    let scope =
        if oauth.allowed_scopes.is_empty() { "openid".to_owned() } else { oauth.allowed_scopes.to_string() };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &application.id.to_string())
        .append_pair("redirect_uri", redirect_uri(oauth))
        .append_pair("scope", &scope)
        .append_pair("code_challenge_method", "S256")
        .finish();
    format!("{}?{query}&code_challenge=$CHALLENGE&state=$STATE", endpoints.authorization)
}

fn trade(application: &Application, oauth: &OauthFacet, endpoints: &OauthEndpoints) -> String {
    let lines = vec![
        "  -d grant_type=authorization_code".to_owned(),
        "  -d code=\"$CODE\"".to_owned(),
        format!("  --data-urlencode redirect_uri={}", quoted(redirect_uri(oauth))),
        "  -d code_verifier=\"$VERIFIER\"".to_owned(),
    ];
    curl(application, oauth, (endpoints, lines))
}

fn own_token(application: &Application, oauth: &OauthFacet, endpoints: &OauthEndpoints) -> String {
    let mut lines = vec!["  -d grant_type=client_credentials".to_owned()];
    if !oauth.allowed_scopes.is_empty() {
        lines.push(format!("  --data-urlencode scope={}", quoted(&oauth.allowed_scopes.to_string())));
    }
    curl(application, oauth, (endpoints, lines))
}

/// A request to the token endpoint, by the way in which the client proves itself.
fn curl(
    application: &Application,
    oauth: &OauthFacet,
    (endpoints, sent): (&OauthEndpoints, Vec<String>),
) -> String {
    let id = application.id;
    let mut lines = vec![format!("curl {}", quoted(&endpoints.token))];
    match oauth.auth_method {
        ClientAuthMethod::ClientSecretBasic => lines.push(format!("  -u \"{id}:$CLIENT_SECRET\"")),
        ClientAuthMethod::ClientSecretPost => {
            lines.push(format!("  -d client_id={id}"));
            lines.push("  -d client_secret=\"$CLIENT_SECRET\"".to_owned());
        }
        ClientAuthMethod::PrivateKeyJwt => {
            lines.push(
                "  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    .to_owned(),
            );
            lines.push("  -d client_assertion=\"$ASSERTION\"".to_owned());
        }
        ClientAuthMethod::None => lines.push(format!("  -d client_id={id}")),
    }
    lines.extend(sent);
    lines.join(" \\\n")
}

/// One word to a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word_to_a_shell() {
        assert_eq!(quoted("https://a.example/?x=1&y=$HOME"), "'https://a.example/?x=1&y=$HOME'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
