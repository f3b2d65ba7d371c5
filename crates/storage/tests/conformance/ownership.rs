//! Applications of all owners: found, listed and counted, against a plain model.

use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationId, ApplicationKind, ApplicationState, Assignment, DirectoryId,
    Entropy as _, Level, Owner, OwnerFilter, Ownership, Partner, PartnerId, Slug, Subject, Tag, Tenant,
    TenantId, UserId, Whose, Within,
};
use appkeep_storage::{ApplicationFilter, KnownOwner, ReadTx, Seek, StorageError, Store, TenantLabel};
use appkeep_testkit::{SeededEntropy, on_each_database};

use crate::given::{OURS, THEIRS, application, at, directory, user};
use crate::tenants::{partner, tenant};

on_each_database![
    what_is_listed_and_counted_is_what_a_plain_filter_finds,
    a_list_of_others_costs_what_a_list_of_nobodys_costs,
    an_application_is_found_with_whose_it_is,
    an_owner_is_known_when_it_is_there,
    a_transferred_tenant_leaves_its_partners_applications,
    an_archived_tenants_applications_are_nothing_to_its_partner,
];

const PARTNERS: [PartnerId; 2] = [PartnerId::from_bytes([21; 16]), PartnerId::from_bytes([22; 16])];
const NOBODY: TenantId = TenantId::from_bytes([99; 16]);

/// Two tenants of the first partner, one of the second, one of none.
const TENANTS: [(TenantId, Option<PartnerId>); 4] = [
    (OURS, Some(PARTNERS[0])),
    (TenantId::from_bytes([9; 16]), Some(PARTNERS[0])),
    (THEIRS, Some(PARTNERS[1])),
    (TenantId::from_bytes([10; 16]), None),
];

