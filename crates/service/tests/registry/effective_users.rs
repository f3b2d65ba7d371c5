//! Who may use an application over all tenants, against a plain model, while
//! memberships and assignments change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{
    Application, ApplicationId, Assignment, Caller, Clock as _, Directory, DirectoryId, Group, GroupId,
    Level, Membership, Name, Nesting, Owner, Partner, PartnerId, Slug, Subject, Tenant, TenantId, User,
    UserId, Within,
};
use appkeep_keys::SystemEntropy;
use appkeep_oauth::ScopeSet;
use appkeep_service::{By, EffectiveQuery, NumberedQuery, Registry};
use appkeep_storage::{Feed, StorageError, Store, WriteTx};
use appkeep_testkit::{directory_of, on_each_database, user_of};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;

use crate::harness::{Harness, named};

#[path = "effective_users/cost.rs"]
mod cost;

on_each_database![effective_users_over_all_tenants_are_those_of_a_plain_model];

const TENANTS: u8 = 4;
const PARTNERS: u8 = 2;
const USERS: u8 = 4;
const GROUPS: u8 = 4;
/// One of the platform, one of the first partner, one of the first tenant.
const APPLICATIONS: u8 = 3;

/// What can be between the people of a tenant and the applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Link {
    /// A user in a group.
    Member(u8, u8),
    /// A group in a group.
    Nested(u8, u8),
    /// A user assigned to an application.
    User(u8, u8),
    /// A group assigned to an application.
    Group(u8, u8),
}

/// Numbers of partners, and in which tenant what is linked; a second part that
/// is taken away again, or comes later.
#[derive(Debug, Clone)]
struct Picture {
    partners: Vec<Option<u8>>,
    links: BTreeSet<(u8, Link)>,
    changes: BTreeSet<(u8, Link)>,
    per_page: i64,
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        3 => (0..GROUPS, 0..USERS).prop_map(|(group, user)| Link::Member(group, user)),
        2 => (0..GROUPS, 0..GROUPS).prop_map(|(outer, inner)| Link::Nested(outer, inner)),
        1 => (0..APPLICATIONS, 0..USERS).prop_map(|(application, user)| Link::User(application, user)),
        2 => (0..APPLICATIONS, 0..GROUPS).prop_map(|(application, group)| Link::Group(application, group)),
    ]
}

fn picture() -> impl Strategy<Value = Picture> {
    use proptest::collection::{btree_set, vec};
    (
        vec(proptest::option::of(0..PARTNERS), usize::from(TENANTS)),
        btree_set((0..TENANTS, link()), 0..40),
        btree_set((0..TENANTS, link()), 0..8),
        1..5_i64,
    )
        .prop_map(|(partners, links, changes, per_page)| Picture { partners, links, changes, per_page })
}

/// Ids of one round, so that each has tenants and applications of its own.
#[derive(Debug, Clone, Copy)]
struct Round(u32);

impl Round {
    fn bytes(self, noun: u8, of: u8, number: u8) -> [u8; 16] {
        let mut bytes = [0x10; 16];
        bytes[..4].copy_from_slice(&self.0.to_be_bytes());
        (bytes[4], bytes[5], bytes[6]) = (noun, of, number);
        bytes
    }

    fn partner(self, number: u8) -> PartnerId {
        PartnerId::from_bytes(self.bytes(1, 0, number))
    }

    fn tenant(self, number: u8) -> TenantId {
        TenantId::from_bytes(self.bytes(2, 0, number))
    }

    fn application(self, number: u8) -> ApplicationId {
        ApplicationId::from_bytes(self.bytes(3, 0, number))
    }

    fn directory(self, tenant: u8) -> DirectoryId {
        DirectoryId::from_bytes(self.bytes(4, 0, tenant))
    }

    fn user(self, tenant: u8, number: u8) -> UserId {
        UserId::from_bytes(self.bytes(5, tenant, number))
    }

    fn group(self, tenant: u8, number: u8) -> GroupId {
        GroupId::from_bytes(self.bytes(6, tenant, number))
    }

