//! The settings, as flags and as variables of the environment.

use std::path::PathBuf;

use appkeep_config::{Config, Mode, Secret, Settings, Written};
use clap::Args;

use crate::failure::Failure;

/// The settings that have no flag: other users of the machine can read flags.
const MASTER_KEY: &str = "APPKEEP_MASTER_KEY";
const MAIL_PASSWORD: &str = "APPKEEP_MAIL_PASSWORD";

#[derive(Debug, Args)]
pub(crate) struct SettingArguments {
    /// A TOML file with settings.
    #[arg(long, env = "APPKEEP_CONFIG")]
    config: Option<PathBuf>,
    /// The address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "APPKEEP_LISTEN")]
    listen: Option<String>,
    /// The origin under which clients reach the server, such as <https://id.example.com>.
    #[arg(long, env = "APPKEEP_PUBLIC_URL")]
    public_url: Option<String>,
    /// Where the server keeps its files [default: appkeep-data].
    #[arg(long, env = "APPKEEP_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// A `PostgreSQL` database to use instead of `SQLite`.
    #[arg(long, env = "APPKEEP_DATABASE_URL", hide_env_values = true)]
    database_url: Option<Secret>,
    /// The file with the master key [default: `master.key` in the data directory].
    #[arg(long, env = "APPKEEP_MASTER_KEY_FILE", help_heading = "Keys")]
    master_key_file: Option<PathBuf>,
    /// A command that prints the master key, run once by `sh -c`.
    #[arg(long, env = "APPKEEP_MASTER_KEY_COMMAND", help_heading = "Keys")]
    master_key_command: Option<String>,
    /// How long a signing key signs, or `never` [default: 90d].
    #[arg(long, env = "APPKEEP_SIGNING_KEY_ROTATION", help_heading = "Keys")]
    signing_key_rotation: Option<Written>,
    /// How long a new signing key is published before it signs [default: 10m].
    #[arg(long, env = "APPKEEP_SIGNING_KEY_PUBLICATION_DELAY", help_heading = "Keys")]
    signing_key_publication_delay: Option<Written>,
    /// The PEM file with the certificates to show, the server's own first.
    #[arg(long, env = "APPKEEP_TLS_CERTIFICATE", help_heading = "TLS")]
    tls_certificate: Option<PathBuf>,
    /// The PEM file with their private key.
    #[arg(long, env = "APPKEEP_TLS_KEY", help_heading = "TLS")]
    tls_key: Option<PathBuf>,
    /// Proxies whose word on clients is taken, such as `10.0.0.0/8,::1`.
    #[arg(long, env = "APPKEEP_TRUSTED_PROXIES", help_heading = "Proxies")]
    trusted_proxies: Option<Written>,
    /// The header they say it in: `x-forwarded-for` or `forwarded`.
    #[arg(long, env = "APPKEEP_FORWARDED_HEADER", help_heading = "Proxies")]
    forwarded_header: Option<Written>,
    /// How many connections there are at once [default: 10000].
    #[arg(long, env = "APPKEEP_MAX_CONNECTIONS", help_heading = "Limits")]
    max_connections: Option<Written>,
    /// How long a request's head may take [default: 10s].
    #[arg(long, env = "APPKEEP_HEADER_TIMEOUT", help_heading = "Limits")]
    header_timeout: Option<Written>,
    /// How long a request's body may take [default: 30s].
    #[arg(long, env = "APPKEEP_BODY_TIMEOUT", help_heading = "Limits")]
    body_timeout: Option<Written>,
    /// How long a connection may stand without a request [default: 75s].
    #[arg(long, env = "APPKEEP_IDLE_TIMEOUT", help_heading = "Limits")]
    idle_timeout: Option<Written>,
    /// How often a client may ask the OAuth endpoints, such as `100/s` [default: off].
    #[arg(long, env = "APPKEEP_REQUESTS_PER_CLIENT", help_heading = "Limits")]
    requests_per_client: Option<Written>,
    /// The same for all clients at one address [default: off].
    #[arg(long, env = "APPKEEP_REQUESTS_PER_ADDRESS", help_heading = "Limits")]
    requests_per_address: Option<Written>,
    /// How often a client at one address may fail to prove who it is [default: 600/m].
    #[arg(long, env = "APPKEEP_FAILURES_PER_CLIENT", help_heading = "Limits")]
    failures_per_client: Option<Written>,
    /// The same for all clients at one address [default: 3000/m].
    #[arg(long, env = "APPKEEP_FAILURES_PER_ADDRESS", help_heading = "Limits")]
    failures_per_address: Option<Written>,
    /// How often sessions of the vault may be started from one address [default: 50/m].
    #[arg(long, env = "APPKEEP_SESSION_STARTS_PER_ADDRESS", help_heading = "Limits")]
    session_starts_per_address: Option<Written>,
    /// How often somebody may try to log in to Zyphr's dashboard API from one address [default: 10/m].
    #[arg(long, env = "APPKEEP_ZYPHR_DASHBOARD_AUTH", help_heading = "Limits")]
    zyphr_dashboard_auth: Option<Written>,
    /// How often an operator may make and delete applications by it, and rotate their keys [default: 5/m].
    #[arg(long, env = "APPKEEP_ZYPHR_SENSITIVE", help_heading = "Limits")]
    zyphr_sensitive: Option<Written>,
    /// How often they may change something else [default: 100/m].
    #[arg(long, env = "APPKEEP_ZYPHR_STANDARD", help_heading = "Limits")]
    zyphr_standard: Option<Written>,
    /// How often they may read [default: 200/m].
    #[arg(long, env = "APPKEEP_ZYPHR_READ_ONLY", help_heading = "Limits")]
    zyphr_read_only: Option<Written>,
    /// How often what proves or changes who an end user is may be asked with one key at one address [default: 20/m].
    #[arg(long, env = "APPKEEP_ZYPHR_END_USERS", help_heading = "Limits")]
    zyphr_end_users: Option<Written>,
    /// Where mail is handed in, such as <smtp://mail.example.com>.
    #[arg(long, env = "APPKEEP_MAIL_URL", help_heading = "Mail")]
    mail_url: Option<String>,
    /// Who mail comes from, such as `Example <id@example.com>`.
    #[arg(long, env = "APPKEEP_MAIL_FROM", help_heading = "Mail")]
    mail_from: Option<String>,
    /// As whom mail is handed in.
    #[arg(long, env = "APPKEEP_MAIL_USER", help_heading = "Mail")]
    mail_user: Option<String>,
    /// The file with the password for it.
    #[arg(long, env = "APPKEEP_MAIL_PASSWORD_FILE", help_heading = "Mail")]
    mail_password_file: Option<PathBuf>,
    /// How log lines are written: json or human.
    #[arg(long, env = "APPKEEP_LOG_FORMAT", help_heading = "Logs")]
    log_format: Option<Written>,
    /// Which log lines are written [default: info].
    #[arg(long, env = "APPKEEP_LOG_FILTER", help_heading = "Logs")]
    log_filter: Option<String>,
}

