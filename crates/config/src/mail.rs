//! Where mail is handed in, and in whose name.

use std::path::PathBuf;

use crate::faults::Faults;
use crate::public_url::{InvalidPublicUrl, is_host, is_loopback, split_port};
use crate::secret::Secret;
use crate::settings::Settings;

/// How mail leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    pub server: MailServer,
    /// An address, perhaps with a name before it.
    pub from: String,
    /// As whom mail is handed in, and with which password.
    pub account: Option<(String, MailPassword)>,
}

/// A server that takes mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Without the brackets of an address of IPv6.
    pub host: String,
    pub port: u16,
    pub encryption: MailEncryption,
}

/// When the server is spoken to in TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    Implicit,
    StartTls,
    None,
}

/// Where the password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailPassword {
    File(PathBuf),
    Value(Secret),
}

/// Why a text names no mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum InvalidMailUrl {
    #[error("must begin with `smtp://` or `smtps://`, such as smtp://mail.example.com:587")]
    Scheme,
    #[error("must hold no user and no password; `mail_user` and `mail_password_file` are for them")]
    Account,
    #[error("must name a host in lower case, such as `mail.example.com`, and nothing after the port")]
    Host,
    #[error("must have a port between 1 and 65535, or none")]
    Port,
    #[error("may end in nothing but `?tls=none`, and that for a server on this machine only")]
    Query,
}

impl MailSettings {
    /// Nothing is set, or a server and a sender are.
    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Option<Self> {
        let Some(url) = settings.mail_url.as_deref() else {
            refuse_alone(settings, faults);
            return None;
        };
        let server = faults.take("mail_url", MailServer::parse(url));
        let from = settings.mail_from.clone();
        if from.is_none() {
            faults.add("mail_from", "must be set with `mail_url`, such as `Example <id@example.com>`");
        }
        let account = account(settings, faults);
        Some(Self { server: server?, from: from?, account })
    }
}

impl MailServer {
    fn parse(raw: &str) -> Result<Self, InvalidMailUrl> {
        let (encryption, rest) = match (raw.strip_prefix("smtps://"), raw.strip_prefix("smtp://")) {
            (Some(rest), _) => (MailEncryption::Implicit, rest),
            (None, Some(rest)) => (MailEncryption::StartTls, rest),
            (None, None) => return Err(InvalidMailUrl::Scheme),
        };
        let (authority, query) =
            rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        if authority.contains('@') {
            return Err(InvalidMailUrl::Account);
        }
        let (host, port) = split_port(authority).map_err(|error| match error {
            InvalidPublicUrl::Port => InvalidMailUrl::Port,
            _ => InvalidMailUrl::Host,
        })?;
        if !is_host(host) {
            return Err(InvalidMailUrl::Host);
        }
        let encryption = match query {
            None => encryption,
            Some("tls=none") if is_loopback(host) && encryption == MailEncryption::StartTls => {
                MailEncryption::None
            }
            Some(_) => return Err(InvalidMailUrl::Query),
        };
        let port = port.map_or(Ok(encryption.usual_port()), parse_port)?;
        Ok(Self { host: host.trim_matches(['[', ']']).to_owned(), port, encryption })
    }
}

impl MailEncryption {
    /// RFC 8314 §3.3, RFC 6409 §3.1, and RFC 5321 §4.5.4.2.
    const fn usual_port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

fn parse_port(raw: &str) -> Result<u16, InvalidMailUrl> {
    let is_number = raw.bytes().all(|byte| byte.is_ascii_digit()) && !raw.starts_with('0');
    raw.parse().ok().filter(|_| is_number).ok_or(InvalidMailUrl::Port)
}

/// A user and a password, or neither of them.
fn account(settings: &Settings, faults: &mut Faults) -> Option<(String, MailPassword)> {
    let file = settings.mail_password_file.clone().map(MailPassword::File);
    let value = settings.mail_password.clone().map(MailPassword::Value);
    if file.is_some() && value.is_some() {
        faults.add("mail_password_file", "may not be set together with the variable `APPKEEP_MAIL_PASSWORD`");
    }
    match (settings.mail_user.clone(), file.or(value)) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => {
            let message = "must be set with `mail_user`, or the variable `APPKEEP_MAIL_PASSWORD`";
            faults.add("mail_password_file", message);
            None
        }
        (None, Some(_)) => {
            faults.add("mail_user", "must be set with the password for mail");
            None
        }
    }
}