    fn owner(self, application: u8) -> Owner {
        match application {
            0 => Owner::Global,
            1 => Owner::Partner(self.partner(0)),
            _ => Owner::Tenant(self.tenant(0)),
        }
    }
}

/// What everything is made after.
#[derive(Clone)]
struct Patterns {
    application: Application,
    tenant: Tenant,
}

struct World {
    registry: Registry,
    store: Store,
    harness: Harness,
    patterns: Patterns,
    _feed: Feed,
}

impl World {
    async fn start(store: Store) -> Self {
        let harness = Harness::start(store.clone()).await;
        let application = harness.create("m2m", named("Billing")).await.expect("is made").view.application;
        let tenant = harness.registry.tenant(&harness.admin()).await.expect("is there");
        let feed = Feed::start(&store);
        while !feed.is_current() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (clock, entropy) = (Arc::new(harness.clock.clone()), Arc::new(SystemEntropy::new()));
        let registry = Registry::following(store.clone(), &feed.freshness(), clock, entropy);
        // So that of some rounds people are read at once, and of others counted.
        registry.remember_whole_among(u64::from(USERS) * 2);
        Self { registry, store, harness, patterns: Patterns { application, tenant }, _feed: feed }
    }

    /// Everything but the links.
    async fn found(&self, round: Round, picture: &Picture) {
        let (patterns, partners) = (self.patterns.clone(), picture.partners.clone());
        let found = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            let at = patterns.tenant.created_at;
            for number in 0..PARTNERS {
                tx.insert_partner(Within::Platform, &partner(round, number, &patterns.tenant)).await?;
            }
            for (number, of) in (0..).zip(&partners) {
                let id = round.tenant(number);
                let tenant = Tenant {
                    id,
                    partner: of.map(|of| round.partner(of)),
                    slug: slug(round, "tenant", number),
                    ..patterns.tenant.clone()
                };
                tx.insert_tenant(Within::Platform, &tenant).await?;
                let within = Within::Tenant(id);
                let directory = directory(round, number, at);
                tx.insert_directory(within, &directory).await?;
                for one in 0..USERS {
                    let user = user_of(&directory, one, &format!("{one}@example.com"));
                    let user = User { id: round.user(number, one), ..user };
                    tx.insert_user(within, &directory, &user).await?;
                }
                for one in 0..GROUPS {
                    tx.insert_group(within, &directory, &group(round, (number, one), at)).await?;
                }
            }
            for number in 0..APPLICATIONS {
                let application = made_after(&patterns.application, round, number);
                tx.insert_application(Within::Platform, &application).await?;
            }
            Ok(())
        };
        self.store.write(found).await.expect("is new");
    }

    /// Puts a link there, or takes it away; whether it could be.
    async fn link(&self, round: Round, (tenant, link): (u8, Link), present: bool) -> bool {
        let pattern = self.patterns.application.clone();
        let at = self.harness.clock.now();
        let change = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            let within = Within::Tenant(round.tenant(tenant));
            let directory = directory(round, tenant, at);
            let (user, group) = (|one| round.user(tenant, one), |one| round.group(tenant, one));
            match (link, present) {
                (Link::Member(outer, one), true) => {
                    let membership = Membership { group: group(outer), user: user(one), added_at: at };
                    tx.add_group_user(within, &directory, &membership).await?;
                }
                (Link::Member(outer, one), false) => {
                    tx.remove_group_user(within, &directory, group(outer), user(one)).await?;
                }
                (Link::Nested(outer, inner), true) => {
                    let nesting = Nesting { parent: group(outer), child: group(inner), added_at: at };
                    let nested = tx.add_group_group(within, &directory, &nesting).await?;
                    return Ok(!matches!(nested, appkeep_storage::Nested::Refused(_)));
                }
                (Link::Nested(outer, inner), false) => {
                    tx.remove_group_group(within, &directory, group(outer), group(inner)).await?;
                }
                (Link::User(number, one), _) => {
                    let application = made_after(&pattern, round, number);
                    assign(tx, (&application, &directory), Subject::User(user(one)), present).await?;
                }
                (Link::Group(number, one), _) => {
                    let application = made_after(&pattern, round, number);
                    assign(tx, (&application, &directory), Subject::Group(group(one)), present).await?;
                }
            }
            Ok(true)
        };
        match self.store.write(change).await {
            Ok(done) => done,
            // The people of that tenant cannot be assigned to this application.
            Err(StorageError::Stale) => false,
            Err(error) => panic!("{error}"),
        }
    }

    async fn listed(
        &self,
        by: &By,
        application: ApplicationId,
        tenant: Option<TenantId>,
        per_page: i64,
    ) -> Vec<UserId> {
        let mut listed = Vec::new();
        for number in 1.. {
            let page = NumberedQuery { page: Some(number), per_page: Some(per_page) };
            let query = EffectiveQuery { page, tenant: tenant.map(|id| id.to_string()) };
            let found = self.registry.numbered_effective_users(by, &application.to_string(), query).await;
            let found = found.expect("lists");
            listed.extend(found.items.iter().map(|one| one.effective.user.id));
            if found.items.is_empty() {
                assert_eq!(found.total, listed.len() as u64);
                return listed;
            }
        }
        listed
    }
}

