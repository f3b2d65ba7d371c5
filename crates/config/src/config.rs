//! The settings as a whole, after they were found to make sense.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::log_format::LogFormat;
use crate::public_url::PublicUrl;
use crate::secret::Secret;
use crate::settings::Settings;

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
    pub master_key_file: MasterKeyFile,
    pub log_format: LogFormat,
    pub log_filter: String,
}

/// Where the registry is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Secret),
}

/// Where the master key is, which seals what the database keeps secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterKeyFile {
    /// Somebody put it there; that it is missing is a fault.
    Given(PathBuf),
    /// In the data directory, where it is made when it is missing.
    Own(PathBuf),
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
        let (written, mut faults) = match file.map(Settings::from_toml) {
            Some(Ok(read)) => read,
            Some(Err(fault)) => return Err(InvalidConfig(vec![fault])),
            None => (Settings::default(), Vec::new()),
        };
        let settings = given.or(written);
        let config = Self::resolve(mode, settings, &mut faults);
        if faults.is_empty() { Ok(config) } else { Err(InvalidConfig(faults)) }
    }

    /// Where clients find the server that listens on `port`.
    pub fn public_url(&self, port: u16) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| PublicUrl::localhost(port))
    }

    fn resolve(mode: Mode, settings: Settings, faults: &mut Vec<String>) -> Self {
        let data_dir = settings.data_dir.unwrap_or_else(|| Self::DATA_DIR.into());
        let log_format = if mode == Mode::Production { LogFormat::Json } else { LogFormat::Human };
        let database = database(&data_dir, settings.database_url, faults);
        Self {
            listen: listen(settings.listen.as_deref(), faults).unwrap_or(Self::LISTEN),
            public_url: public_url(mode, settings.public_url.as_deref(), faults),
            master_key_file: master_key_file(mode, &data_dir, &database, settings.master_key_file, faults),
            database,
            data_dir,
            log_format: checked("log_format", settings.log_format.as_deref(), faults).unwrap_or(log_format),
            log_filter: settings.log_filter.unwrap_or_else(|| Self::LOG_FILTER.to_owned()),
        }
    }
}

fn list(faults: &[String]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("  - {fault}")).collect();
    lines.join("\n")
}

fn checked<T: std::str::FromStr<Err: ToString>>(
    key: &str,
    raw: Option<&str>,
    faults: &mut Vec<String>,
) -> Option<T> {
    let parsed = raw?.parse::<T>();
    parsed.map_err(|error| faults.push(format!("{key}: {}", error.to_string()))).ok()
}

fn listen(raw: Option<&str>, faults: &mut Vec<String>) -> Option<SocketAddr> {
    let parsed = raw?.parse();
    parsed
        .map_err(|_| faults.push("listen: must be an address and a port, such as 127.0.0.1:8080".to_owned()))
        .ok()
}

fn public_url(mode: Mode, raw: Option<&str>, faults: &mut Vec<String>) -> Option<PublicUrl> {
    let Some(raw) = raw else {
        // A value that could not be read was told already, and is not missing.
        let is_told = faults.iter().any(|fault| fault.starts_with("public_url:"));
        if mode == Mode::Production && !is_told {
            faults.push(
                "public_url: must be set, such as https://id.example.com; `--dev` does without".to_owned(),
            );
        }
        return None;
    };
    PublicUrl::parse(raw).map_err(|error| faults.push(format!("public_url: {error}"))).ok()
}

fn database(data_dir: &std::path::Path, url: Option<Secret>, faults: &mut Vec<String>) -> Database {
    let Some(url) = url else { return Database::Sqlite(data_dir.join(Config::DATABASE_FILE)) };
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.reveal().starts_with(scheme)) {
        faults.push("database_url: must begin with `postgres://`; without it SQLite is used".to_owned());
    }
    Database::Postgres(url)
}

/// Servers that share a database share its master key, so none makes its own.
fn master_key_file(
    mode: Mode,
    data_dir: &std::path::Path,
    database: &Database,
    given: Option<PathBuf>,
    faults: &mut Vec<String>,
) -> MasterKeyFile {
    if let Some(path) = given {
        return MasterKeyFile::Given(path);
    }
    if mode == Mode::Production && matches!(database, Database::Postgres(_)) {
        let message = "master_key_file: must be set with `database_url`, to a file that every server has; \
                       `openssl rand -base64 32` makes a key";
        faults.push(message.to_owned());
    }
    MasterKeyFile::Own(data_dir.join(Config::MASTER_KEY_FILE))
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
        assert_eq!(config.master_key_file, MasterKeyFile::Given("k".into()));
        let config = load(Mode::Development, shared).expect("a developer has one server");
        assert_eq!(config.master_key_file, MasterKeyFile::Own("appkeep-data/master.key".into()));
    }

    #[test]
    fn what_is_given_wins_over_the_file() {
        let given = Settings { listen: Some("0.0.0.0:1".to_owned()), ..Settings::default() };
        let file = "listen = \"0.0.0.0:2\"\nlog_filter = \"debug\"";
        let config = Config::load(Mode::Development, given, Some(file)).expect("fine");
        assert_eq!((config.listen.port(), config.log_filter.as_str()), (1, "debug"));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = "listen = \"8080\"\npublic_url = \"http://id.example.com\"\n\
                    database_url = \"mysql://a:hush@b\"\nlog_format = \"xml\"\nports = 1";
        let message = load(Mode::Production, text).expect_err("five faults").to_string();
        for key in ["listen:", "public_url:", "database_url:", "log_format:", "ports:"] {
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
