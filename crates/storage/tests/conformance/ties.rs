//! What is tied to what, read for many at once.

use appkeep_domain::access::{AccessRule, Container, Permission, RuleScope, Transform};
use appkeep_domain::integration::Integration;
use appkeep_domain::{
    Application, ApplicationId, Assignment, GroupId, IntegrationId, Membership, Nesting, Subject, UserId,
};
use appkeep_storage::{SecretEdits, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, at, directory, group};
use crate::integrations::{THEIR, account, given, insert, integration, put};
use crate::signed_in::{ADA, BOB, OUR, billing, reporting, write};

on_each_database![
    what_is_named_is_read_and_no_others,
    ties_are_those_of_what_is_named,
    the_ways_of_people_lead_both_ways,
    nothing_is_tied_within_another_boundary,
];

const STAFF: GroupId = GroupId::from_bytes([5; 16]);
const TEAM: GroupId = GroupId::from_bytes([6; 16]);
const GIT: IntegrationId = IntegrationId::from_bytes([1; 16]);
const MAIL: IntegrationId = IntegrationId::from_bytes([2; 16]);

/// Billing reaches Git and Mail, and has a rule; Ada is in the team, which is
/// in the staff, who may use Billing, as Bob may; both have something with Git.
async fn tied(store: &Store) {
    given(store).await;
    insert(store, integration(1, "Git")).await;
    insert(store, integration(2, "Mail")).await;
    put(store, account(ADA, 1)).await.expect("is kept");
    put(store, account(BOB, 1)).await.expect("is kept");
    write(store, async |tx| {
        let (ours, billing) = (directory(OURS), billing());
        for (id, name) in [(5, "Staff"), (6, "Team")] {
            tx.insert_group(OUR, &ours, &group(id, name)).await?;
        }
        tx.add_group_group(OUR, &ours, &Nesting { parent: STAFF, child: TEAM, added_at: at(3) }).await?;
        tx.add_group_user(OUR, &ours, &Membership { group: TEAM, user: ADA, added_at: at(3) }).await?;
        for subject in [Subject::Group(STAFF), Subject::User(BOB)] {
            tx.assign(OUR, (&billing, &ours), &assignment(subject)).await?;
        }
        for integration in [GIT, MAIL] {
            tx.attach_integration(OUR, &billing, (integration, at(4))).await?;
        }
        tx.replace_access_rules(OUR, &billing, &[rule()]).await
    })
    .await
    .expect("are new");
}

fn assignment(subject: Subject) -> Assignment {
    Assignment { application: billing().id, directory: directory(OURS).id, subject, created_at: at(4) }
}

fn rule() -> AccessRule {
    AccessRule {
        description: "Support".to_owned(),
        priority: 1,
        scope: RuleScope::Container(Container::root()),
        transform: Transform::Mask,
        permissions: vec![Permission::parse("token:read").expect("is one")],
    }
}

async fn what_is_named_is_read_and_no_others(store: Store) {
    tied(&store).await;
    let mut tx = store.read().await.expect("opens");
    let nobody = [9; 16];
    let ids = [billing().id, reporting().id, ApplicationId::from_bytes(nobody)];
    let applications: Vec<Application> = tx.tied_applications(OUR, OURS, &ids).await.expect("reads");
    assert_eq!(applications, [reporting(), billing()]);
    assert_eq!(tx.tied_applications(OUR, OURS, &[]).await.expect("reads"), []);
    let found = tx.tied_integrations(OUR, OURS, &[GIT, IntegrationId::from_bytes(nobody)]).await;
    let found: Vec<Integration> = found.expect("reads");
    assert_eq!(found, [integration(1, "Git")]);
    let users = tx.tied_users(OUR, OURS, &[ADA, UserId::from_bytes(nobody)]).await.expect("reads");
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [ADA]);
    let groups = tx.tied_groups(OUR, OURS, &[TEAM, GroupId::from_bytes(nobody)]).await.expect("reads");
    assert_eq!(groups, [group(6, "Team")]);
}