async fn assign(
    tx: &mut WriteTx,
    (application, directory): (&Application, &Directory),
    subject: Subject,
    present: bool,
) -> Result<(), StorageError> {
    let created_at = application.created_at;
    let assignment = Assignment { application: application.id, directory: directory.id, subject, created_at };
    if present {
        tx.assign(Within::Platform, (application, directory), &assignment).await.map(drop)
    } else {
        tx.unassign(Within::Platform, directory, application.id, subject).await
    }
}

fn made_after(pattern: &Application, round: Round, number: u8) -> Application {
    let (id, owner) = (round.application(number), round.owner(number));
    Application { id, owner, slug: slug(round, "app", number), ..pattern.clone() }
}

fn slug(round: Round, noun: &str, number: u8) -> Slug {
    Slug::parse(&format!("{noun}-{}-{number}", round.0)).expect("is a slug")
}

fn directory(round: Round, tenant: u8, at: appkeep_domain::Timestamp) -> Directory {
    Directory { id: round.directory(tenant), ..directory_of(Owner::Tenant(round.tenant(tenant)), at) }
}

fn group(round: Round, (tenant, number): (u8, u8), at: appkeep_domain::Timestamp) -> Group {
    Group {
        id: round.group(tenant, number),
        directory: round.directory(tenant),
        name: Name::parse(&format!("Group {number}")).expect("is a name"),
        description: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// Who may use an application, found by going from every assignment inwards.
fn plainly(
    round: Round,
    picture: &Picture,
    there: &BTreeSet<(u8, Link)>,
    application: u8,
) -> Vec<(u8, UserId)> {
    let is_for = |tenant: u8| match application {
        0 => true,
        1 => picture.partners[usize::from(tenant)] == Some(0),
        _ => tenant == 0,
    };
    let mut found = Vec::new();
    for tenant in (0..TENANTS).filter(|tenant| is_for(*tenant)) {
        let has = |link| there.contains(&(tenant, link));
        let mut groups: BTreeSet<u8> =
            (0..GROUPS).filter(|group| has(Link::Group(application, *group))).collect();
        for _ in 0..GROUPS {
            let inner = (0..GROUPS)
                .filter(|inner| groups.iter().any(|outer| has(Link::Nested(*outer, *inner))))
                .collect::<Vec<_>>();
            groups.extend(inner);
        }
        let may = |user: u8| {
            has(Link::User(application, user)) || groups.iter().any(|group| has(Link::Member(*group, user)))
        };
        found.extend((0..USERS).filter(|user| may(*user)).map(|user| (tenant, round.user(tenant, user))));
    }
    found
}

async fn check(world: &World, round: Round, picture: Picture) -> Result<(), TestCaseError> {
    world.found(round, &picture).await;
    let mut there = BTreeSet::new();
    for &one in &picture.links {
        if world.link(round, one, true).await {
            there.insert(one);
        }
    }
    compare(world, round, &picture, &there).await?;
    for &one in &picture.changes {
        let present = !there.contains(&one);
        if world.link(round, one, present).await {
            if present {
                there.insert(one)
            } else {
                there.remove(&one)
            };
        }
        compare(world, round, &picture, &there).await?;
    }
    Ok(())
}

/// Of which tenants somebody is told.
type Knows<'a> = Box<dyn Fn(u8) -> bool + 'a>;

/// For callers of every level, with and without a tenant named.
async fn compare(
    world: &World,
    round: Round,
    picture: &Picture,
    there: &BTreeSet<(u8, Link)>,
) -> Result<(), TestCaseError> {
    for number in 0..APPLICATIONS {
        let all = plainly(round, picture, there, number);
        let application = round.application(number);
        let partner_of = |tenant: u8| picture.partners[usize::from(tenant)];
        let level = match round.owner(number) {
            Owner::Global => Level::Platform,
            Owner::Partner(id) => Level::Partner(id),
            Owner::Tenant(id) => Level::Tenant { id, partner: partner_of(0).map(|of| round.partner(of)) },
        };
        let itself = Caller::Application { id: application, level, scopes: ScopeSet::default() };
        let platform = caller("users:read", Level::Platform);
        let tenant =
            Level::Tenant { id: round.tenant(0), partner: partner_of(0).map(|of| round.partner(of)) };
        let partner = caller("admin:read", Level::Partner(round.partner(0)));
        let callers: [(Caller, Knows<'_>, bool); 4] = [
            (itself, Box::new(|_| true), true),
            (platform, Box::new(|_| true), true),
            // A tenant of no partner, or of another, is hidden from this one.
            (
                partner,
                Box::new(|tenant| partner_of(tenant) == Some(0)),
                number != 2 || partner_of(0) == Some(0),
            ),
            (
                caller("admin:read", tenant),
                Box::new(|tenant| tenant == 0),
                number != 1 || partner_of(0) == Some(0),
            ),
        ];
        for (caller, knows, sees) in callers {
            let by = world.harness.by(caller);
            if !sees {
                let query = EffectiveQuery::default();
                let refused =
                    world.registry.numbered_effective_users(&by, &application.to_string(), query).await;
                prop_assert!(refused.is_err(), "{:?}", by.caller);
                continue;
            }
            let known: Vec<(u8, UserId)> = all.iter().copied().filter(|(tenant, _)| knows(*tenant)).collect();
            let expected: Vec<UserId> = known.iter().map(|(_, user)| *user).collect();
            let found = world.listed(&by, application, None, picture.per_page).await;
            prop_assert_eq!(found, expected, "{} {:?}", number, by.caller);
            let expected: Vec<UserId> =
                known.iter().filter(|(tenant, _)| *tenant == 1).map(|(_, user)| *user).collect();
            let found = world.listed(&by, application, Some(round.tenant(1)), picture.per_page).await;
            prop_assert_eq!(found, expected, "of one tenant: {} {:?}", number, by.caller);
        }
    }
    Ok(())
}

fn caller(scopes: &str, level: Level) -> Caller {
    let scopes = ScopeSet::parse(scopes).expect("are scopes");
    Caller::Application { id: ApplicationId::from_bytes([0xad; 16]), level, scopes }
}

fn partner(round: Round, number: u8, like: &Tenant) -> Partner {
    Partner::new(round.partner(number), slug(round, "partner", number), like.name.clone(), like.created_at)
}

async fn effective_users_over_all_tenants_are_those_of_a_plain_model(store: Store) {
    let world = World::start(store).await;
    let rounds = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner
            .run(&picture(), |picture| {
                rounds.set(rounds.get() + 1);
                Handle::current().block_on(check(&world, Round(rounds.get()), picture))
            })
            .map_err(Box::new)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