/// What is of no use without a server, and so was meant to be used with one.
/// The variable of the environment is left alone: it may be there for others.
fn refuse_alone(settings: &Settings, faults: &mut Faults) {
    let alone =
        settings.mail_from.is_some() || settings.mail_user.is_some() || settings.mail_password_file.is_some();
    if alone && !faults.concern("mail_url") {
        faults
            .add("mail_url", "must be set with the other settings of mail, such as smtp://mail.example.com");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_spoken_to_in_tls_unless_it_is_on_this_machine() {
        use MailEncryption::{Implicit, None, StartTls};
        for (raw, host, port, encryption) in [
            ("smtp://mail.example.com", "mail.example.com", 587, StartTls),
            ("smtp://mail.example.com:2525", "mail.example.com", 2525, StartTls),
            ("smtps://mail.example.com", "mail.example.com", 465, Implicit),
            ("smtp://[2001:db8::1]:25", "2001:db8::1", 25, StartTls),
            ("smtp://localhost?tls=none", "localhost", 25, None),
            ("smtp://127.0.0.1:1025?tls=none", "127.0.0.1", 1025, None),
            ("smtp://[::1]:1025?tls=none", "::1", 1025, None),
        ] {
            let server = MailServer { host: host.to_owned(), port, encryption };
            assert_eq!(MailServer::parse(raw), Ok(server), "{raw}");
        }
    }

    #[test]
    fn what_names_no_server_is_refused() {
        use InvalidMailUrl::{Account, Host, Port, Query, Scheme};
        for (raw, fault) in [
            ("", Scheme),
            ("mail.example.com", Scheme),
            ("http://mail.example.com", Scheme),
            ("smtp://user:hush@mail.example.com", Account),
            ("smtp://user@mail.example.com", Account),
            ("smtp://", Host),
            ("smtp://mail.example.com/", Host),
            ("smtp://Mail.example.com", Host),
            ("smtp://mail.example.com:0", Port),
            ("smtp://mail.example.com:+25", Port),
            ("smtp://mail.example.com:65536", Port),
            ("smtp://mail.example.com:", Port),
            ("smtp://mail.example.com?tls=none", Query),
            ("smtps://localhost?tls=none", Query),
            ("smtp://localhost?tls=maybe", Query),
            ("smtp://localhost?", Query),
        ] {
            assert_eq!(MailServer::parse(raw), Err(fault), "{raw}");
        }
    }

    fn resolve(text: &str, password: Option<&str>) -> (Option<MailSettings>, Vec<String>) {
        let (mut settings, mut faults) = (Settings::from_toml(text).expect("TOML").0, Faults::default());
        settings.mail_password = password.map(Secret::new);
        (MailSettings::resolve(&settings, &mut faults), faults.0)
    }

    #[test]
    fn a_server_needs_a_sender_and_a_user_a_password() {
        let server = "mail_url = \"smtp://mail.example.com\"\nmail_from = \"id@example.com\"\n";
        for (text, password, fault) in [
            (String::new(), None, None),
            (String::new(), Some("hush"), None),
            (server.to_owned(), None, None),
            (format!("{server}mail_user = \"a\"\nmail_password_file = \"f\""), None, None),
            (format!("{server}mail_user = \"a\""), Some("hush"), None),
            ("mail_url = \"smtp://mail.example.com\"".to_owned(), None, Some("mail_from: ")),
            ("mail_from = \"id@example.com\"".to_owned(), None, Some("mail_url: ")),
            (format!("{server}mail_user = \"a\""), None, Some("mail_password_file: ")),
            (format!("{server}mail_password_file = \"f\""), None, Some("mail_user: ")),
            (
                format!("{server}mail_user = \"a\"\nmail_password_file = \"f\""),
                Some("hush"),
                Some("mail_password_file: "),
            ),
        ] {
            let (settings, faults) = resolve(&text, password);
            assert_eq!(faults.len(), usize::from(fault.is_some()), "{text} {faults:?}");
            assert!(faults.iter().all(|found| found.starts_with(fault.unwrap_or_default())), "{faults:?}");
            assert!(!format!("{settings:?} {faults:?}").contains("hush"));
        }
    }
}
