//! What a form asks for of each provider, and what it says.

use appkeep_domain::{Connection, Name, ProviderIssuer, ProviderKind};
use appkeep_service::{AppleFields, ConnectionFields, NewConnection};
use zeroize::Zeroizing;

use crate::applications::forms::lines;
use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;

/// Of one that is to be made.
pub(super) fn of_new(kind: ProviderKind, draft: &Draft<'_>) -> Vec<Field> {
    let mut fields = Vec::new();
    if kind == ProviderKind::Oidc {
        let word = Field::line(draft, ("provider", "Provider"), "").example("acme").required();
        fields.push(
            word.hint("A word of your own for it, of a-z, 0-9 and `-`. It cannot be changed afterwards."),
        );
    }
    let issuer = Field::typed(draft, ("issuer", "Issuer"), ("url", ""));
    match kind {
        ProviderKind::Oidc => fields.push(
            issuer
                .example("https://accounts.example.com")
                .hint("Where the provider is: what its ID tokens name as `iss`.")
                .required(),
        ),
        ProviderKind::Github => fields.push(
            issuer
                .example("https://github.example.com")
                .hint("Only of an enterprise's own server; else github.com."),
        ),
        ProviderKind::Microsoft => fields.push(
            issuer
                .example("https://login.microsoftonline.com/{tenant}/v2.0")
                .hint("Only to let in the accounts of one organisation; else any account."),
        ),
        ProviderKind::Google | ProviderKind::Apple | ProviderKind::Facebook => {}
    }
    fields.push(client_id(draft, ""));
    fields.extend(proof(kind, (None, draft)));
    fields.extend(rest(kind, (None, draft)));
    fields
}

/// Of one that there is: what is fixed is not asked for, and a secret only when
/// it is to be another.
pub(super) fn of_known(connection: &Connection, draft: &Draft<'_>) -> Vec<Field> {
    let kind = connection.kind();
    let mut fields = vec![client_id(draft, connection.client_id.as_str())];
    fields.extend(proof(kind, (Some(connection), draft)));
    fields.extend(rest(kind, (Some(connection), draft)));
    fields
}

fn client_id(draft: &Draft<'_>, stands: &str) -> Field {
    let field = Field::line(draft, ("client_id", "Client id"), stands);
    field.hint("What the provider calls the application.").required()
}

/// What nobody else knows, and is never shown.
fn proof(kind: ProviderKind, (known, draft): (Option<&Connection>, &Draft<'_>)) -> Vec<Field> {
    let keeps = if known.is_some() { " Leave it empty, and it stays as it is." } else { "" };
    if kind != ProviderKind::Apple {
        let secret = Field::password(draft, ("client_secret", "Client secret"));
        let secret = secret.hint(format!("What the provider gave out with the client id.{keeps}"));
        return vec![if known.is_some() { secret } else { secret.required() }];
    }
    let key = known.and_then(|connection| connection.at.apple());
    let (team, id) = key.map_or(("", ""), |key| (key.team_id(), key.key_id()));
    let private = Field::secret_area(draft, ("apple.private_key", "Private key"))
        .example("-----BEGIN PRIVATE KEY-----")
        .hint(format!("The file that Apple gave out, as PEM.{keeps}"));
    vec![
        Field::line(draft, ("apple.team_id", "Team id"), team).hint("Ten letters and digits.").required(),
        Field::line(draft, ("apple.key_id", "Key id"), id).hint("Ten letters and digits.").required(),
        if known.is_some() { private } else { private.required() },
    ]
}

fn rest(kind: ProviderKind, (known, draft): (Option<&Connection>, &Draft<'_>)) -> Vec<Field> {
    let scopes = known.map_or_else(|| kind.default_scopes(), |connection| connection.scopes.clone());
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let name = known.and_then(|connection| connection.display_name.as_ref()).map_or("", Name::as_str);
    let openid =
        if kind.gives_id_tokens() { " Without `openid` it does not say who somebody is." } else { "" };
    vec![
        Field::lines(draft, ("scopes", "Scopes"), &scopes)
            .hint(format!("One a line: what the provider is asked for.{openid}")),
        Field::line(draft, ("display_name", "Shown as"), name)
            .hint("What people read who choose it. Without it the provider's own name."),
        Field::check(draft, ("enabled", "Enabled"), known.is_none_or(|connection| connection.is_enabled))
            .hint("Off: nobody signs in by it, and nothing that is tied to it is lost."),
    ]
}

/// Those that can be connected to, and what is needed for each.
pub(super) fn kinds() -> Vec<Choice> {
    let words = |kind: ProviderKind| match kind {
        ProviderKind::Google => ("Google", "A client id and a secret of the Google Cloud console."),
        ProviderKind::Apple => ("Apple", "A services id, the team's id, and a key with its id."),
        ProviderKind::Facebook => ("Facebook", "An app id and an app secret."),
        ProviderKind::Github => ("GitHub", "An OAuth app's client id and secret, of github.com or a server."),
        ProviderKind::Microsoft => ("Microsoft", "An app registration's id and a client secret."),
        ProviderKind::Oidc => ("Another, by OpenID Connect", "Its issuer, a client id and a secret."),
    };
    let choice = |kind: ProviderKind| Choice::new(kind.as_str(), words(kind).0).hint(words(kind).1);
    ProviderKind::ALL.into_iter().map(choice).collect()
}

pub(super) fn parse_kind(word: &str) -> Option<ProviderKind> {
    ProviderKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

/// What was said of a new one.
pub(super) fn read_new(kind: ProviderKind, posted: &Posted) -> NewConnection {
    let provider = match kind {
        ProviderKind::Oidc => posted.typed("provider"),
        known => known.as_str().to_owned(),
    };
    NewConnection {
        provider,
        issuer: posted.filled("issuer"),
        client_id: posted.typed("client_id"),
        fields: read(kind, posted, None),
    }
}

/// What was said of any.
pub(super) fn read(kind: ProviderKind, posted: &Posted, known: Option<&Connection>) -> ConnectionFields {
    ConnectionFields {
        client_secret: posted.filled("client_secret").map(Zeroizing::new),
        apple: (kind == ProviderKind::Apple)
            .then(|| apple(posted))
            .filter(|apple| says_something(apple, known)),
        scopes: lines(posted, "scopes"),
        display_name: posted.edit("display_name"),
        is_enabled: Some(posted.is_on("enabled")),
    }
}

fn apple(posted: &Posted) -> AppleFields {
    AppleFields {
        team_id: posted.typed("apple.team_id"),
        key_id: posted.typed("apple.key_id"),
        private_key: Zeroizing::new(posted.typed("apple.private_key")),
    }
}

/// A key goes with its ids: without one they are those that stand, or it is said
/// that the key is missing.
fn says_something(said: &AppleFields, known: Option<&Connection>) -> bool {
    let stands = known.and_then(|connection| connection.at.apple());
    let is_same = stands.is_some_and(|key| key.team_id() == said.team_id && key.key_id() == said.key_id);
    !(is_same && said.private_key.is_empty())
}

/// Where a provider is, as it is told; nothing of one that everybody knows.
pub(super) fn issuer(connection: &Connection) -> Option<&str> {
    connection.at.issuer().map(ProviderIssuer::as_str)
}
