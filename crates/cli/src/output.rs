//! Everything that is printed for people, other than log lines.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is where printing is done")]

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;

use appkeep_config::{Config, Database, MasterKeySource, PublicUrl};
use appkeep_domain::Timestamp;
use appkeep_service::{Exported, RESET_PASSWORD, SetUpLink, VerifiedExport};
use serde::Serialize;

use crate::backup::Manifest;
use crate::bootstrap::Credentials;
use crate::doctor::{Finding, Level};
use crate::failure::Failure;
use crate::keys::{ShownKey, ShownRotation};

pub(crate) fn failed(failure: &Failure) {
    eprintln!("appkeep: {failure}");
}

pub(crate) fn migrated(count: usize) {
    match count {
        0 => println!("The schema is up to date; no migration was needed."),
        1 => println!("1 migration was applied."),
        _ => println!("{count} migrations were applied."),
    }
}

/// For programs: one JSON document and nothing else.
pub(crate) fn json(value: &impl Serialize) {
    println!("{}", serde_json::to_string_pretty(value).expect("texts always print"));
}

pub(crate) fn text(text: &str) {
    println!("{text}");
}

pub(crate) fn bootstrapped(made: &Credentials) {
    let shown =
        |secret: &Option<String>| secret.clone().unwrap_or_else(|| "(shown when it was made)".to_owned());
    println!("The server is reached at {}", made.base_url);
    println!("Operator:  {}", made.operator.email);
    match &made.operator.link {
        Some(link) => println!("  choose a password by this link, which is good once:  {link}"),
        None => println!("  password       {}", shown(&made.operator.password)),
    }
    println!("Application that manages the registry:");
    println!("  client_id      {}", made.native.client_id);
    println!("  client_secret  {}", shown(&made.native.client_secret));
    println!("Application that operators sign in to:");
    println!("  client_id      {}", made.console.client_id);
    let operator = made.operator.password.is_some() || made.operator.link.is_some();
    if operator || made.native.client_secret.is_some() {
        println!("Keep these now: they are not shown again. `appkeep bootstrap --reset` makes new ones.");
    } else {
        println!("Nothing was made. `appkeep bootstrap --reset` makes new secrets and ends those before.");
    }
}

/// On the standard error output: the export itself may be on the other.
pub(crate) fn exported(exported: &Exported, to: Option<&Path>) {
    let file = to.map_or_else(|| "the standard output".to_owned(), |path| format!("`{}`", path.display()));
    eprintln!("{} entries of {} histories were written to {file}.", exported.entries, exported.chains);
    if exported.unsealed > 0 {
        eprintln!("{} more wait to be sealed and are not in it.", exported.unsealed);
    }
    eprintln!("It is signed by the key with the thumbprint {}", exported.key_thumbprint);
}

pub(crate) fn verified(verified: &VerifiedExport, by_itself: bool) {
    let signed_at = Timestamp::from_seconds(verified.signed_at);
    println!("The export is whole: {} entries, signed {}.", verified.entries, signed_at);
    for chain in &verified.chains {
        println!("  {}  {} entries, the last with the hash {}", chain.owner, chain.count, chain.hash);
    }
    println!("{} earlier signatures in it agree.", verified.checkpoints);
    if verified.checkpoints_unchecked > 0 {
        println!("{} are by keys that you did not name, and prove nothing.", verified.checkpoints_unchecked);
    }
    if verified.unsealed > 0 {
        println!("{} entries waited to be sealed when it was made, and are not in it.", verified.unsealed);
    }
    println!("The key that signed it has the thumbprint {}", verified.key_thumbprint);
    if by_itself {
        println!("The file brought this key along. Compare the thumbprint with one that you know from");
        println!(
            "elsewhere, or name it with --key-thumbprint or --jwks: anybody can sign with a key of their own."
        );
    }
}

pub(crate) fn keys(keys: &[ShownKey]) {
    let names = ["kid", "alg", "use", "signs from", "verifies until"].map(str::to_owned).to_vec();
    let rows = keys.iter().map(|key| {
        let retires_at = key.retires_at.as_deref().unwrap_or("-");
        [&key.kid, key.alg, key.used_for, &key.activates_at, retires_at].map(str::to_owned).to_vec()
    });
    println!("{}", table(&std::iter::once(names).chain(rows).collect::<Vec<_>>()));
}

pub(crate) fn rotated(rotated: &[ShownRotation]) {
    for made in rotated {
        println!("{}  {} signs from {} on.", made.alg, made.kid, made.activates_at);
        println!("  what {} signed is accepted until {}.", made.replaced.join(", "), made.replaced_until);
    }
}

