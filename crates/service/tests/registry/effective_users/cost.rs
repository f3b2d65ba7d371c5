//! How many statements a page of them takes.

use std::collections::BTreeSet;
use std::time::Duration;

use appkeep_domain::{Level, Name, Tenant, TenantId, Within};
use appkeep_service::{EffectiveQuery, NumberedQuery};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::on_each_database;

use super::{Link, Picture, Round, TENANTS, USERS, World, caller};

on_each_database![
    of_many_who_ask_at_once_one_reads,
    a_tenant_that_changes_is_read_again_and_nothing_else,
    a_page_of_many_tenants_takes_as_many_statements_as_one_of_one,
    nobody_waits_for_what_other_tenants_have,
];

/// The least of so many counts: while a busy machine keeps the feed waiting,
/// nothing is answered from memory.
const TRIES: usize = 5;

/// Tenants of the first partner; of so many everybody may use the platform's
/// application, some of them by two ways.
fn everybody(tenants: u8) -> Picture {
    let links = (0..tenants).flat_map(|tenant| {
        let direct = (0..USERS).map(move |user| (tenant, Link::User(0, user)));
        let groups = [Link::Group(0, 0), Link::Nested(0, 1), Link::Member(1, 0)];
        direct.chain(groups.into_iter().filter(move |_| tenant > 1).map(move |link| (tenant, link)))
    });
    let partners = vec![Some(0); usize::from(TENANTS)];
    Picture { partners, links: links.collect(), changes: BTreeSet::new(), per_page: 5 }
}

impl World {
    /// With a round for each picture, from 1 on.
    async fn with(store: Store, pictures: &[Picture]) -> Self {
        let world = Self::start(store).await;
        for (round, picture) in (1..).map(Round).zip(pictures) {
            world.found(round, picture).await;
            for &one in &picture.links {
                assert!(world.link(round, one, true).await);
            }
        }
        // What it hears of its own writes, it has heard.
        tokio::time::sleep(Duration::from_millis(600)).await;
        world
    }

    /// What one page costs the first time, and then again.
    async fn costs(&self, (level, round): &(Level, Round), per_page: i64) -> [(u64, u64); 2] {
        let cost = || self.cost((*level, *round), (1, per_page));
        let (first, mut again) = (cost().await, cost().await);
        for _ in 1..TRIES {
            again = again.min(cost().await);
        }
        [first, again]
    }

    /// How many statements so many first pages at once take, and how many users
    /// each of them tells of as the total.
    async fn cost(&self, (level, round): (Level, Round), (pages, per_page): (usize, i64)) -> (u64, u64) {
        let by = self.harness.by(caller("users:read", level));
        let id = round.application(0).to_string();
        let before = self.store.stats().request_statements;
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..pages {
            let (registry, by, id) = (self.registry.clone(), by.clone(), id.clone());
            let page = NumberedQuery { page: Some(1), per_page: Some(per_page) };
            let query = EffectiveQuery { page, tenant: None };
            asked.spawn(async move { registry.numbered_effective_users(&by, &id, query).await });
        }
        let found = asked.join_all().await;
        let totals: BTreeSet<u64> = found.into_iter().map(|found| found.expect("lists").total).collect();
        assert_eq!(totals.len(), 1, "{totals:?}");
        (self.store.stats().request_statements - before, totals.into_iter().sum())
    }

    /// Who changes a tenant tells everybody.
    async fn rename(&self, id: TenantId) {
        let renamed: Result<(), StorageError> = self
            .store
            .write(async move |tx: &mut WriteTx| {
                let tenant = tx.tenant(Within::Platform, id).await?.expect("is there");
                let name = Name::parse("Renamed").expect("is a name");
                tx.update_tenant(Within::Platform, &Tenant { name, ..tenant }).await
            })
            .await;
        renamed.expect("is written");
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
}

async fn of_many_who_ask_at_once_one_reads(store: Store) {
    let world = World::with(store, &[everybody(TENANTS), everybody(TENANTS)]).await;
    let [(first, _), (again, _)] = world.costs(&(Level::Platform, Round(1)), 5).await;
    assert!(again < first, "{again} is no less than {first}");
    let (together, _) = world.cost((Level::Platform, Round(2)), (8, 5)).await;
    let most = first + 7 * again;
    assert!(together <= most, "{together} statements, where one takes {first} and then {again}");
}

async fn a_tenant_that_changes_is_read_again_and_nothing_else(store: Store) {
    let world = World::with(store, &[everybody(TENANTS)]).await;
    let whose = (Level::Platform, Round(1));
    let [_, (again, _)] = world.costs(&whose, 5).await;
    let mut changed = Vec::new();
    for _ in 0..TRIES {
        world.rename(Round(1).tenant(1)).await;
        changed.push(world.cost(whose, (1, 5)).await.0);
    }
    assert_eq!(changed.iter().min(), Some(&(again + 1)), "{changed:?}");
    assert_eq!(world.costs(&whose, 5).await[1].0, again);
}

async fn a_page_of_many_tenants_takes_as_many_statements_as_one_of_one(store: Store) {
    // The last of four are come to by two ways, as all of one are that is alone.
    let alone = Picture { links: everybody(3).links.into_iter().filter(of(2)).collect(), ..everybody(0) };
    let world = World::with(store, &[alone, everybody(TENANTS)]).await;
    let ones = world.costs(&(Level::Platform, Round(1)), 100).await;
    let manys = world.costs(&(Level::Platform, Round(2)), 100).await;
    // Of more than a few, those whom counting does not do for are read the first
    // time, and then the others who are shown.
    for ((one, users), (many, all), read_too) in [(ones[0], manys[0], 1), (ones[1], manys[1], 0)] {
        assert_eq!((users, all), (u64::from(USERS), u64::from(TENANTS) * u64::from(USERS)));
        assert_eq!(many, one + read_too, "{ones:?} {manys:?}");
    }
}

async fn nobody_waits_for_what_other_tenants_have(store: Store) {
    let world = World::with(store, &[everybody(1), everybody(TENANTS)]).await;
    let mut costs = Vec::new();
    for round in [1, 2].map(Round) {
        let level = Level::Tenant { id: round.tenant(0), partner: Some(round.partner(0)) };
        let each = world.costs(&(level, round), 100).await;
        assert!(each.iter().all(|(_, total)| *total == u64::from(USERS)), "{each:?}");
        costs.push(each);
    }
    assert_eq!(costs[0], costs[1]);
}

fn of(tenant: u8) -> impl Fn(&(u8, Link)) -> bool {
    move |(of, _)| *of == tenant
}
