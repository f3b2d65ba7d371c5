//! Lists over all owners that somebody sees.

use appkeep_domain::{Level, Owner, Ownership, Resource, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{FREE, OwnedApplication, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    super_admins_see_all_applications,
    partner_admins_see_global_their_partners_and_their_tenants_applications,
    tenant_admins_see_global_their_partners_and_their_own_applications,
    an_application_sees_what_its_tenant_sees,
    a_search_finds_what_is_above_and_below,
    a_word_that_is_no_owner_is_invalid_request,
];

/// Two applications of each owner, in turn.
async fn given(app: &TestApp) -> Vec<OwnedApplication> {
    let mut applications = Vec::new();
    for name in ["First", "Second"] {
        for owner in app.owners() {
            applications.push(app.owned_application(owner, name).await);
        }
    }
    applications
}

/// The seed's sentence for a level.
type Sees = fn(Owner) -> bool;

async fn super_admins_see_all_applications(database: TestDatabase) {
    check(database, Level::Platform, |_| true).await;
}

async fn partner_admins_see_global_their_partners_and_their_tenants_applications(database: TestDatabase) {
    check(database, Level::Partner(PARTNER), |owner| {
        owner != Owner::Partner(RIVAL) && owner != Owner::Tenant(STRANGER) && owner != Owner::Tenant(FREE)
    })
    .await;
}

async fn tenant_admins_see_global_their_partners_and_their_own_applications(database: TestDatabase) {
    let level = Level::Tenant { id: SISTER, partner: Some(PARTNER) };
    check(database, level, |owner| {
        matches!(owner, Owner::Global) || owner == Owner::Partner(PARTNER) || owner == Owner::Tenant(SISTER)
    })
    .await;
}

async fn an_application_sees_what_its_tenant_sees(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (applications, own) = (given(&app).await, Owner::Tenant(app.tenant()));
    let sees = |owner| owner == Owner::Global || owner == Owner::Partner(PARTNER) || owner == own;
    lists(&app.reader().await, &applications, sees).await;
}

async fn check(database: TestDatabase, at: Level, sees: Sees) {
    let app = TestApp::start_with_partners(&database).await;
    let applications = given(&app).await;
    let user = app.operator_with(RoleGrant { role: Role::Admin, at }).await;
    lists(&user, &applications, sees).await;
}

/// Whatever is asked for, in parts of any size, the newest first.
async fn lists(user: &User<'_>, applications: &[OwnedApplication], sees: impl Fn(Owner) -> bool) {
    for ownership in [None, Some(Ownership::Global), Some(Ownership::Partner), Some(Ownership::Tenant)] {
        for tenant in [None, Some(SISTER), Some(STRANGER), Some(FREE)] {
            for partner in [None, Some(PARTNER), Some(RIVAL)] {
                let is_wanted = |one: &&OwnedApplication| {
                    let is_of = |id| one.owner == Owner::Partner(id) || one.partner == Some(id);
                    sees(one.owner)
                        && ownership.is_none_or(|ownership| one.owner.ownership() == ownership)
                        && tenant.is_none_or(|id| one.owner == Owner::Tenant(id))
                        && partner.is_none_or(is_of)
                };
                let expected: Vec<&str> =
                    applications.iter().rev().filter(is_wanted).map(|one| one.id.as_str()).collect();
                let mut path = "/applications?tag=of-levels".to_owned();
                path.extend(ownership.map(|ownership| format!("&ownership={}", ownership.as_str())));
                path.extend(tenant.map(|id| format!("&tenant_id={id}")));
                path.extend(partner.map(|id| format!("&partner_id={id}")));
                let limit = expected.len().div_ceil(2).max(1);
                assert_eq!(ids(&user.each(&path, limit).await), expected, "{path}");
            }
        }
    }
}

fn ids(listed: &[Value]) -> Vec<&str> {
    listed.iter().map(|application| application["id"].as_str().expect("an id")).collect()
}

async fn a_search_finds_what_is_above_and_below(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let mut found = Vec::new();
    for (number, owner) in app.owners().into_iter().enumerate() {
        found.push(app.owned_application(owner, &format!("Needle {number}")).await);
    }
    let reader = app.reader().await;
    for filter in ["", "&type=m2m", "&state=enabled", "&tag=of-levels"] {
        let listed = reader.get(&format!("/applications?q=needle{filter}")).await.ok();
        let names: Vec<_> =
            listed["data"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["Needle 3", "Needle 1", "Needle 0"], "{filter}");
    }
    let platform = app.operator_with(RoleGrant { role: Role::Viewer, at: Level::Platform }).await;
    for filter in ["", "&type=m2m", "&state=enabled", "&tag=of-levels"] {
        let listed = platform.get(&format!("/applications?q=needle{filter}")).await.ok();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(7), "{filter}");
    }
    let disabled = platform.get("/applications?state=disabled").await.ok();
    assert_eq!(disabled["data"], json!([]));
    let resource = Resource::of_owner(found[0].owner, found[0].partner);
    assert_eq!(resource.owner, Owner::Global);
}

async fn a_word_that_is_no_owner_is_invalid_request(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let refused = app.reader().await.get("/applications?ownership=GLOBAL&tenant_id=x&partner_id=app_1").await;
    refused.refused_for(400, "invalid_request", &["ownership", "partner_id", "tenant_id"]);
}
