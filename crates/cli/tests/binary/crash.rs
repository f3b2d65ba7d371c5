//! `kill -9` under load: what was answered is there, whole, with its history.
//!
//! `cargo xtask crash` runs the same for many rounds; the environment variable
//! `APPKEEP_CRASH` says how many and from which seed.

use std::time::Duration;

use appkeep_domain::Entropy;
use appkeep_testkit::SeededEntropy;

use self::check::check;
use self::ledger::Ledger;
use self::load::Load;
use self::place::{Place, Victim};
use crate::harness::Server;

#[path = "crash/check.rs"]
mod check;
#[path = "crash/ledger.rs"]
mod ledger;
#[path = "crash/load.rs"]
mod load;
#[path = "crash/place.rs"]
mod place;

/// How often, and with what chance.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rounds: u32,
    seed: u64,
}

impl Plan {
    /// Out of `APPKEEP_CRASH`, two numbers such as `20 7`.
    fn of(otherwise: u32) -> Self {
        let asked = std::env::var("APPKEEP_CRASH").unwrap_or_default();
        let mut numbers = asked.split_whitespace().map(|word| word.parse().expect("a number"));
        let rounds =
            numbers.next().map_or(otherwise, |rounds: u64| u32::try_from(rounds).expect("not so many"));
        Self { rounds, seed: numbers.next().unwrap_or(1) }
    }
}

/// Chance that a seed repeats.
#[derive(Debug)]
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % end
    }
}

/// For whoever runs many rounds.
#[expect(clippy::print_stdout, reason = "the figures of a run are its result")]
fn say(line: std::fmt::Arguments<'_>) {
    println!("crash: {line}");
}

async fn survive(victim: Victim, plan: Plan) {
    let place = Place::make(victim);
    let mut server = place.start();
    let mut ledger = Ledger::of(&place.caller(&server).await).await;
    say(format_args!("{victim:?}, {} rounds, seed {}", plan.rounds, plan.seed));
    for round in 0..plan.rounds {
        let seed = plan.seed * 1_000 + u64::from(round);
        server = strike(&place, server, &mut ledger, seed).await;
        let outcome = check(&place, &server, &mut ledger, round).await;
        say(format_args!("round {round}: {outcome}"));
        assert!(outcome.findings.is_empty(), "seed {seed}:\n{}", outcome.findings.join("\n"));
    }
    say(format_args!("in all: {}", ledger.tally));
    assert!(ledger.tally.answered() > 0, "nothing was written");
}

/// Puts the load on, kills at some moment, and starts again.
async fn strike(place: &Place, mut server: Server, ledger: &mut Ledger, seed: u64) -> Server {
    let load = Load::start(&place.caller(&server).await, ledger.hand_out(), seed);
    let moment = 150 + Dice::new(seed).below(1_500) as u64;
    tokio::time::sleep(Duration::from_millis(moment)).await;
    load.expect_the_end();
    place.kill(&mut server);
    ledger.take_back(load.stop().await);
    place.start_again(server).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_survives_the_end_of_the_server() {
    survive(Victim::ServerOnSqlite, Plan::of(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_survives_the_end_of_the_server() {
    survive(Victim::ServerOnPostgres, Plan::of(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_survives_the_end_of_the_postmaster() {
    survive(Victim::Postmaster, Plan::of(1)).await;
}

/// What a crash must not do, done by hand; the check has to see each.
const LOSSES: &[(&str, &str)] = &[
    ("an application", "DELETE FROM applications WHERE id = (SELECT max(id) FROM applications)"),
    (
        "an application with everything but its history",
        "DELETE FROM application_ids WHERE id = (SELECT max(id) FROM applications);
         DELETE FROM credentials WHERE application_id = (SELECT max(id) FROM applications);
         DELETE FROM applications WHERE id = (SELECT max(id) FROM applications)",
    ),
    ("an entry of the history", "DELETE FROM audit_entries WHERE id = (SELECT max(id) FROM audit_entries)"),
    (
        "a disabling",
        "UPDATE applications SET state = 'enabled' WHERE id =
             (SELECT max(id) FROM applications WHERE state = 'disabled')",
    ),
    (
        "a scope",
        "UPDATE applications SET oauth = json_set(oauth, '$.allowed_scopes', json('[]'))
         WHERE id = (SELECT max(id) FROM applications)",
    ),
    (
        "a secret",
        "DELETE FROM credentials WHERE id = (SELECT max(c.id) FROM credentials c
             JOIN applications a ON a.id = c.application_id)",
    ),
    (
        "whose a secret is",
        "UPDATE credentials SET application_id = randomblob(16) WHERE id =
             (SELECT max(id) FROM credentials)",
    ),
    ("an id", "DELETE FROM application_ids WHERE id = (SELECT max(id) FROM applications)"),
    ("a count", "UPDATE audit_totals SET total = total + 1"),
    ("a place in the queue", "DELETE FROM audit_unsealed; DELETE FROM audit_seals WHERE seq = 2"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_notices_what_is_lost() {
    let place = Place::make(Victim::ServerOnSqlite);
    let server = place.start();
    let mut ledger = Ledger::of(&place.caller(&server).await).await;
    let load = Load::start(&place.caller(&server).await, ledger.hand_out(), 3);
    tokio::time::sleep(Duration::from_millis(200)).await;
    ledger.take_back(load.stop().await);
    assert_eq!(server.stop("-TERM").await, Some(0));
    for (lost, statements) in LOSSES {
        let copy = place.copy();
        copy.run(statements);
        let server = copy.start();
        let outcome = check(&copy, &server, &mut ledger.clone(), 0).await;
        assert!(!outcome.findings.is_empty(), "nobody misses {lost}");
    }
    let untouched = place.copy();
    let outcome = check(&untouched, &untouched.start(), &mut ledger, 0).await;
    assert_eq!(outcome.findings, Vec::<String>::new());
}
