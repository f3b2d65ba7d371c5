//! The fields that forms of applications have, with the rules of each, and how
//! they are read.

use appkeep_domain::{ApplicationKind, Level, NameIdFormat};
use appkeep_oauth::ClientAuthMethod;
use appkeep_service::{ApplicationFields, AttributeStatementFields, OwnershipFields, SamlFields};

use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;
use crate::view::View;

/// What a type is called.
pub(crate) const fn name_of(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Spa => "Single-page application",
        ApplicationKind::Native => "Native application",
        ApplicationKind::Server => "Web application",
        ApplicationKind::M2m => "Machine to machine",
        ApplicationKind::Saml => "SAML service provider",
    }
}

/// What a type is for.
pub(super) const fn purpose_of(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Spa => {
            "Runs in a browser, where nothing stays secret. People sign in by a code and a proof key (PKCE)."
        }
        ApplicationKind::Native => {
            "Runs on somebody's phone or computer and keeps no secret. People sign in in their browser and \
             come back by a scheme of the application's own, or to this machine."
        }
        ApplicationKind::Server => {
            "Runs on a server, where it can keep a secret. People sign in to it, and it can speak for itself \
             too."
        }
        ApplicationKind::M2m => {
            "A service or a job that speaks for itself: it trades its secret for a token; nobody signs in."
        }
        ApplicationKind::Saml => {
            "Software that takes SAML 2.0 assertions instead of tokens, as many products for companies do."
        }
    }
}

/// Those that a new application of this type is described by.
pub(super) fn of_new(view: &View, kind: ApplicationKind, draft: &Draft<'_>) -> Vec<Field> {
    let mut fields = vec![name(draft, ""), slug(draft, ""), description(draft, "")];
    match kind {
        ApplicationKind::Saml => fields.extend(of_saml(draft)),
        ApplicationKind::M2m => fields.extend(of_machines(draft)),
        ApplicationKind::Spa | ApplicationKind::Native | ApplicationKind::Server => {
            fields.extend(of_sign_in(kind, draft));
        }
    }
    if kind.is_confidential() {
        fields.extend(of_proof(kind, draft));
    }
    if kind.may_have_people() {
        fields.push(pool(draft));
    }
    if view.has_role_at(|level| !matches!(level, Level::Tenant { .. })) {
        fields.push(ownership(draft));
    }
    fields
}

pub(super) fn name(draft: &Draft<'_>, stands: &str) -> Field {
    Field::line(draft, ("name", "Name"), stands)
        .hint("What people read where they sign in or allow something. At most 255 characters.")
        .example("Billing")
        .required()
}

pub(super) fn slug(draft: &Draft<'_>, stands: &str) -> Field {
    let hint = "Names it among those of its owner: a–z, 0–9 and single “-” between them. \
                Left empty, it is made of the name.";
    Field::line(draft, ("slug", "Slug"), stands).hint(hint).example("billing")
}

pub(super) fn description(draft: &Draft<'_>, stands: &str) -> Field {
    Field::area(draft, ("description", "Description"), stands)
        .hint("For whoever looks after it. At most 2,000 characters.")
}

/// Of a type that people sign in to.
fn of_sign_in(kind: ApplicationKind, draft: &Draft<'_>) -> Vec<Field> {
    let (hint, example) = match kind {
        ApplicationKind::Native => (
            "Where people come back to after they signed in, one a line and each whole: https, http to \
             127.0.0.1, [::1] or localhost, or a scheme of your own that is a domain reversed, such as \
             com.example.app:/callback. No wildcards, no fragments.",
            "com.example.app:/callback",
        ),
        _ => (
            "Where people come back to after they signed in, one a line and each whole: https, or http to \
             127.0.0.1, [::1] or localhost. Compared character by character: no wildcards, no fragments.",
            "https://shop.example/callback",
        ),
    };
    let mut fields = vec![
        Field::lines(draft, ("redirect_uris", "Redirect URIs"), &[]).hint(hint).example(example),
        Field::lines(draft, ("post_logout_redirect_uris", "Addresses after signing out"), &[])
            .hint("Where people may be sent after they signed out, one a line, by the same rules."),
    ];
    if kind == ApplicationKind::Spa {
        let hint =
            "From which pages browsers may call us, one a line: scheme, host and port, without a path.";
        let origins = Field::lines(draft, ("allowed_origins", "Allowed origins"), &[]);
        fields.push(origins.hint(hint).example("https://shop.example"));
    }
    fields.push(scopes(draft, "openid profile email"));
    fields.push(audience(draft));
    fields
}

