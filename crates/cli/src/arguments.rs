//! What can be said on the command line, and what the environment says instead.

use std::path::PathBuf;

use appkeep_config::{Config, Mode, Secret, Settings};
use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;

/// A registry of applications and an OAuth authorization server.
#[derive(Debug, Parser)]
#[command(name = "appkeep", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(ServeCommand),
    /// Make the credentials that the registry is managed with, and print them.
    Bootstrap(BootstrapCommand),
    /// Export the audit trail, or verify such an export.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Bring the database's schema up to this release.
    Migrate(SettingArguments),
    /// Print the `OpenAPI` document of the native API.
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct BootstrapCommand {
    /// Print JSON instead of lines for people.
    #[arg(long)]
    pub(crate) json: bool,
    /// Make new secrets; those before are refused from now on.
    #[arg(long)]
    pub(crate) reset: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Seal, sign and write out the audit trail, also beside a running server.
    Export(AuditExportCommand),
    /// Say whether an export is whole and as it was signed; reads that file alone.
    Verify(AuditVerifyCommand),
}

#[derive(Debug, Args)]
pub(crate) struct AuditExportCommand {
    /// The tenant whose history to export [default: everybody's].
    #[arg(long, value_name = "SLUG")]
    pub(crate) tenant: Option<String>,
    /// A new file to write to [default: the standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct AuditVerifyCommand {
    /// What `appkeep audit export` wrote.
    pub(crate) file: PathBuf,
    /// A JSON Web Key Set with the keys to trust, such as the server's
    /// `/.well-known/jwks.json`, saved while it was known to be right.
    #[arg(long, value_name = "FILE", conflicts_with = "key_thumbprint")]
    pub(crate) jwks: Option<PathBuf>,
    /// The RFC 7638 thumbprint of a key to trust; may be given several times.
    #[arg(long, value_name = "THUMBPRINT")]
    pub(crate) key_thumbprint: Vec<String>,
    /// An export from before: what it holds must be the beginning of this one.
    #[arg(long, value_name = "FILE")]
    pub(crate) earlier: Option<PathBuf>,
    /// Print JSON instead of lines for people.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeCommand {
    /// Run on a developer's machine: nothing has to be set.
    #[arg(long, env = "APPKEEP_DEV")]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

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
    #[arg(long, env = "APPKEEP_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// How log lines are written: json or human.
    #[arg(long, env = "APPKEEP_LOG_FORMAT")]
    log_format: Option<String>,
    /// Which log lines are written [default: info].
    #[arg(long, env = "APPKEEP_LOG_FILTER")]
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
        let given = Settings {
            listen: self.listen,
            public_url: self.public_url,
            data_dir: self.data_dir,
            database_url: self.database_url,
            master_key_file: self.master_key_file,
            log_format: self.log_format,
            log_filter: self.log_filter,
        };
        Config::load(mode, given, file.as_deref()).map_err(Failure::from)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_setting_has_its_flag_and_variable() {
        let command = Arguments::command();
        let serve = command.find_subcommand("serve").expect("there is `serve`");
        for key in Settings::KEYS {
            let argument = serve.get_arguments().find(|argument| argument.get_id() == key).expect(key);
            assert_eq!(argument.get_long(), Some(key.replace('_', "-").as_str()));
            let variable = format!("APPKEEP_{}", key.to_uppercase());
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        }
    }
}