async fn ties_are_those_of_what_is_named(store: Store) {
    tied(&store).await;
    let mut tx = store.read().await.expect("opens");
    let (billing, reporting) = (billing().id, reporting().id);
    let mut attached = tx.tied_attachments(OUR, OURS, &[billing, reporting]).await.expect("reads");
    attached.sort();
    assert_eq!(attached, [(billing, GIT), (billing, MAIL)]);
    assert_eq!(tx.tied_attachments(OUR, OURS, &[reporting]).await.expect("reads"), []);
    let mut assigned = tx.tied_assignments(OUR, OURS, &[billing, reporting]).await.expect("reads");
    assigned.sort_by_key(|one| matches!(one.subject, Subject::User(_)));
    assert_eq!(assigned, [Subject::Group(STAFF), Subject::User(BOB)].map(assignment));
    assert_eq!(tx.tied_assignments(OUR, OURS, &[reporting]).await.expect("reads"), []);
    let mut accounts = tx.tied_accounts(OUR, OURS, &[GIT, MAIL]).await.expect("reads");
    accounts.sort_by_key(|one| one.user);
    assert_eq!(accounts, [account(ADA, 1), account(BOB, 1)]);
    assert_eq!(tx.tied_accounts(OUR, OURS, &[MAIL]).await.expect("reads"), []);
    let rules = tx.tied_rules(OUR, OURS, &[billing, reporting]).await.expect("reads");
    assert_eq!(rules, [(billing, vec![rule()])]);
    drop(tx);
    // What people had with another generation is not there.
    let later = Integration { generation: 2, version: 2, ..integration(1, "Git") };
    write(&store, async move |tx| tx.update_integration(OUR, &later, &SecretEdits::default()).await)
        .await
        .expect("writes");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.tied_accounts(OUR, OURS, &[GIT, MAIL]).await.expect("reads"), []);
    assert_eq!(tx.accounts_of(OUR, &directory(OURS), ADA).await.expect("reads"), []);
}

async fn the_ways_of_people_lead_both_ways(store: Store) {
    tied(&store).await;
    let mut tx = store.read().await.expect("opens");
    let ways = [(STAFF, Subject::Group(TEAM)), (TEAM, Subject::User(ADA))];
    let below = tx.tied_members(OUR, OURS, &[billing().id, reporting().id]).await.expect("reads");
    assert_eq!(below, ways);
    assert_eq!(tx.tied_members(OUR, OURS, &[reporting().id]).await.expect("reads"), []);
    let ours = directory(OURS);
    let mut around = tx.groups_around(OUR, &ours, ADA).await.expect("reads");
    around.sort_by_key(|(group, _)| *group);
    assert_eq!(around, ways);
    assert_eq!(tx.groups_around(OUR, &ours, BOB).await.expect("reads"), []);
    let to = tx.assignments_of(OUR, &ours, (ADA, &[TEAM, STAFF])).await.expect("reads");
    assert_eq!(to, [assignment(Subject::Group(STAFF))]);
    let to = tx.assignments_of(OUR, &ours, (BOB, &[])).await.expect("reads");
    assert_eq!(to, [assignment(Subject::User(BOB))]);
    let has = tx.accounts_of(OUR, &ours, BOB).await.expect("reads");
    assert_eq!(has, [account(BOB, 1)]);
}

async fn nothing_is_tied_within_another_boundary(store: Store) {
    tied(&store).await;
    let mut tx = store.read().await.expect("opens");
    let (billing, ours) = ([billing().id], directory(OURS));
    for (within, tenant) in [(THEIR, OURS), (THEIR, THEIRS), (OUR, THEIRS)] {
        assert_eq!(tx.tied_applications(within, tenant, &billing).await.expect("reads"), []);
        assert_eq!(tx.tied_integrations(within, tenant, &[GIT]).await.expect("reads"), []);
        assert_eq!(tx.tied_attachments(within, tenant, &billing).await.expect("reads"), []);
        assert_eq!(tx.tied_assignments(within, tenant, &billing).await.expect("reads"), []);
        assert_eq!(tx.tied_members(within, tenant, &billing).await.expect("reads"), []);
        assert_eq!(tx.tied_accounts(within, tenant, &[GIT]).await.expect("reads"), []);
        assert_eq!(tx.tied_rules(within, tenant, &billing).await.expect("reads"), []);
        assert_eq!(tx.tied_users(within, tenant, &[ADA]).await.expect("reads"), []);
        assert_eq!(tx.tied_groups(within, tenant, &[TEAM]).await.expect("reads"), []);
    }
    assert_eq!(tx.groups_around(THEIR, &ours, ADA).await.expect("reads"), []);
    assert_eq!(tx.assignments_of(THEIR, &ours, (ADA, &[STAFF])).await.expect("reads"), []);
    assert_eq!(tx.accounts_of(THEIR, &ours, ADA).await.expect("reads"), []);
}