fn of_machines(draft: &Draft<'_>) -> Vec<Field> {
    let resources = Field::lines(draft, ("allowed_resources", "Other APIs"), &[])
        .hint("Audiences of other applications' APIs that it may ask for tokens for, one a line.");
    vec![audience(draft), scopes(draft, ""), resources]
}

fn scopes(draft: &Draft<'_>, stands: &str) -> Field {
    let hint = "What it may ask for, with spaces between: openid, profile, email and offline_access, those \
                of our management API, and those that you registered under Scopes.";
    Field::line(draft, ("allowed_scopes", "Allowed scopes"), stands)
        .hint(hint)
        .example("openid profile email")
}

fn audience(draft: &Draft<'_>) -> Field {
    let hint = "What its own API is called in the `aud` of tokens, best an https address. \
                Applications of one owner can share it; nobody else can name it.";
    Field::line(draft, ("audience", "Audience"), "").hint(hint).example("https://api.shop.example")
}

/// How a client that keeps a secret proves itself.
fn of_proof(kind: ApplicationKind, draft: &Draft<'_>) -> Vec<Field> {
    let choices = kind.auth_methods().iter().map(|method| {
        let words = match method {
            ClientAuthMethod::ClientSecretBasic => "A secret in the header (client_secret_basic)",
            ClientAuthMethod::ClientSecretPost => "A secret in the body (client_secret_post)",
            ClientAuthMethod::PrivateKeyJwt => "A key of its own (private_key_jwt)",
            ClientAuthMethod::None => "Nothing (none)",
        };
        Choice::new(method.as_str(), words)
    });
    let stands = kind.auth_methods().first().map_or("", |method| method.as_str());
    let named = ("token_endpoint_auth_method", "How it proves itself");
    vec![
        Field::select(draft, named, (choices.collect(), stands))
            .hint("With a key of its own it has no secret that could leak; we need its public keys."),
        Field::typed(draft, ("jwks_uri", "Address of its public keys"), ("url", ""))
            .hint("For private_key_jwt: an https address of a JWK Set. Leave it empty otherwise.")
            .example("https://billing.example/jwks.json"),
        Field::code(draft, ("jwks", "Its public keys"), "").hint(
            "For private_key_jwt: a JWK Set, where the keys are not published. Leave it empty otherwise.",
        ),
    ]
}

fn pool(draft: &Draft<'_>) -> Field {
    let choices = vec![
        Choice::new("tenant", "The tenant's")
            .hint("People of the tenant's directory, once for all its applications."),
        Choice::new("application", "Its own").hint(
            "Users of its own, in a directory for live and one for test, as a product for customers has.",
        ),
    ];
    Field::radio(draft, ("user_pool", "Whose users sign in"), (choices, "tenant")).hint("Fixed from then on.")
}

fn ownership(draft: &Draft<'_>) -> Field {
    let choices = vec![
        Choice::new("tenant", "The tenant").hint("For the people of this tenant."),
        Choice::new("partner", "The tenant's partner").hint("For the people of all tenants of that partner."),
        Choice::new("global", "The platform").hint("For the people of all tenants."),
    ];
    let hint = "Fixed from then on. Scopes that a tenant registered are for the tenant's own applications.";
    Field::radio(draft, ("ownership", "Whose it is"), (choices, "tenant")).hint(hint)
}

