//! What was written down, as it was written.

use std::path::PathBuf;

use serde::Deserialize;

use crate::secret::Secret;
use crate::written::Written;

/// The settings of one source, each of which may be left out. A value that
/// makes no sense is found by [`Config::load`](crate::Config::load).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address and port to listen on; port 0 is any free one.
    pub listen: Option<String>,
    /// The origin under which clients reach the server; its issuer.
    pub public_url: Option<String>,
    /// Where the server keeps its files, among them the SQLite database.
    pub data_dir: Option<PathBuf>,
    /// A PostgreSQL database to use instead of SQLite.
    pub database_url: Option<Secret>,
    /// A file with the master key, made when it is missing on SQLite.
    pub master_key_file: Option<PathBuf>,
    /// A command that prints the master key.
    pub master_key_command: Option<String>,
    /// The master key itself. Only the environment may hold it.
    #[serde(skip)]
    pub master_key: Option<Secret>,
    /// How long a signing key signs, such as `90d`, or `never`.
    pub signing_key_rotation: Option<Written>,
    /// How long a new signing key is published before it signs.
    pub signing_key_publication_delay: Option<Written>,
    /// The file with the certificates that the server shows, its own first.
    pub tls_certificate: Option<PathBuf>,
    /// The file with their private key.
    pub tls_key: Option<PathBuf>,
    /// Addresses and networks of proxies whose word on clients is taken.
    pub trusted_proxies: Option<Written>,
    /// The header in which they say it: `x-forwarded-for` or `forwarded`.
    pub forwarded_header: Option<Written>,
    /// How many connections there are at once.
    pub max_connections: Option<Written>,
    /// How long a request's head may take.
    pub header_timeout: Option<Written>,
    /// How long a request's body may take.
    pub body_timeout: Option<Written>,
    /// How long a connection may stand without a request.
    pub idle_timeout: Option<Written>,
    /// How often a client may get tokens and ask of them, such as `100/s`, or `off`.
    pub requests_per_client: Option<Written>,
    /// The same for all clients at one address.
    pub requests_per_address: Option<Written>,
    /// How often a client at one address may fail to prove who it is.
    pub failures_per_client: Option<Written>,
    /// The same for all clients at one address.
    pub failures_per_address: Option<Written>,
    /// How often sessions of the vault may be started from one address.
    pub session_starts_per_address: Option<Written>,
    /// How often somebody may try to log in to Zyphr's dashboard API from one address.
    pub zyphr_dashboard_auth: Option<Written>,
    /// How often an operator may make and delete applications by it, and rotate their keys.
    pub zyphr_sensitive: Option<Written>,
    /// How often they may change something else.
    pub zyphr_standard: Option<Written>,
    /// How often they may read.
    pub zyphr_read_only: Option<Written>,
    /// How often what proves or changes who an end user is may be asked with one key at one address.
    pub zyphr_end_users: Option<Written>,
    /// Where mail is handed in, such as `smtp://mail.example.com`.
    pub mail_url: Option<String>,
    /// Who mail comes from, such as `Example <id@example.com>`.
    pub mail_from: Option<String>,
    /// As whom mail is handed in.
    pub mail_user: Option<String>,
    /// A file with the password for it.
    pub mail_password_file: Option<PathBuf>,
    /// The password itself. Only the environment may hold it.
    #[serde(skip)]
    pub mail_password: Option<Secret>,
    /// `json` or `human`.
    pub log_format: Option<Written>,
    /// Which log lines are written, such as `info,appkeep_http=debug`.
    pub log_filter: Option<String>,
}

impl Settings {
    pub const KEYS: [&'static str; 32] = [
        "listen",
        "public_url",
        "data_dir",
        "database_url",
        "master_key_file",
        "master_key_command",
        "signing_key_rotation",
        "signing_key_publication_delay",
        "tls_certificate",
        "tls_key",
        "trusted_proxies",
        "forwarded_header",
        "max_connections",
        "header_timeout",
        "body_timeout",
        "idle_timeout",
        "requests_per_client",
        "requests_per_address",
        "failures_per_client",
        "failures_per_address",
        "session_starts_per_address",
        "zyphr_dashboard_auth",
        "zyphr_sensitive",
        "zyphr_standard",
        "zyphr_read_only",
        "zyphr_end_users",
        "mail_url",
        "mail_from",
        "mail_user",
        "mail_password_file",
        "log_format",
        "log_filter",
    ];

