//! The settings as a whole, after they were found to make sense.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::faults::Faults;
use crate::limits::{ClientLimits, ConnectionLimits, ZyphrLimits};
use crate::log_format::LogFormat;
use crate::mail::MailSettings;
use crate::master_key::MasterKeySource;
use crate::proxies::Proxies;
use crate::public_url::PublicUrl;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::signing_keys::SigningKeys;
use crate::tls::TlsFiles;

/// What the settings are for, which says what must be set and what is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A server that others rely on: nothing is assumed that could be wrong.
    Production,
    /// A server on its developer's machine.
    Development,
    /// A command that ends, beside a server or without one.
    Command,
}

/// Settings that make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    public_url: Option<PublicUrl>,
    pub data_dir: PathBuf,
    pub database: Database,
    pub master_key: MasterKeySource,
    pub signing_keys: SigningKeys,
    pub tls: Option<TlsFiles>,
    pub proxies: Proxies,
    pub connections: ConnectionLimits,
    pub clients: ClientLimits,
    pub zyphr: ZyphrLimits,
    /// How mail leaves, if it can.
    pub mail: Option<MailSettings>,
    pub log_format: LogFormat,
    pub log_filter: String,
}

/// Where the registry is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Secret),
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", list(.0))]
pub struct InvalidConfig(pub Vec<String>);

impl Config {
    pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
    pub const DATA_DIR: &'static str = "appkeep-data";
    pub const DATABASE_FILE: &'static str = "appkeep.db";
    pub const MASTER_KEY_FILE: &'static str = "master.key";
    pub const LOG_FILTER: &'static str = "info";

    /// Reads the file's text, lets `given` (flags and environment) win over
    /// it, and says all that is wrong with either.
    pub fn load(mode: Mode, given: Settings, file: Option<&str>) -> Result<Self, InvalidConfig> {
        let (written, faults) = match file.map(Settings::from_toml) {
            Some(Ok(read)) => read,
            Some(Err(fault)) => return Err(InvalidConfig(vec![fault])),
            None => (Settings::default(), Vec::new()),
        };
        let mut faults = Faults(faults);
        let config = Self::resolve(mode, given.or(written), &mut faults);
        if faults.0.is_empty() { Ok(config) } else { Err(InvalidConfig(faults.0)) }
    }

    /// Where clients find the server that listens on `port`.
    pub fn public_url(&self, port: u16) -> PublicUrl {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url.clone().unwrap_or_else(|| PublicUrl::localhost(scheme, port))
    }

    /// The public URL, if one was set.
    pub fn given_public_url(&self) -> Option<&PublicUrl> {
        self.public_url.as_ref()
    }

    fn resolve(mode: Mode, settings: Settings, faults: &mut Faults) -> Self {
        let data_dir = settings.data_dir.clone().unwrap_or_else(|| Self::DATA_DIR.into());
        let log_format = if mode == Mode::Production { LogFormat::Json } else { LogFormat::Human };
        let database = database(&data_dir, settings.database_url.clone(), faults);
        Self {
            listen: listen(settings.listen.as_deref(), faults).unwrap_or(Self::LISTEN),
            public_url: public_url(mode, settings.public_url.as_deref(), faults),
            master_key: MasterKeySource::resolve(mode, &data_dir, &database, &settings, faults),
            signing_keys: SigningKeys::resolve(mode, &settings, faults),
            tls: TlsFiles::resolve(&settings, faults),
            proxies: Proxies::resolve(&settings, faults),
            connections: ConnectionLimits::resolve(&settings, faults),
            clients: ClientLimits::resolve(&settings, faults),
            zyphr: ZyphrLimits::resolve(&settings, faults),
            mail: MailSettings::resolve(&settings, faults),
            log_format: faults.parse("log_format", settings.log_format.as_ref(), log_format),
            log_filter: settings.log_filter.unwrap_or_else(|| Self::LOG_FILTER.to_owned()),
            database,
            data_dir,
        }
    }
}

fn list(faults: &[String]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("  - {fault}")).collect();
    lines.join("\n")
}

fn listen(raw: Option<&str>, faults: &mut Faults) -> Option<SocketAddr> {
    let parsed = raw?.parse();
    faults.take("listen", parsed.map_err(|_| "must be an address and a port, such as 127.0.0.1:8080"))
}

fn public_url(mode: Mode, raw: Option<&str>, faults: &mut Faults) -> Option<PublicUrl> {
    let Some(raw) = raw else {
        // A value that could not be read was told already, and is not missing.
        if mode == Mode::Production && !faults.concern("public_url") {
            faults.add("public_url", "must be set, such as https://id.example.com; `--dev` does without");
        }
        return None;
    };
    faults.take("public_url", PublicUrl::parse(raw))
}