fn of_saml(draft: &Draft<'_>) -> Vec<Field> {
    let formats = NameIdFormat::ALL.iter().map(|format| Choice::new(format.as_str(), format.as_str()));
    let statements = "Attributes that assertions carry, one a line: its name, “=”, and where it comes \
                      from, such as user.email.";
    vec![
        Field::line(draft, ("saml.entity_id", "Entity ID"), "")
            .hint("What the service provider calls itself: a URI, as its metadata has it.")
            .example("https://crm.example/saml/metadata")
            .required(),
        Field::lines(draft, ("saml.acs_urls", "ACS URLs"), &[])
            .hint("Where it takes assertions, one a line, the first by default: https, or http to this host.")
            .example("https://crm.example/saml/acs")
            .required(),
        Field::code(draft, ("saml.certificates", "Certificates"), "")
            .hint("What it signs its requests with: PEM, one after the other. Empty if it does not sign."),
        Field::select(
            draft,
            ("saml.name_id_format", "Format of the name identifier"),
            (formats.collect(), NameIdFormat::default().as_str()),
        )
        .hint("How it wants to be told who somebody is."),
        Field::lines(draft, ("saml.attribute_statements", "Attributes"), &[])
            .hint(statements)
            .example("email = user.email"),
    ]
}

/// A new application, as the form says.
pub(super) fn read_new(kind: ApplicationKind, posted: &Posted) -> ApplicationFields {
    let scopes =
        |posted: &Posted| posted.text("allowed_scopes").split_whitespace().map(str::to_owned).collect();
    ApplicationFields {
        ownership: OwnershipFields { ownership: posted.filled("ownership"), ..OwnershipFields::default() },
        user_pool: posted.filled("user_pool"),
        name: Some(posted.typed("name")),
        slug: posted.filled("slug"),
        description: posted.edit("description"),
        redirect_uris: posted.lines_if_any("redirect_uris"),
        post_logout_redirect_uris: posted.lines_if_any("post_logout_redirect_uris"),
        allowed_origins: posted.lines_if_any("allowed_origins"),
        allowed_scopes: posted.get("allowed_scopes").map(|_| scopes(posted)),
        audience: posted.edit("audience"),
        allowed_resources: posted.lines_if_any("allowed_resources"),
        token_endpoint_auth_method: posted.filled("token_endpoint_auth_method"),
        jwks: posted.edit("jwks"),
        jwks_uri: posted.edit("jwks_uri"),
        saml: (kind == ApplicationKind::Saml).then(|| read_saml(posted)),
        ..ApplicationFields::default()
    }
}

fn read_saml(posted: &Posted) -> SamlFields {
    let statement = |line: String| {
        let (name, source) = line.split_once('=').unwrap_or((line.as_str(), ""));
        AttributeStatementFields { name: name.trim().to_owned(), source: source.trim().to_owned() }
    };
    SamlFields {
        entity_id: Some(posted.typed("saml.entity_id")),
        acs_urls: Some(posted.lines("saml.acs_urls")),
        certificates: Some(certificates(&posted.typed("saml.certificates"))),
        name_id_format: posted.filled("saml.name_id_format"),
        attribute_statements: Some(
            posted.lines("saml.attribute_statements").into_iter().map(statement).collect(),
        ),
    }
}

/// Each by itself; what is no PEM is one.
fn certificates(typed: &str) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let parts = typed.split_inclusive(END).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_taken_apart() {
        let one = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----";
        assert_eq!(certificates(""), [] as [&str; 0]);
        assert_eq!(certificates("MII"), ["MII"]);
        assert_eq!(certificates(&format!("{one}\n\n{one}\n")), [one, one]);
    }

    #[test]
    fn a_new_provider_is_read_as_it_was_typed() {
        let posted = Posted::parse(
            b"name=CRM&saml.entity_id=urn:crm&saml.acs_urls=https://a.example/acs%0D%0A&\
              saml.attribute_statements=mail+%3D+user.email%0D%0Abroken",
        );
        let saml = read_new(ApplicationKind::Saml, &posted).saml.expect("is one");
        assert_eq!(saml.acs_urls, Some(vec!["https://a.example/acs".to_owned()]));
        let statement = |name: &str, source: &str| AttributeStatementFields {
            name: name.to_owned(),
            source: source.to_owned(),
        };
        assert_eq!(
            saml.attribute_statements,
            Some(vec![statement("mail", "user.email"), statement("broken", "")])
        );
    }

    #[test]
    fn a_field_that_a_form_does_not_have_says_nothing() {
        let fields = read_new(ApplicationKind::M2m, &Posted::parse(b"name=Jobs&allowed_scopes=a++b"));
        assert_eq!(fields.redirect_uris, None);
        assert_eq!(fields.allowed_scopes, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert!(fields.saml.is_none());
    }
}
