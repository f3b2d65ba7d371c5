//! What can be said on the command line, and what the environment says instead.

use std::path::PathBuf;

use appkeep_domain::{SigningAlgorithm, Slug};
use clap::{Args, Parser, Subcommand};

use crate::setting_arguments::SettingArguments;

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
    /// Look after the keys that tokens are signed with.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Say what is wrong with this installation, and what to do about it.
    Doctor(DoctorCommand),
    /// Copy the `SQLite` database into one file, also beside a running server.
    Backup(BackupCommand),
    /// Put a database back from such a file.
    Restore(RestoreCommand),
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
    /// Print a one-time link by which the first operator chooses a password, instead of a password.
    #[arg(long, conflicts_with = "reset")]
    pub(crate) link: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Seal, sign and write out the audit trail, also beside a running server.
    Export(Box<AuditExportCommand>),
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
    pub(crate) settings: Box<SettingArguments>,
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
    #[arg(long, value_name = "THUMBPRINT", allow_hyphen_values = true)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the signing keys, and what each is used for.
    List(ListKeysCommand),
    /// Make new signing keys that take over from those there are.
    Rotate(RotateKeysCommand),
    /// Wrap the keys in the database under another master key.
    Rewrap(RewrapCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ListKeysCommand {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Whose keys, by the tenant's slug.
    #[arg(long, default_value = "default", value_parser = slug)]
    pub(crate) tenant: Slug,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RotateKeysCommand {
    /// Whose keys, by the tenant's slug.
    #[arg(long, default_value = "default", value_parser = slug)]
    pub(crate) tenant: Slug,
    /// ES256, RS256 or EdDSA [default: each of them].
    #[arg(long, value_parser = algorithm)]
    pub(crate) alg: Option<SigningAlgorithm>,
    /// Refuse, from now on, every token that the keys before have signed: for keys that somebody
    /// else may have.
    #[arg(long)]
    pub(crate) at_once: bool,
    /// Print JSON instead of lines for people.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RewrapCommand {
    /// The file with the new master key; `openssl rand -base64 32` makes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_master_key_file: PathBuf,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorCommand {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Count anew what is counted wrongly.
    #[arg(long)]
    pub(crate) recount: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct BackupCommand {
    /// A new file to write to.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreCommand {
    /// What `appkeep backup` wrote.
    pub(crate) file: PathBuf,
    /// Put it in the place of the database that is there, which is kept beside it.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
}

fn slug(raw: &str) -> Result<Slug, String> {
    Slug::parse(raw).map_err(|error| error.to_string())
}

fn algorithm(raw: &str) -> Result<SigningAlgorithm, String> {
    SigningAlgorithm::parse(raw).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use appkeep_config::Settings;
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
