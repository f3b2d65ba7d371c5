//! Registries to measure with: a folder each, filled beforehand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::connection::{Connection, Head};
use super::server::{Programs, output};
use crate::Failure;

/// What is issued in the second of a new password is refused with what was
/// issued before it.
pub(crate) const AFTER_A_NEW_PASSWORD: Duration = Duration::from_secs(2);

/// A folder that a server can be started on.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(crate) data: PathBuf,
    /// What manages it.
    pub(crate) admin: Client,
    /// Who signs in to the console.
    pub(crate) operator: Operator,
    /// Where it is reached, or will be by what `bootstrap` knows.
    pub(crate) url: String,
    /// A line for each seeded application: id, secret, algorithm.
    secrets: PathBuf,
}

/// An application and what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// Somebody who manages it in a browser.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl Client {
    /// The form that asks for a token with all the client may have.
    pub(crate) fn token_form(&self) -> String {
        format!("grant_type=client_credentials&{}", self.form())
    }

    pub(crate) fn introspection_form(&self, token: &str) -> String {
        format!("token={token}&{}", self.form())
    }

    fn form(&self) -> String {
        format!("client_id={}&client_secret={}", self.id, self.secret)
    }
}

impl Registry {
    /// Beside a server that runs on the folder already, or before one does.
    pub(crate) fn make(programs: &Programs, data: PathBuf, applications: usize) -> Result<Self, Failure> {
        let made = bootstrap(&programs.appkeep, &data)?;
        let (native, operator, secrets) = (&made["native"], &made["operator"], data.join("secrets"));
        let admin = Client { id: text(native, "client_id")?, secret: text(native, "client_secret")? };
        let operator = Operator { email: text(operator, "email")?, password: text(operator, "password")? };
        let url = text(&made, "base_url")?;
        if applications > 0 {
            let mut command = Command::new(&programs.seed);
            command.arg(data.join("appkeep.db")).arg(applications.to_string()).arg(&secrets);
            output(&mut command, &programs.seed)?;
        }
        Ok(Self { data, admin, operator, url, secrets })
    }

    /// The seeded clients whose tokens are signed with the algorithm, or with
    /// any; the first so many.
    pub(crate) fn clients(&self, algorithm: Option<&str>, most: usize) -> Result<Vec<Client>, Failure> {
        let path = self.secrets.display();
        let lines = fs::read_to_string(&self.secrets);
        let lines = lines.map_err(|error| Failure::new(format!("{path}: {error}")))?;
        let clients = lines.lines().filter_map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            let client = Client { id: words.next()?, secret: words.next()? };
            let is_wanted = algorithm.is_none() || algorithm == words.next().as_deref();
            is_wanted.then_some(client)
        });
        Ok(clients.take(most).collect())
    }

    /// The value of an `Authorization` header that may do everything.
    pub(crate) fn admin_authorization(&self, connection: &mut Connection) -> Result<String, Failure> {
        Ok(format!("Bearer {}", token(connection, &self.admin)?))
    }

    /// A file beside the data with a line for each body.
    pub(crate) fn bodies(&self, name: &str, lines: &[String]) -> Result<PathBuf, Failure> {
        let path = self.data.join(name);
        fs::write(&path, lines.join("\n"))
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(path)
    }
}

pub(crate) fn token(connection: &mut Connection, client: &Client) -> Result<String, Failure> {
    let answer = connection.ask(Head::post_form("/oauth2/token"), &client.token_form())?;
    text(&answer, "access_token")
}

pub(crate) fn text(value: &Value, member: &str) -> Result<String, Failure> {
    let found = value[member].as_str();
    found.map(str::to_owned).ok_or_else(|| Failure::new(format!("an answer has no `{member}`")))
}

fn bootstrap(appkeep: &Path, data: &Path) -> Result<Value, Failure> {
    let mut command = Command::new(appkeep);
    command.args(["bootstrap", "--json", "--log-filter", "error", "--data-dir"]).arg(data);
    let printed = output(&mut command, appkeep)?;
    serde_json::from_str(&printed)
        .map_err(|error| Failure::new(format!("`appkeep bootstrap --json` printed no JSON: {error}")))
}