async fn insert_owners(store: &Store) {
    let outcome: Result<(), StorageError> = store
        .write(async |tx| {
            for (id, slug) in PARTNERS.into_iter().zip(["one", "two"]) {
                let slug = Slug::parse(slug).expect("is a slug");
                tx.insert_partner(Within::Platform, &Partner { id, slug, ..partner() }).await?;
            }
            for (id, partner) in TENANTS {
                let made = Tenant { partner, ..tenant(id.as_bytes()[0]) };
                tx.insert_tenant(Within::Platform, &made).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
}

async fn insert(store: &Store, applications: Vec<Application>) {
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            for application in &applications {
                tx.insert_application(Within::Platform, application).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
}

/// Draws what is tried.
/// Whoever made some of them.
const MAKER: &str = "opr_of_some";

struct Draw(SeededEntropy);

impl Draw {
    fn one_of<T: Copy>(&self, all: &[T]) -> T {
        let mut byte = [0];
        self.0.fill(&mut byte);
        all[usize::from(byte[0]) % all.len()]
    }

    fn seldom<T>(&self, value: T) -> Option<T> {
        (self.one_of(&[0, 1, 2]) == 0).then_some(value)
    }

    fn application(&self, number: u8) -> Application {
        let tenants = TENANTS.map(|(id, _)| Owner::Tenant(id));
        let owners = [&[Owner::Global], PARTNERS.map(Owner::Partner).as_slice(), &tenants].concat();
        let name = self.one_of(&["Billing", "Shop", "Shopping list"]);
        Application {
            owner: self.one_of(&owners),
            kind: self.one_of(&[ApplicationKind::Server, ApplicationKind::M2m]),
            state: self.one_of(&[ApplicationState::Enabled, ApplicationState::Disabled]),
            tags: self.seldom(Tag::parse("b").expect("is a tag")).into_iter().collect(),
            made_by: self.seldom(Actor { kind: ActorKind::Operator, id: MAKER.to_owned() }),
            archived_at: self.seldom(at(1)),
            expires_at: self.seldom(at(2)),
            ..application(number, name)
        }
    }

    fn filter(&self) -> ApplicationFilter {
        ApplicationFilter {
            kind: self.seldom(ApplicationKind::M2m),
            state: self.seldom(self.one_of(&[ApplicationState::Enabled, ApplicationState::Disabled])),
            tag: self.seldom(Tag::parse("b").expect("is a tag")),
            made_by: self.seldom(MAKER.to_owned()),
            archived: self.one_of(&[false, false, true]),
            access: None,
            text: self.seldom(self.one_of(&["shop", "ing", "x"]).to_owned()),
        }
    }

    fn whose(&self) -> Whose {
        let tenants = TENANTS.map(|(id, partner)| Level::Tenant { id, partner });
        let levels = [&[Level::Platform], PARTNERS.map(Level::Partner).as_slice(), &tenants].concat();
        let from = [self.one_of(&levels), self.one_of(&levels)];
        let some_tenants = TENANTS.map(|(id, _)| id);
        let wanted = OwnerFilter {
            ownership: self.seldom(self.one_of(&Ownership::ALL)),
            tenant: self.seldom(self.one_of(&[&some_tenants, [NOBODY].as_slice()].concat())),
            partner: self.seldom(self.one_of(&PARTNERS)),
        };
        let looks_from = if self.one_of(&[true, false]) { &from[..1] } else { &from[..] };
        Whose::seen_from(looks_from, &wanted)
    }
}

fn passes(application: &Application, whose: &Whose, filter: &ApplicationFilter) -> bool {
    let of = |(id, _): &&(TenantId, Option<PartnerId>)| Owner::Tenant(*id) == application.owner;
    let partner = TENANTS.iter().find(of).and_then(|(_, partner)| *partner);
    let has_text = |text: &String| application.search_text().lines().any(|line| line.contains(text.as_str()));
    whose.includes(application.owner, partner)
        && application.is_there(at(3))
        && application.archived_at.is_some() == filter.archived
        && filter.kind.is_none_or(|kind| application.kind == kind)
        && filter.state.is_none_or(|state| application.state == state)
        && filter.tag.as_ref().is_none_or(|tag| application.tags.contains(tag))
        && filter
            .made_by
            .as_ref()
            .is_none_or(|id| application.made_by.as_ref().is_some_and(|maker| maker.id == *id))
        && filter.text.as_ref().is_none_or(has_text)
}

async fn listed(tx: &mut ReadTx, whose: &Whose, filter: &ApplicationFilter) -> Vec<ApplicationId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let seek = Seek { after, limit: 7 };
        let page =
            tx.applications(Within::Platform, whose.clone(), filter, seek, at(3)).await.expect("lists");
        assert!(page.applications.len() == 7 || page.next.is_none(), "only the last page is short");
        found.extend(page.applications.iter().map(|application| application.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

async fn what_is_listed_and_counted_is_what_a_plain_filter_finds(store: Store) {
    insert_owners(&store).await;
    let draw = Draw(SeededEntropy::new(8));
    let all: Vec<Application> = (1..=150).map(|number| draw.application(number)).collect();
    insert(&store, all.clone()).await;
    let mut tx = store.read().await.expect("opens");
    for _ in 0..200 {
        let (whose, filter) = (draw.whose(), draw.filter());
        let expected: Vec<ApplicationId> =
            all.iter().rev().filter(|one| passes(one, &whose, &filter)).map(|one| one.id).collect();
        assert_eq!(listed(&mut tx, &whose, &filter).await, expected, "{whose:?} {filter:?}");
        let found = tx.find_applications(Within::Platform, &whose, &filter, at(3)).await.expect("finds");
        let ids: Vec<ApplicationId> = found.applications.iter().map(|one| one.id).collect();
        assert_eq!((ids, found.is_all), (expected.clone(), true), "{whose:?} {filter:?}");
        if filter.text.is_none() && filter.tag.is_none() && filter.made_by.is_none() {
            let count = tx.count_applications(Within::Platform, whose.clone(), &filter, at(3)).await;
            assert_eq!(count.expect("counts"), expected.len() as u64, "{whose:?} {filter:?}");
        }
    }
}

async fn a_list_of_others_costs_what_a_list_of_nobodys_costs(store: Store) {
    insert_owners(&store).await;
    let owned = |number, owner| Application { owner, expires_at: None, ..application(number, "Billing") };
    insert(&store, vec![owned(1, Owner::Tenant(THEIRS)), owned(2, Owner::Partner(PARTNERS[1]))]).await;
    let from = |tenant, partner| {
        let wanted = OwnerFilter { tenant, partner, ..OwnerFilter::default() };
        [Level::Partner(PARTNERS[0]), Level::Tenant { id: OURS, partner: Some(PARTNERS[0]) }]
            .map(|level| Whose::seen_from(&[level], &wanted))
    };
    let nobody = PartnerId::from_bytes([98; 16]);
    let filter = ApplicationFilter { text: Some("billing".to_owned()), ..ApplicationFilter::default() };
    let mut costs = Vec::new();
    for whose in [
        from(Some(THEIRS), None),
        from(Some(NOBODY), None),
        from(None, Some(PARTNERS[1])),
        from(None, Some(nobody)),
    ] {
        let before = store.stats().request_statements;
        let mut tx = store.read().await.expect("opens");
        for one in &whose {
            assert_eq!(listed(&mut tx, one, &filter).await, [], "{one:?}");
        }
        costs.push(store.stats().request_statements - before);
    }
    assert_eq!(costs, [costs[0]; 4]);
    // Nor within a boundary that does not take them in.
    let mut tx = store.read().await.expect("opens");
    let (all, seek) = (ApplicationFilter::default(), Seek { after: None, limit: 9 });
    for whose in [Whose::All(None), Whose::from(Owner::Tenant(THEIRS))] {
        let page = tx.applications(Within::Tenant(OURS), whose.clone(), &all, seek, at(3)).await;
        assert_eq!(page.expect("lists").applications, [], "{whose:?}");
        let found = tx.find_applications(Within::Tenant(OURS), &whose, &all, at(3)).await.expect("finds");
        assert_eq!(found.applications, [], "{whose:?}");
        let count = tx.count_applications(Within::Tenant(OURS), whose, &all, at(3)).await.expect("counts");
        assert_eq!(count, 0);
    }
}

async fn an_application_is_found_with_whose_it_is(store: Store) {
    insert_owners(&store).await;
    let owned = |number, owner| Application { owner, ..application(number, "Billing") };
    let all = [
        (owned(1, Owner::Global), None),
        (owned(2, Owner::Partner(PARTNERS[0])), None),
        (owned(3, Owner::Tenant(OURS)), Some(PARTNERS[0])),
        (owned(4, Owner::Tenant(TENANTS[3].0)), None),
    ];
    insert(&store, all.iter().map(|(application, _)| application.clone()).collect()).await;
    let console = all[2].0.id;
    store
        .write(async move |tx| tx.set_console_application(Within::Tenant(OURS), OURS, console).await)
        .await
        .expect("is set");
    let mut tx = store.read().await.expect("opens");
    for (application, partner) in all {
        let found = tx.owned_application(Within::Platform, application.id).await.expect("reads");
        let found = found.expect("is there");
        assert_eq!((&found.application, found.partner), (&application, partner));
        assert_eq!(found.for_operators, application.id == console);
        let ours = tx.owned_application(Within::Tenant(OURS), application.id).await.expect("reads");
        assert_eq!(ours.is_some(), application.owner == Owner::Tenant(OURS));
    }
    let never = tx.owned_application(Within::Platform, ApplicationId::from_bytes([77; 16])).await;
    assert_eq!(never.expect("reads"), None);
}

async fn an_owner_is_known_when_it_is_there(store: Store) {
    insert_owners(&store).await;
    let mut tx = store.read().await.expect("opens");
    for (owner, partner) in [
        (Owner::Global, None),
        (Owner::Partner(PARTNERS[0]), None),
        (Owner::Tenant(OURS), Some(PARTNERS[0])),
        (Owner::Tenant(TENANTS[3].0), None),
    ] {
        let known = tx.known_owner(Within::Platform, owner).await.expect("reads");
        assert_eq!(known, Some(KnownOwner { owner, partner }));
        assert_eq!(tx.known_owner(Within::Tenant(OURS), owner).await.expect("reads"), None);
    }
    for unknown in [Owner::Partner(PartnerId::from_bytes(OURS.as_bytes())), Owner::Tenant(NOBODY)] {
        assert_eq!(tx.known_owner(Within::Platform, unknown).await.expect("reads"), None);
    }
    let labels = tx.tenant_labels(Within::Platform, &[THEIRS, NOBODY]).await.expect("reads");
    let theirs = tenant(8);
    assert_eq!(labels, [TenantLabel { id: THEIRS, slug: theirs.slug, name: theirs.name }]);
    assert_eq!(tx.tenant_labels(Within::Partner(PARTNERS[1]), &[THEIRS]).await.expect("reads"), []);
}

/// What a tenant assigned while it was the partner's stays, and is not told.
async fn a_transferred_tenant_leaves_its_partners_applications(store: Store) {
    insert_owners(&store).await;
    let theirs = Application { owner: Owner::Partner(PARTNERS[0]), ..application(1, "Of the partner") };
    let id = theirs.id;
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_application(Within::Platform, &theirs).await?;
            for (tenant, _) in &TENANTS[..2] {
                let people = directory(*tenant);
                let mut somebody = user(tenant.as_bytes()[0], "ada@example.com");
                somebody.directory = people.id;
                tx.insert_directory(Within::Platform, &people).await?;
                tx.insert_user(Within::Platform, &people, &somebody).await?;
                let subject = Subject::User(somebody.id);
                let one =
                    Assignment { application: theirs.id, directory: people.id, subject, created_at: at(1) };
                tx.assign(Within::Platform, (&theirs, &people), &one).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("writes");
    let mut tx = store.read().await.expect("opens");
    let mut of = async |within| {
        let page = tx.effective_users(within, id, None, 9).await.expect("lists");
        page.users.iter().map(|one| (one.user.id, one.owner)).collect::<Vec<_>>()
    };
    let both = TENANTS[..2].iter().map(|(id, _)| (UserId::from_bytes(id.as_bytes()), Owner::Tenant(*id)));
    let both: Vec<_> = both.collect();
    assert_eq!(of(Within::Partner(PARTNERS[0])).await, both);
    assert_eq!(of(Within::Platform).await, both);
    assert_eq!(of(Within::Tenant(OURS)).await, both[..1]);
    assert_eq!(of(Within::Partner(PARTNERS[1])).await, []);
    let first = DirectoryId::from_bytes([0; 16]);
    let directories = tx.assigned_directories(Within::Partner(PARTNERS[0]), id, first, 1).await;
    assert_eq!(directories.expect("lists").len(), 1);
    drop(tx);
    let transferred = Tenant { partner: Some(PARTNERS[1]), ..tenant(9) };
    store
        .write(async move |tx| tx.update_tenant(Within::Platform, &transferred).await)
        .await
        .expect("transfers");
    let mut tx = store.read().await.expect("opens");
    // Within its new partner they are those people; the application is not there.
    for (partner, expected) in [(PARTNERS[0], both[..1].to_vec()), (PARTNERS[1], both[1..].to_vec())] {
        let page = tx.effective_users(Within::Partner(partner), id, None, 9).await.expect("lists");
        let found: Vec<_> = page.users.iter().map(|one| (one.user.id, one.owner)).collect();
        assert_eq!(found, expected, "{partner}");
    }
}

/// It is there for the platform only.
async fn an_archived_tenants_applications_are_nothing_to_its_partner(store: Store) {
    insert_owners(&store).await;
    let theirs = Application { expires_at: None, ..application(1, "Billing") };
    insert(&store, vec![theirs.clone()]).await;
    let wanted = OwnerFilter::default();
    let of = |level| Whose::seen_from(&[level], &wanted);
    let (platform, partner) = (of(Level::Platform), of(Level::Partner(PARTNERS[0])));
    let all = ApplicationFilter::default();
    let mut tx = store.read().await.expect("opens");
    assert_eq!(listed(&mut tx, &partner, &all).await, [theirs.id]);
    drop(tx);
    let archived = Tenant { partner: Some(PARTNERS[0]), archived_at: Some(at(2)), ..tenant(7) };
    store.write(async move |tx| tx.update_tenant(Within::Platform, &archived).await).await.expect("archives");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(listed(&mut tx, &partner, &all).await, []);
    assert_eq!(listed(&mut tx, &platform, &all).await, [theirs.id]);
    let found = tx.owned_application(Within::Platform, theirs.id).await.expect("reads").expect("is there");
    assert_eq!(found.partner, None);
    let known = tx.known_owner(Within::Platform, Owner::Tenant(OURS)).await.expect("reads");
    assert_eq!(known, Some(KnownOwner { owner: Owner::Tenant(OURS), partner: None }));
}