    /// Reads a TOML file's text: what could be read of it, and everything that
    /// is wrong with the rest, unless it is no TOML at all.
    ///
    /// Each key is read by itself, so that one fault does not hide the next.
    pub(crate) fn from_toml(text: &str) -> Result<(Self, Vec<String>), String> {
        let table: toml::Table = toml::from_str(text).map_err(|error| syntax_fault(text, &error))?;
        let (mut settings, mut faults) = (Self::default(), Vec::new());
        for (key, value) in table {
            let alone = toml::Table::from_iter([(key.clone(), value)]);
            match alone.try_into::<Self>() {
                Ok(one) => settings = settings.or(one),
                Err(error) => faults.push(format!("{key}: {}", error.message())),
            }
        }
        Ok((settings, faults))
    }

    /// These settings, and where they are silent, `others`.
    pub fn or(self, others: Self) -> Self {
        Self {
            listen: self.listen.or(others.listen),
            public_url: self.public_url.or(others.public_url),
            data_dir: self.data_dir.or(others.data_dir),
            database_url: self.database_url.or(others.database_url),
            master_key_file: self.master_key_file.or(others.master_key_file),
            master_key_command: self.master_key_command.or(others.master_key_command),
            master_key: self.master_key.or(others.master_key),
            signing_key_rotation: self.signing_key_rotation.or(others.signing_key_rotation),
            signing_key_publication_delay: self
                .signing_key_publication_delay
                .or(others.signing_key_publication_delay),
            tls_certificate: self.tls_certificate.or(others.tls_certificate),
            tls_key: self.tls_key.or(others.tls_key),
            trusted_proxies: self.trusted_proxies.or(others.trusted_proxies),
            forwarded_header: self.forwarded_header.or(others.forwarded_header),
            max_connections: self.max_connections.or(others.max_connections),
            header_timeout: self.header_timeout.or(others.header_timeout),
            body_timeout: self.body_timeout.or(others.body_timeout),
            idle_timeout: self.idle_timeout.or(others.idle_timeout),
            requests_per_client: self.requests_per_client.or(others.requests_per_client),
            requests_per_address: self.requests_per_address.or(others.requests_per_address),
            failures_per_client: self.failures_per_client.or(others.failures_per_client),
            failures_per_address: self.failures_per_address.or(others.failures_per_address),
            session_starts_per_address: self.session_starts_per_address.or(others.session_starts_per_address),
            zyphr_dashboard_auth: self.zyphr_dashboard_auth.or(others.zyphr_dashboard_auth),
            zyphr_sensitive: self.zyphr_sensitive.or(others.zyphr_sensitive),
            zyphr_standard: self.zyphr_standard.or(others.zyphr_standard),
            zyphr_read_only: self.zyphr_read_only.or(others.zyphr_read_only),
            zyphr_end_users: self.zyphr_end_users.or(others.zyphr_end_users),
            mail_url: self.mail_url.or(others.mail_url),
            mail_from: self.mail_from.or(others.mail_from),
            mail_user: self.mail_user.or(others.mail_user),
            mail_password_file: self.mail_password_file.or(others.mail_password_file),
            mail_password: self.mail_password.or(others.mail_password),
            log_format: self.log_format.or(others.log_format),
            log_filter: self.log_filter.or(others.log_filter),
        }
    }
}

/// Names the line but does not quote it, since it may hold a password.
fn syntax_fault(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = Settings::KEYS.map(|key| format!("{key} = \"x\"\n")).concat();
        let (settings, faults) = Settings::from_toml(&text).expect("TOML");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(settings.log_filter.as_deref(), Some("x"));
        assert_eq!(settings.database_url, Some(Secret::new("x")));
        assert_eq!(settings.data_dir, Some("x".into()));
        assert_eq!(settings.header_timeout, Some("x".into()));
    }

    #[test]
    fn what_the_environment_alone_may_hold_is_not_written_into_a_file() {
        for key in ["master_key", "mail_password"] {
            let (settings, faults) = Settings::from_toml(&format!("{key} = \"hush\"")).expect("TOML");
            assert_eq!(settings, Settings::default());
            let refused = faults[0].starts_with(&format!("{key}: unknown field"));
            assert!(refused && !faults[0].contains("hush"), "{faults:?}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = "listen = 1\nlisten_on = \"x\"\npublic_url = []\nlog_filter = \"x\"";
        let (settings, faults) = Settings::from_toml(text).expect("TOML");
        assert_eq!(settings.log_filter.as_deref(), Some("x"));
        assert_eq!(faults.len(), 3, "{faults:?}");
        for key in ["listen:", "listen_on: unknown field", "public_url:"] {
            assert!(faults.iter().any(|fault| fault.starts_with(key)), "{key} in {faults:?}");
        }
    }

    #[test]
    fn a_fault_of_syntax_names_the_line_and_not_the_password() {
        let text = "listen = \"x\"\ndatabase_url = \"postgres://a:hush@b";
        let fault = Settings::from_toml(text).expect_err("no closing quote");
        assert!(fault.starts_with("line 2: "), "{fault}");
        assert!(!fault.contains("hush"), "{fault}");
    }
}
