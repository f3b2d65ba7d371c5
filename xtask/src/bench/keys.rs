//! API keys: verified, alone and with a decision by few rules and by many.

use serde_json::{Value, json};

use super::connection::{Connection, Head, JSON};
use super::registry::{Client, Registry, text, token};
use super::server::{Server, output};
use super::table::Row;
use super::wrk::Load;
use super::{Bench, progress};
use crate::Failure;

/// So many that no single one stays in the processor's cache.
const KEYS: usize = 1_000;
const FEW_RULES: usize = 10;
/// As many as an application may have.
const MANY_RULES: usize = 1_000;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let registry = bench.loaded()?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let bare = Server::start_bare(&bench.programs, &bench.machine, "none")?;
    let mut connection = server.connect()?;
    let authorization = registry.admin_authorization(&mut connection)?;
    let mut holders = Holders { connection, authorization, registry };
    let asker = holders.asker()?;
    progress(&format!("{KEYS} API keys"));
    let keys = holders.many()?;
    let (few, many) = (holders.ruled(FEW_RULES)?, holders.ruled(MANY_RULES)?);
    let rates =
        output(&mut bench.machine.server(&bench.programs.decision_rate), &bench.programs.decision_rate)?;
    for (what, bodies, rules) in [
        (format!("key verification, {KEYS} keys in turn"), keys, None),
        (format!("key verification and a decision by {FEW_RULES} rules"), few, Some(FEW_RULES)),
        (format!("key verification and a decision by {MANY_RULES} rules"), many, Some(MANY_RULES)),
    ] {
        progress(&what);
        let load = holders.load((&bodies, &asker), bench.options.seconds)?;
        let (ours, least) = (load.run(&bench.machine, &server)?, load.run(&bench.machine, &bare)?);
        let row = Row::of(what, ours).ceiling(least.per_second);
        bench.table.add(match rules {
            Some(rules) => row.raw(raw_rate(&rates, rules)?),
            None => row,
        });
    }
    bench.table.remark(
        "keys: the ceiling is the bare loop without a signature; raw is deciding by as many rules, and nothing else",
    );
    Ok(())
}

/// Applications that are given keys, by whoever manages them.
struct Holders {
    connection: Connection,
    authorization: String,
    registry: Registry,
}

impl Holders {
    fn load<'a>(
        &self,
        (bodies, authorization): (&[String], &'a str),
        seconds: u32,
    ) -> Result<Load<'a>, Failure> {
        let bodies = Some(self.registry.bodies("keys", bodies)?);
        let head = head("POST", "/api/v1/keys/verify", authorization);
        Ok(Load { head, bodies, connections: 32, seconds })
    }

    /// A service that is shown keys, and may do nothing but verify them.
    fn asker(&mut self) -> Result<String, Failure> {
        let service = json!({ "name": "Shown keys", "type": "m2m", "allowed_scopes": ["keys:verify"] });
        let made = self.ask("POST", "/api/v1/applications", &service)?;
        let text = |member| text(&made["data"], member);
        let client = Client { id: text("client_id")?, secret: text("client_secret")? };
        Ok(format!("Bearer {}", token(&mut self.connection, &client)?))
    }

    /// Questions about many keys.
    fn many(&mut self) -> Result<Vec<String>, Failure> {
        let clients = self.registry.clients(None, KEYS)?;
        let access = json!({ "kind": "private", "permissions": ["token:read"] });
        let ask = |client: Client| {
            let key = self.key(&client.id, &access)?;
            Ok(json!({ "key": key }).to_string())
        };
        clients.into_iter().map(ask).collect()
    }

    /// Questions about one key, each of which another rule answers.
    fn ruled(&mut self, rules: usize) -> Result<Vec<String>, Failure> {
        let made = json!({ "name": format!("With {rules} rules"), "type": "m2m" });
        let made = self.ask("POST", "/api/v1/applications", &made)?;
        let each: Vec<Value> = (1..=rules)
            .map(|number| {
                json!({
                    "priority": number,
                    "container": format!("/shops/{number}/"),
                    "transform": "mask",
                    "permissions": ["token:read"],
                })
            })
            .collect();
        let id = text(&made["data"], "id")?;
        let key = self.key(&id, &json!({ "kind": "private", "rules": each }))?;
        let question = |number: usize| {
            let container = format!("/shops/{number}/cards/");
            json!({ "key": key, "permission": "token:read", "container": container }).to_string()
        };
        Ok((1..=rules).map(question).collect())
    }

    fn key(&mut self, application: &str, access: &Value) -> Result<String, Failure> {
        let path = format!("/api/v1/applications/{application}");
        self.ask("PUT", &format!("{path}/access"), access)?;
        text(&self.ask("POST", &format!("{path}/keys"), &json!({}))?["data"], "key")
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        self.connection.ask(head(method, path, &self.authorization), &body.to_string())
    }
}

const fn head<'a>(method: &'a str, path: &'a str, authorization: &'a str) -> Head<'a> {
    Head { method, path, content_type: Some(JSON), authorization: Some(authorization), cookie: None }
}

/// Out of lines such as `10 2400000`.
fn raw_rate(lines: &str, rules: usize) -> Result<f64, Failure> {
    let wanted = rules.to_string();
    let line = lines.lines().find_map(|line| line.split_once(' ').filter(|(found, _)| *found == wanted));
    let rate = line.and_then(|(_, rate)| rate.trim().parse().ok());
    rate.ok_or_else(|| Failure::new(format!("the rate of {rules} rules is not among {lines:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_found_by_the_number_of_rules() {
        let lines = "10 2400000\n1000 2000000\n";
        assert_eq!((raw_rate(lines, 10), raw_rate(lines, 1_000)), (Ok(2_400_000.0), Ok(2_000_000.0)));
        assert!(raw_rate(lines, 100).is_err());
    }
}