impl SettingArguments {
    /// Reads the file, if one is named, and checks everything.
    pub(crate) fn load(self, mode: Mode) -> Result<Config, Failure> {
        let file = self.config.as_ref().map(|path| {
            let unreadable = |error| Failure::because(format!("cannot read `{}`", path.display()), error);
            std::fs::read_to_string(path).map_err(unreadable)
        });
        let file = file.transpose()?;
        let given = self.given()?;
        Config::load(mode, given, file.as_deref()).map_err(Failure::from)
    }

    fn given(self) -> Result<Settings, Failure> {
        Ok(Settings {
            master_key: hidden(MASTER_KEY)?,
            mail_password: hidden(MAIL_PASSWORD)?,
            listen: self.listen,
            public_url: self.public_url,
            data_dir: self.data_dir,
            database_url: self.database_url,
            master_key_file: self.master_key_file,
            master_key_command: self.master_key_command,
            signing_key_rotation: self.signing_key_rotation,
            signing_key_publication_delay: self.signing_key_publication_delay,
            tls_certificate: self.tls_certificate,
            tls_key: self.tls_key,
            trusted_proxies: self.trusted_proxies,
            forwarded_header: self.forwarded_header,
            max_connections: self.max_connections,
            header_timeout: self.header_timeout,
            body_timeout: self.body_timeout,
            idle_timeout: self.idle_timeout,
            requests_per_client: self.requests_per_client,
            requests_per_address: self.requests_per_address,
            failures_per_client: self.failures_per_client,
            failures_per_address: self.failures_per_address,
            session_starts_per_address: self.session_starts_per_address,
            zyphr_dashboard_auth: self.zyphr_dashboard_auth,
            zyphr_sensitive: self.zyphr_sensitive,
            zyphr_standard: self.zyphr_standard,
            zyphr_read_only: self.zyphr_read_only,
            zyphr_end_users: self.zyphr_end_users,
            mail_url: self.mail_url,
            mail_from: self.mail_from,
            mail_user: self.mail_user,
            mail_password_file: self.mail_password_file,
            log_format: self.log_format,
            log_filter: self.log_filter,
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a setting, read once")]
fn hidden(variable: &str) -> Result<Option<Secret>, Failure> {
    match std::env::var(variable) {
        Ok(secret) => Ok(Some(Secret::new(secret))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // Its content is not to be shown.
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::new(format!("`{variable}` cannot be used: it is no text")))
        }
    }
}
