//! What is done first with an application, with the commands for this server.

use appkeep_domain::{Application, ApplicationKind};
use appkeep_oauth::ClientAuthMethod;
use appkeep_service::ApplicationView;

use super::PATH;
use crate::kit::{Action, Step};
use crate::view::View;

/// Stands for the secret, which is nowhere to be read.
const SECRET: &str = "$CLIENT_SECRET";

/// In the order in which they are done.
pub(super) fn of(view: &View, shown: &ApplicationView) -> Vec<Step> {
    let application = &shown.application;
    let mut steps = Vec::new();
    match application.kind {
        ApplicationKind::Spa | ApplicationKind::Native => steps.push(return_address(view, application)),
        ApplicationKind::Server => {
            steps.push(return_address(view, application));
            steps.extend(token(view, application, false));
        }
        ApplicationKind::M2m => steps.extend(token(view, application, false)),
        ApplicationKind::Saml => {}
    }
    if application.kind.has_oauth() {
        steps.push(discovery(view));
    }
    steps
}

fn return_address(view: &View, application: &Application) -> Step {
    let is_done = application.oauth.as_ref().is_some_and(|oauth| !oauth.redirect_uris.is_empty());
    let path = view.path(&format!("{PATH}/{}/oauth", application.id));
    Step {
        title: "Say where people come back to".to_owned(),
        sentence: "Nobody can sign in before there is a redirect URI.".to_owned(),
        is_done,
        action: (!is_done).then(|| Action::go("Add a redirect URI", path)),
        code: None,
    }
}

fn discovery(view: &View) -> Step {
    Step {
        title: "Tell its OpenID Connect library where we are".to_owned(),
        sentence: "The issuer is all that most libraries need; they read the rest from here.".to_owned(),
        is_done: false,
        action: None,
        code: Some(format!("curl -sS {}/.well-known/openid-configuration", view.issuer())),
    }
}

/// Getting a token in its own name, where a secret is what it does so with.
pub(crate) fn token(view: &View, application: &Application, is_done: bool) -> Option<Step> {
    let code = curl(view.issuer(), application)?;
    Some(Step {
        title: "Get its first token".to_owned(),
        sentence: format!("Put the secret in the place of {SECRET}, or into a variable of that name."),
        is_done,
        action: None,
        code: Some(code),
    })
}

/// The command by which it gets a token for itself.
fn curl(issuer: &str, application: &Application) -> Option<String> {
    let oauth = application.oauth.as_ref()?;
    let id = application.id;
    let proof = match oauth.auth_method {
        ClientAuthMethod::ClientSecretBasic => format!("-u \"{id}:{SECRET}\""),
        ClientAuthMethod::ClientSecretPost => format!("-d client_id={id} -d \"client_secret={SECRET}\""),
        ClientAuthMethod::PrivateKeyJwt | ClientAuthMethod::None => return None,
    };
    let mut lines =
        vec![format!("curl -sS {issuer}/oauth2/token"), proof, "-d grant_type=client_credentials".to_owned()];
    if let Some(audience) = &oauth.audience {
        lines.push(format!("--data-urlencode {}", quoted(&format!("audience={audience}"))));
    }
    Some(lines.join(" \\\n  "))
}

/// As a shell takes it for one word, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The same for an application that is not there yet.
pub(crate) fn placeholder(issuer: &str) -> String {
    format!(
        "curl -sS {issuer}/oauth2/token \\\n  -u \"$CLIENT_ID:{SECRET}\" \\\n  \
         -d grant_type=client_credentials"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_an_audience_for_one_word() {
        assert_eq!(quoted("audience=https://a.example"), "'audience=https://a.example'");
        assert_eq!(quoted("a'; rm -rf ~; '"), "'a'\\''; rm -rf ~; '\\'''");
    }

    #[test]
    fn what_is_not_there_yet_is_left_to_fill_in() {
        let command = placeholder("https://id.example");
        assert!(command.starts_with("curl -sS https://id.example/oauth2/token \\\n"), "{command}");
        assert!(command.contains("$CLIENT_ID:$CLIENT_SECRET"), "{command}");
    }
}