fn database(data_dir: &std::path::Path, url: Option<Secret>, faults: &mut Faults) -> Database {
    let Some(url) = url else { return Database::Sqlite(data_dir.join(Config::DATABASE_FILE)) };
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.reveal().starts_with(scheme)) {
        faults.add("database_url", "must begin with `postgres://`; without it SQLite is used");
    }
    Database::Postgres(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(mode: Mode, text: &str) -> Result<Config, InvalidConfig> {
        Config::load(mode, Settings::default(), Some(text))
    }

    #[test]
    fn development_needs_no_setting() {
        let config = Config::load(Mode::Development, Settings::default(), None).expect("defaults");
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.public_url(8081).as_str(), "http://localhost:8081");
        assert_eq!(config.database, Database::Sqlite("appkeep-data/appkeep.db".into()));
        assert_eq!((config.log_format, config.log_filter.as_str()), (LogFormat::Human, "info"));
    }

    #[test]
    fn production_needs_the_public_url() {
        let refused = Config::load(Mode::Production, Settings::default(), None).expect_err("no public URL");
        assert!(refused.to_string().contains("public_url: must be set"), "{refused}");
        let config = load(Mode::Production, "public_url = \"https://id.example.com\"").expect("set");
        assert_eq!(config.public_url(8080).as_str(), "https://id.example.com");
        assert_eq!(config.log_format, LogFormat::Json);
        Config::load(Mode::Command, Settings::default(), None).expect("a command answers nobody");
    }

    #[test]
    fn servers_that_share_a_database_are_given_their_master_key() {
        let shared = "public_url = \"https://id.example.com\"\ndatabase_url = \"postgres://a@b/c\"";
        let refused = load(Mode::Production, shared).expect_err("no master key");
        assert!(refused.to_string().contains("master_key_file: must be set"), "{refused}");
        let config = load(Mode::Production, &format!("{shared}\nmaster_key_file = \"k\"")).expect("given");
        assert_eq!(config.master_key, MasterKeySource::File("k".into()));
        let config = load(Mode::Development, shared).expect("a developer has one server");
        assert_eq!(config.master_key, MasterKeySource::OwnFile("appkeep-data/master.key".into()));
    }

    #[test]
    fn what_is_given_wins_over_the_file() {
        let given = Settings { listen: Some("0.0.0.0:1".to_owned()), ..Settings::default() };
        let file = "listen = \"0.0.0.0:2\"\nlog_filter = \"debug\"";
        let config = Config::load(Mode::Development, given, Some(file)).expect("fine");
        assert_eq!((config.listen.port(), config.log_filter.as_str()), (1, "debug"));
    }

    #[test]
    fn keys_are_published_before_they_sign_for_as_long_as_others_keep_them() {
        let text = "public_url = \"https://id.example.com\"\nsigning_key_publication_delay = \"299s\"";
        let refused = load(Mode::Production, text).expect_err("others would not know the key");
        assert!(refused.to_string().contains("signing_key_publication_delay: must be `5m`"), "{refused}");
        let config = load(Mode::Development, text).expect("a developer waits for nobody");
        assert_eq!(config.signing_keys.publication_delay.as_seconds(), 299);
        assert_eq!(config.signing_keys.rotation, Some(SigningKeys::ROTATION));
        let config = load(Mode::Development, "signing_key_rotation = \"never\"").expect("fine");
        assert_eq!(config.signing_keys.rotation, None);
    }

    #[test]
    fn limits_are_generous_and_can_be_switched_off() {
        let config = load(Mode::Development, "").expect("defaults");
        let ClientLimits { requests_per_client, requests_per_address, .. } = config.clients;
        assert_eq!((requests_per_client, requests_per_address), (None, None));
        assert_eq!(config.clients.failures_per_client, Some(ClientLimits::FAILURES_PER_CLIENT));
        assert_eq!(config.clients.session_starts_per_address.map(|rate| rate.times), Some(50));
        let text = "failures_per_client = \"off\"\nrequests_per_client = \"7/s\"\nmax_connections = 5\n\
                    idle_timeout = \"1m\"";
        let config = load(Mode::Development, text).expect("fine");
        assert_eq!(config.clients.failures_per_client, None);
        assert_eq!(config.clients.requests_per_client.map(|rate| rate.times), Some(7));
        assert_eq!((config.connections.most, config.connections.idle_timeout.as_seconds()), (5, 60));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        for (text, fault) in [
            ("tls_certificate = \"c\"", "tls_key: must be set"),
            ("tls_key = \"k\"", "tls_certificate: must be set"),
        ] {
            let refused = load(Mode::Development, text).expect_err("half a pair").to_string();
            assert!(refused.contains(fault), "{refused}");
        }
        let config = load(Mode::Development, "tls_certificate = \"c\"\ntls_key = \"k\"").expect("a pair");
        assert_eq!(config.public_url(1).as_str(), "https://localhost:1");
        assert_eq!(config.tls, Some(TlsFiles { certificate: "c".into(), key: "k".into() }));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = "listen = \"8080\"\npublic_url = \"http://id.example.com\"\n\
                    database_url = \"mysql://a:hush@b\"\nlog_format = \"xml\"\nports = 1\n\
                    max_connections = 0\nbody_timeout = 30\nfailures_per_address = \"many\"\nzyphr_sensitive = \"5\"\n\
                    trusted_proxies = [\"proxy\"]\nforwarded_header = \"via\"\nsigning_key_rotation = \"often\"\n\
                    mail_url = \"mail.example.com\"";
        let message = load(Mode::Production, text).expect_err("many faults").to_string();
        for key in [
            "listen:",
            "public_url:",
            "database_url:",
            "log_format:",
            "ports:",
            "max_connections:",
            "body_timeout:",
            "failures_per_address:",
            "zyphr_sensitive:",
            "trusted_proxies:",
            "forwarded_header:",
            "signing_key_rotation:",
            "mail_url:",
            "mail_from:",
        ] {
            assert!(message.contains(&format!("\n  - {key} ")), "{key} in {message}");
        }
        assert!(!message.contains("hush"), "{message}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = load(Mode::Development, "database_url = \"postgres://a:hush@b/c\"").expect("fine");
        assert!(!format!("{config:?}").contains("hush"));
    }
}
