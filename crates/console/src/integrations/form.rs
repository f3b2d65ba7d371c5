//! The form by which an integration is made and changed, and what it sends.

use appkeep_domain::integration::{
    AuthMode, Category, CredentialSchema, Integration, IntegrationUrl, ProviderWord,
};
use appkeep_service::{CapabilityFields, Edit, Error, ErrorCode, Fault, IntegrationFields};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{auth_mode, category};
use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;

/// Everything that can be said of one; `stands` is nothing for a new one.
pub(super) fn fields(draft: &Draft<'_>, stands: Option<&Integration>) -> Vec<Field> {
    let text = |of: fn(&Integration) -> String| stands.map(of).unwrap_or_default();
    let url =
        "http or https, without user information, query or fragment: whoever reads integrations reads it.";
    let scopes: Vec<String> = stands
        .map(|one| one.scopes.iter().map(|scope| scope.as_str().to_owned()).collect())
        .unwrap_or_default();
    let issuer = text(|one| one.issuer.as_ref().map(IntegrationUrl::to_string).unwrap_or_default());
    let provider = text(|one| one.provider.as_ref().map(ProviderWord::as_str).unwrap_or_default().to_owned());
    let schema = text(|one| {
        one.credential_schema.as_ref().map(CredentialSchema::as_str).unwrap_or_default().to_owned()
    });
    vec![
        Field::line(draft, ("name", "Name"), &text(|one| one.name.to_string()))
            .hint("No other integration of the tenant is called so.")
            .required(),
        Field::typed(draft, ("url", "URL"), ("url", &text(|one| one.url.to_string())))
            .hint(url)
            .example("https://mcp.example.com/mcp")
            .required(),
        radio(draft, stands),
        auth(draft, stands),
        server_token(draft, stands),
        Field::lines(draft, ("scopes", "Scopes"), &scopes)
            .hint("What users are asked to allow, one a line. For OAuth."),
        Field::line(draft, ("provider", "Provider"), &provider)
            .hint("Who runs it, in a word.")
            .example("github"),
        Field::typed(draft, ("issuer", "Issuer"), ("url", &issuer))
            .hint("Who gives out tokens for it, where it does not say so itself. For OAuth."),
        Field::code(draft, ("credential_schema", "Credential schema"), &schema)
            .hint("Of what a user's token is made: a JSON object. It is kept for applications, and not looked into."),
        capabilities(draft, stands),
    ]
}

fn radio(draft: &Draft<'_>, stands: Option<&Integration>) -> Field {
    let hint = |one: Category| match one {
        Category::GatewayRemoteMcp => {
            "Agents call its tools at this server's MCP gateway, which shows it the token."
        }
        Category::InternalMcpCredentials => "It gets its credentials here, and is called by itself.",
    };
    let choices = Category::ALL.iter().map(|one| Choice::new(one.as_str(), category(*one)).hint(hint(*one)));
    let stood = stands.map_or(Category::GatewayRemoteMcp, |one| one.category);
    Field::radio(draft, ("category", "How it is reached"), (choices.collect(), stood.as_str()))
}

fn auth(draft: &Draft<'_>, stands: Option<&Integration>) -> Field {
    let hint = |one: AuthMode| match one {
        AuthMode::Oauth => {
            "Each user allows it once at its authorization server. Say as which client you are registered there, \
             once this is saved."
        }
        AuthMode::UserToken => "Each user brings a token of their own.",
        AuthMode::ServerToken => "The same token whoever calls. Say it below.",
        AuthMode::Nothing => "It asks nobody for a token.",
    };
    let modes = [AuthMode::Nothing, AuthMode::ServerToken, AuthMode::UserToken, AuthMode::Oauth];
    let choices = modes.iter().map(|one| Choice::new(one.as_str(), auth_mode(*one)).hint(hint(*one)));
    let stood = stands.map_or(AuthMode::Nothing, |one| one.auth);
    Field::radio(draft, ("auth_mode", "What it is shown"), (choices.collect(), stood.as_str()))
}

fn server_token(draft: &Draft<'_>, stands: Option<&Integration>) -> Field {
    let hint = if stands.is_some_and(|one| one.has_server_token) {
        "One is kept, sealed, and is never shown. Leave this empty to keep it; at another host it has to be said again."
    } else {
        "For one token for everybody only. It is kept sealed, and never shown."
    };
    Field::password(draft, ("server_token", "Server token")).hint(hint)
}

fn capabilities(draft: &Draft<'_>, stands: Option<&Integration>) -> Field {
    let stood = stands.map(|one| one.capabilities).unwrap_or_default();
    let all = [
        ("tools", "Tools", stood.tools),
        ("resources", "Resources", stood.resources),
        ("prompts", "Prompts", stood.prompts),
    ];
    let chosen: Vec<String> =
        all.iter().filter(|(.., is_so)| *is_so).map(|(word, ..)| (*word).to_owned()).collect();
    let choices = all.iter().map(|(word, words, _)| Choice::new(*word, *words)).collect();
    Field::checks(draft, ("capabilities", "What it offers"), (choices, &chosen))
}

/// What was sent, as the service takes it.
pub(super) fn read(posted: &Posted) -> Result<IntegrationFields, Error> {
    let offers = |word: &str| Some(posted.all("capabilities").any(|one| one == word));
    let said = |name: &str| posted.get(name).map(|typed| typed.trim().to_owned());
    Ok(IntegrationFields {
        name: said("name"),
        url: said("url"),
        category: said("category"),
        auth_mode: said("auth_mode"),
        scopes: Some(posted.lines("scopes")),
        provider: posted.edit("provider"),
        issuer: posted.edit("issuer"),
        server_token: posted.filled("server_token").map(Zeroizing::new),
        credential_schema: schema(posted)?,
        capabilities: CapabilityFields {
            tools: offers("tools"),
            resources: offers("resources"),
            prompts: offers("prompts"),
        },
    })
}

/// The service takes the text of an object.
fn schema(posted: &Posted) -> Result<Edit<String>, Error> {
    let Edit::Set(typed) = posted.edit("credential_schema") else {
        return Ok(posted.edit("credential_schema"));
    };
    // What the parser says could repeat what was typed.
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(&typed) else {
        let fault = Fault::new("credential_schema", ErrorCode::InvalidField, "is no JSON object");
        return Err(Error::invalid(fault));
    };
    Ok(Edit::Set(Value::Object(object).to_string()))
}
