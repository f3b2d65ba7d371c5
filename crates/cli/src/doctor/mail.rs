//! Whether people can be written to.

use appkeep_config::Config;

use super::Finding;
use crate::holder::Holder;

const MAIL: &str = "mail";

/// Nothing is sent. Without mail everything else works, so that where nobody
/// signs in with a password this is no fault.
pub(super) fn examine(config: &Config, holder: Option<&Holder>) -> Finding {
    if let Some(mail) = &config.mail {
        let message = format!("mail is handed in at {}:{}", mail.server.host, mail.server.port);
        return Finding::ok(MAIL, message);
    }
    if !is_for_others(config, holder) {
        return Finding::ok(MAIL, "a server with --dev puts mail into a folder");
    }
    let message = "no mail is sent: people cannot choose a new password or verify an address by themselves";
    Finding::warning(MAIL, message, "set mail_url and mail_from; docs/configuration.md has both")
}

/// Only with `--dev` a server starts without `public_url`.
fn is_for_others(config: &Config, holder: Option<&Holder>) -> bool {
    holder.map_or_else(|| config.given_public_url().is_some(), |holder| !holder.dev)
}

#[cfg(test)]
mod tests {
    use appkeep_config::{Mode, Settings};

    use super::super::Level;
    use super::*;

    #[test]
    fn a_server_for_others_that_sends_no_mail_is_told() {
        let url = "public_url = \"https://id.example.com\"";
        let smtp = "mail_url = \"smtp://mail.example.com\"\nmail_from = \"id@example.com\"";
        let serving = |dev| Some(Holder { pid: 1, url: Some("https://id.example.com".to_owned()), dev });
        for (text, holder, level, told) in [
            ("", None, Level::Ok, "folder"),
            (url, serving(true), Level::Ok, "folder"),
            (url, None, Level::Warning, "no mail is sent"),
            ("", serving(false), Level::Warning, "no mail is sent"),
            (smtp, serving(false), Level::Ok, "mail.example.com:587"),
            (smtp, None, Level::Ok, "mail.example.com:587"),
        ] {
            let config = Config::load(Mode::Command, Settings::default(), Some(text)).expect("makes sense");
            let found = examine(&config, holder.as_ref());
            assert!(found.level == level && found.message.contains(told), "{text}: {found:?}");
        }
    }
}