pub(crate) fn rewrapped(count: usize, file: &Path) {
    println!("{count} data keys are wrapped under the key in `{}`.", file.display());
    println!("Start every server and command with that key from now on, and restart those that run.");
    println!("Keep the key before for as long as you keep backups that were made with it.");
}

/// A line for each, and under it what to do.
pub(crate) fn findings(findings: &[Finding]) {
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let message = finding.message.replace('\n', " ");
            vec![word(finding.level).to_owned(), finding.check.to_owned(), message]
        })
        .collect();
    // The longest level and the longest name stand before each message.
    let indent = rows.iter().map(|row| row[0].len()).max().unwrap_or(0) + 2;
    for (line, finding) in table(&rows).lines().zip(findings) {
        println!("{line}");
        if let Some(remedy) = &finding.remedy {
            println!("{:indent$}-> {remedy}", "");
        }
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Error => "ERROR",
    }
}

/// How far something has got, for whoever sits before a terminal.
pub(crate) struct Progress {
    is_seen: bool,
    last: Option<u64>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        Self { is_seen: std::io::stderr().is_terminal(), last: None }
    }

    pub(crate) fn tell(&mut self, what: &str, done: u64, of: u64) {
        let percent = (done * 100).checked_div(of).unwrap_or(100);
        if self.is_seen && self.last != Some(percent) {
            self.last = Some(percent);
            eprint!("\r{what}: {percent} %");
        }
    }
}

/// Whatever is printed next begins on a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            eprintln!();
        }
    }
}

pub(crate) fn backed_up(manifest: &Manifest, file: &Path, master_key: &MasterKeySource) {
    println!("`{}` holds the database as of {}, {} bytes.", file.display(), manifest.made_at, manifest.size);
    match master_key {
        MasterKeySource::File(path) | MasterKeySource::OwnFile(path) => println!(
            "The master key `{}` is not in it. Keep a copy of that as well, and in another place:",
            path.display()
        ),
        MasterKeySource::Value(_) | MasterKeySource::Command(_) => {
            println!("The master key is not in it. Keep a copy of that as well, and in another place:");
        }
    }
    println!("without it the backup is of no use, and with it whoever has both can sign tokens.");
}

pub(crate) fn restored(manifest: &Manifest, database: &Path, replaced: Option<&Path>) {
    println!("`{}` is as it was on {}.", database.display(), manifest.made_at);
    if let Some(replaced) = replaced {
        println!("What was there before is kept as `{}`.", replaced.display());
    }
    println!("What was revoked, disabled, rotated or deleted since then is as it was before that.");
    println!("`appkeep keys rotate --at-once` ends every token that was given out until now.");
}

/// Columns under their names, each as wide as its widest text.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Says where the server is and what to do next.
pub(crate) fn listening(address: SocketAddr, url: &PublicUrl, config: &Config, is_dev: bool) {
    println!("Appkeep listens on {address} and is reached at {url}");
    let folder = config.data_dir.display();
    match &config.database {
        Database::Sqlite(_) if is_dev => {
            println!("This is a development server: others must not rely on it. Its data is in `{folder}`.");
        }
        Database::Postgres(_) if is_dev => {
            println!("This is a development server: others must not rely on it. Its keys are in `{folder}`.");
        }
        Database::Sqlite(_) | Database::Postgres(_) => {}
    }
    println!("Next, get credentials to manage it with:  {}", bootstrap_command(config));
}

/// Where people manage it, and how the first of them comes in.
pub(crate) fn console(url: &str, link: Option<&SetUpLink>) {
    println!("Its console is at {url}/console");
    if let Some(link) = link {
        println!("Nobody can sign in there yet. Choose a password for {} by this link,", link.email);
        println!("which is good once, and for {} minutes:", link.lifetime.as_seconds() / 60);
        println!("  {}", set_up_address(url, link));
    }
}

pub(crate) fn set_up_address(url: &str, link: &SetUpLink) -> String {
    format!("{}{RESET_PASSWORD}?token={}", url.trim_end_matches('/'), link.token.expose())
}

pub(crate) fn how_to_stop() {
    println!("Stop it with Ctrl-C.");
}

/// A URL of a database holds a password, so it is not repeated.
fn bootstrap_command(config: &Config) -> String {
    let is_default = config.data_dir == Path::new(Config::DATA_DIR);
    let folder =
        if is_default { String::new() } else { format!(" --data-dir '{}'", config.data_dir.display()) };
    match &config.database {
        Database::Sqlite(_) => format!("appkeep bootstrap{folder}"),
        Database::Postgres(_) => format!("appkeep bootstrap{folder} --database-url …"),
    }
}

pub(crate) fn stopped() {
    println!("Appkeep has stopped.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let rows = [["a", "bcd"], ["éfgh", "i"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "a     bcd\néfgh  i");
        assert_eq!(table(&[]), "");
    }
}
