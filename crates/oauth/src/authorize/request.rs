//! What a client asks of a person.

use std::fmt;

use crate::authorize::{Prompt, ResponseMode, ReturnAddress};
use crate::form::malformed;
use crate::resource::targets;
use crate::urlencoded::add_pair;
use crate::{CodeChallenge, ErrorCode, Form, Refusal, ScopeSet, scope};

/// A well-formed authorization request for a code (RFC 6749 §4.1.1, OIDC Core
/// §3.1.2.1).
///
/// `display`, `claims`, `ui_locales` and `acr_values` are not listened to, which
/// OIDC Core §15.1, §5.5 and §3.1.2.1 leave to us. `Debug` shows neither the state nor anything about the person.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// As the request spelt it.
    pub client_id: String,
    /// Where the answer goes.
    pub address: ReturnAddress,
    /// Nothing when the client leaves the choice to us.
    pub scope: Option<ScopeSet>,
    /// The values of `audience` and `resource` (RFC 8707 §2.1) in the order
    /// sent, each once.
    pub targets: Vec<String>,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// Whether the client may do without is not decided here.
    pub code_challenge: Option<CodeChallenge>,
    pub prompt: Prompt,
    /// How many seconds ago the person may have signed in; 0 means now.
    pub max_age: Option<u32>,
    /// Who the client believes the person to be.
    pub login_hint: Option<String>,
    /// As sent; nothing about it is verified.
    pub id_token_hint: Option<String>,
}

impl AuthorizeRequest {
    /// The longest `nonce` and `login_hint`, in bytes.
    pub const MAX_TEXT: usize = 512;
    /// The longest `id_token_hint`, in bytes.
    pub const MAX_ID_TOKEN_HINT: usize = 8_192;

    pub(super) fn read(client_id: String, address: ReturnAddress, form: &Form) -> Result<Self, Refusal> {
        refuse_what_is_not_supported(form)?;
        require_code(form)?;
        let text = |name, max| Ok(form.bounded(name, max)?.map(str::to_owned));
        Ok(Self {
            client_id,
            address,
            scope: scope::requested(form)?,
            targets: targets(form)?,
            nonce: text("nonce", Self::MAX_TEXT)?,
            code_challenge: CodeChallenge::read(form)?,
            prompt: prompt(form)?,
            max_age: max_age(form)?,
            login_hint: text("login_hint", Self::MAX_TEXT)?,
            id_token_hint: text("id_token_hint", Self::MAX_ID_TOKEN_HINT)?,
        })
    }

    /// The same request as a query, for a page that leads back to it.
    ///
    /// A `resource` is written as `audience`: both are targets, and the latter
    /// takes any text. Escaping can make it longer than what arrived, and a
    /// request near the limits too long to be read again.
    pub fn to_query(&self) -> String {
        let mut query = "response_type=code".to_owned();
        for (name, value) in self.parameters() {
            add_pair(&mut query, name, &value);
        }
        query
    }

    fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let mode = self.address.response_mode();
        let method = self.code_challenge.map(|_| CodeChallenge::METHOD.to_owned());
        let some = [
            ("client_id", Some(self.client_id.clone())),
            ("redirect_uri", self.address.requested_redirect_uri().map(str::to_owned)),
            ("response_mode", (mode != ResponseMode::default()).then(|| mode.as_str().to_owned())),
            ("state", self.address.state().map(str::to_owned)),
            ("scope", self.scope.as_ref().map(ToString::to_string)),
            ("nonce", self.nonce.clone()),
            ("code_challenge", self.code_challenge.map(|challenge| challenge.to_string())),
            ("code_challenge_method", method),
            ("prompt", Some(self.prompt.to_string())),
            ("max_age", self.max_age.map(|seconds| seconds.to_string())),
            ("login_hint", self.login_hint.clone()),
            ("id_token_hint", self.id_token_hint.clone()),
        ];
        let said = some.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let targets = self.targets.iter().map(|target| ("audience", target.clone()));
        said.filter(|(_, value)| !value.is_empty()).chain(targets)
    }
}

impl fmt::Debug for AuthorizeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeRequest")
            .field("client_id", &self.client_id)
            .field("address", &self.address)
            .field("scope", &self.scope)
            .field("targets", &self.targets)
            .field("prompt", &self.prompt)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// Request objects and registration on the way (OIDC Core §6, §7.2.1) are
/// answered with codes of their own (§3.1.2.6).
fn refuse_what_is_not_supported(form: &Form) -> Result<(), Refusal> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if form.get(name).is_some() {
            return Err(Refusal::new(code, format!("the parameter `{name}` is not supported here")));
        }
    }
    Ok(())
}

/// RFC 6749 §3.1.1
fn require_code(form: &Form) -> Result<(), Refusal> {
    if form.require("response_type")? == "code" {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::UnsupportedResponseType, "`response_type` must be `code`"))
}

fn prompt(form: &Form) -> Result<Prompt, Refusal> {
    let parsed = form.get("prompt").map_or(Ok(Prompt::default()), Prompt::parse);
    parsed.map_err(|reason| malformed(reason.to_string()))
}

fn max_age(form: &Form) -> Result<Option<u32>, Refusal> {
    let Some(raw) = form.get("max_age") else { return Ok(None) };
    let is_number = raw.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = raw.parse().ok().filter(|_| is_number);
    seconds.map(Some).ok_or_else(|| malformed("`max_age` must be a number of seconds"))
}
