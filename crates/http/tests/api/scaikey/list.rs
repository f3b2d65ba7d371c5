//! `GET /applications/`.

use appkeep_domain::{Level, Owner, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{admins, get, ids, one_of_each, post, super_admin};
use crate::harness::{FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    super_admins_see_all_applications,
    partner_admins_see_global_apps_and_partner_apps_for_their_partner_and_tenant_apps_in_their_partners_tenants,
    tenant_admins_see_global_apps_and_partner_apps_for_their_parent_partner_and_tenant_apps_for_their_tenant,
    admins_elsewhere_see_what_their_own_level_sees,
    an_application_sees_what_its_level_sees,
    page_and_per_page_number_the_list,
    tenant_id_keeps_those_of_a_tenant,
    partner_id_keeps_those_of_a_partner_and_all_tenants_in_it,
    scope_keeps_global_partner_or_tenant,
    application_type_keeps_one_type,
    several_filters_hold_together,
    search_looks_for_a_part_of_the_name,
    a_filter_that_is_empty_is_none_and_an_id_of_nobody_finds_nothing,
    a_saml_application_is_shown_and_cannot_be_made,
];

/// What of everybody's applications is listed, in the order of `owners`.
async fn seen(app: &TestApp, number: usize) -> Vec<Owner> {
    let made = one_of_each(app).await;
    let listed = ids(&admins(app).await[number], "search=one+of+each").await;
    made.into_iter().filter(|(.., id)| listed.contains(id)).map(|(owner, ..)| owner).collect()
}

async fn super_admins_see_all_applications(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owners = app.owners().map(|(owner, _)| owner).to_vec();
    assert_eq!(seen(&app, 0).await, owners);
}

async fn partner_admins_see_global_apps_and_partner_apps_for_their_partner_and_tenant_apps_in_their_partners_tenants(
    database: TestDatabase,
) {
    let app = TestApp::start_with_partners(&database).await;
    let own = [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(app.tenant()), Owner::Tenant(SISTER)];
    assert_eq!(seen(&app, 1).await, own);
}

async fn tenant_admins_see_global_apps_and_partner_apps_for_their_parent_partner_and_tenant_apps_for_their_tenant(
    database: TestDatabase,
) {
    let app = TestApp::start_with_partners(&database).await;
    assert_eq!(seen(&app, 2).await, [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(app.tenant())]);
}

/// The default tenant is at the root, where these ask: it is nothing to them.
async fn admins_elsewhere_see_what_their_own_level_sees(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let admin = |id, partner| RoleGrant { role: Role::Admin, at: Level::Tenant { id, partner } };
    let (sister, stranger) = (admin(SISTER, Some(PARTNER)), admin(STRANGER, Some(RIVAL)));
    let (of_partner, of_rival) = (Owner::Partner(PARTNER), Owner::Partner(RIVAL));
    let [of_sister, of_stranger, of_free] = [SISTER, STRANGER, FREE].map(Owner::Tenant);
    for (grants, expected) in [
        (vec![sister], vec![Owner::Global, of_partner, of_sister]),
        (vec![admin(FREE, None)], vec![Owner::Global, of_free]),
        (vec![stranger, admin(FREE, None)], vec![Owner::Global, of_rival, of_stranger, of_free]),
    ] {
        let user = app.operator_with_all(&grants).await;
        let listed = ids(&user, "search=one+of+each").await;
        let seen = made.iter().filter(|(.., id)| listed.contains(id)).map(|(owner, ..)| *owner);
        assert_eq!(seen.collect::<Vec<_>>(), expected, "{grants:?}");
        for (owner, _, id) in &made {
            let answer = get(&user, &format!("/applications/{id}")).await;
            let status = if expected.contains(owner) { 200 } else { 404 };
            assert_eq!(answer.status.as_u16(), status, "{grants:?} {owner:?}");
        }
        let own = expected.last().copied();
        let Some(Owner::Tenant(own)) = own else { panic!("the last is a tenant") };
        let body = json!({ "name": "New", "application_type": "SPA", "scope": "TENANT" });
        for (tenant, status) in [(own, 201), (app.tenant(), 422)] {
            let mut body = body.clone();
            body["tenant_id"] = json!(tenant.to_string());
            post(&user, "/applications/", body).await.with(status);
        }
    }
}

async fn an_application_sees_what_its_level_sees(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let listed = ids(&app.with("admin:read").await, "search=one+of+each").await;
    let seen: Vec<Owner> =
        made.into_iter().filter(|(.., id)| listed.contains(id)).map(|(owner, ..)| owner).collect();
    assert_eq!(seen, [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(app.tenant())]);
}

async fn page_and_per_page_number_the_list(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let admin = super_admin(&app).await;
    let page = async |query: &str| get(&admin, &format!("/applications?{query}")).await.ok();
    let all = page("").await;
    let total = all["data"].as_array().expect("a list").len();
    assert!(total > made.len(), "the management application and the console are there too");
    let pages = total.div_ceil(2);
    let expected = json!({ "page": 1, "per_page": 50, "total": total, "total_pages": 1 });
    assert_eq!((&all["pagination"], &all["meta"]), (&expected, &json!({})));
    let mut numbered = Vec::new();
    for number in 1..=pages {
        let listed = page(&format!("page={number}&per_page=2")).await;
        let expected = json!({ "page": number, "per_page": 2, "total": total, "total_pages": pages });
        assert_eq!(listed["pagination"], expected);
        numbered.extend(listed["data"].as_array().expect("a list").clone());
    }
    assert_eq!(numbered, *all["data"].as_array().expect("a list"));
    let beyond = page(&format!("page={}&per_page=2", pages + 1)).await;
    assert_eq!((&beyond["data"], &beyond["pagination"]["total"]), (&json!([]), &json!(total)));
}

async fn tenant_id_keeps_those_of_a_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let [platform, partner, tenant] = admins(&app).await;
    let of = |wanted: Owner| {
        let ids = made.iter().filter(|(owner, ..)| *owner == wanted).map(|(.., id)| id.clone());
        ids.collect::<Vec<_>>()
    };
    let query = |id| format!("search=one+of+each&tenant_id={id}");
    assert_eq!(ids(&platform, &query(STRANGER)).await, of(Owner::Tenant(STRANGER)));
    assert_eq!(ids(&partner, &query(SISTER)).await, of(Owner::Tenant(SISTER)));
    assert_eq!(ids(&tenant, &query(app.tenant())).await, of(Owner::Tenant(app.tenant())));
    for (user, hidden) in [(&partner, STRANGER), (&tenant, SISTER)] {
        assert_eq!(ids(user, &query(hidden)).await, [] as [&str; 0]);
    }
}

async fn partner_id_keeps_those_of_a_partner_and_all_tenants_in_it(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let [platform, partner, tenant] = admins(&app).await;
    let is_of = |wanted, owner: &Owner, partner: &Option<_>| {
        *owner == Owner::Partner(wanted) || *partner == Some(wanted)
    };
    let of = |wanted| {
        let own = made.iter().filter(|(owner, partner, _)| is_of(wanted, owner, partner));
        let mut ids: Vec<String> = own.map(|(.., id)| id.clone()).collect();
        ids.reverse();
        ids
    };
    let query = |id| format!("search=one+of+each&partner_id={id}");
    assert_eq!(ids(&platform, &query(RIVAL)).await, of(RIVAL));
    assert_eq!(ids(&platform, &query(PARTNER)).await, of(PARTNER));
    assert_eq!(ids(&partner, &query(PARTNER)).await, of(PARTNER));
    for user in [&partner, &tenant] {
        assert_eq!(ids(user, &query(RIVAL)).await, [] as [&str; 0]);
    }
}

async fn scope_keeps_global_partner_or_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let admin = super_admin(&app).await;
    for (scope, count) in [("GLOBAL", 1), ("PARTNER", 2), ("TENANT", 4)] {
        let query = format!("search=one+of+each&scope={scope}");
        let listed = get(&admin, &format!("/applications/?{query}")).await.ok();
        let data = listed["data"].as_array().expect("a list");
        assert!(data.iter().all(|one| one["scope"] == scope), "{listed}");
        assert_eq!(data.len(), count, "{scope}");
    }
    assert_eq!(made.len(), 7);
}

async fn application_type_keeps_one_type(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    for kind in ["spa", "native", "server", "m2m"] {
        full.create(kind, json!({ "name": format!("Typed {kind}") })).await;
    }
    for (theirs, ours) in [("SPA", "spa"), ("NATIVE", "native"), ("WEB", "server"), ("SERVICE", "m2m")] {
        let path = format!("/applications/?search=typed&application_type={theirs}");
        let listed = get(&app.with("admin:read").await, &path).await.ok();
        let found: Vec<_> = listed["data"].as_array().expect("a list").iter().collect();
        assert_eq!(found.len(), 1, "{listed}");
        assert_eq!(found[0]["name"], format!("Typed {ours}"));
        assert_eq!(found[0]["application_type"], theirs);
    }
}

async fn several_filters_hold_together(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    one_of_each(&app).await;
    let [platform, partner, _] = admins(&app).await;
    let found = async |user: &User<'_>, query: String| {
        let listed = get(user, &format!("/applications/?search=one+of+each&{query}")).await.ok();
        let found = listed["data"].as_array().expect("a list").len();
        assert_eq!(listed["pagination"]["total"], found, "{query}");
        found
    };
    for (query, expected) in [
        (format!("tenant_id={SISTER}&scope=TENANT&application_type=SERVICE"), 1),
        (format!("tenant_id={SISTER}&scope=PARTNER"), 0),
        (format!("tenant_id={SISTER}&application_type=SPA"), 0),
        (format!("tenant_id={SISTER}&partner_id={PARTNER}"), 1),
        (format!("tenant_id={SISTER}&partner_id={RIVAL}"), 0),
        (format!("partner_id={PARTNER}&scope=TENANT"), 2),
        (format!("partner_id={PARTNER}&scope=PARTNER&application_type=SERVICE"), 1),
        (format!("partner_id={PARTNER}&scope=GLOBAL"), 0),
    ] {
        for user in [&platform, &partner] {
            assert_eq!(found(user, query.clone()).await, expected, "{query}");
        }
    }
}

async fn a_filter_that_is_empty_is_none_and_an_id_of_nobody_finds_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let admin = super_admin(&app).await;
    let all = ids(&admin, "").await;
    assert!(all.len() > made.len(), "the management application and the console are there too");
    for name in ["tenant_id", "partner_id", "scope", "application_type", "search"] {
        assert_eq!(ids(&admin, &format!("{name}=")).await, all, "{name}");
    }
    get(&admin, "/applications/?page=&per_page=").await.ok();
    for query in ["tenant_id=nobody", "partner_id=nobody", "tenant_id=prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"] {
        assert_eq!(ids(&admin, query).await, [] as [&str; 0], "{query}");
    }
}

/// Theirs has no word for it: it is shown, so that whoever governs it sees all
/// that there is.
async fn a_saml_application_is_shown_and_cannot_be_made(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let saml = json!({ "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] });
    let made = full.create("saml", json!({ "name": "Assertions", "saml": saml })).await;
    let writer = app.with("admin:write").await;
    let id = made["id"].as_str().expect("an id");
    assert_eq!(ids(&writer, "search=assertions").await, [id]);
    let shown = get(&writer, &format!("/applications/{id}")).await.data();
    for (member, value) in [
        ("application_type", json!("SAML")),
        ("redirect_uris", json!([])),
        ("allowed_scopes", json!([])),
        ("token_lifetime", Value::Null),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    get(&writer, "/applications/?application_type=SAML").await.with(422);
    let tenant = app.tenant().to_string();
    let body = json!({ "name": "New", "application_type": "SAML", "scope": "TENANT", "tenant_id": tenant });
    let refused = post(&writer, "/applications/", body).await.with(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "application_type"]), "{refused}");
}

async fn search_looks_for_a_part_of_the_name(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let needle = full.create("spa", json!({ "name": "Needle in a stack" })).await;
    full.create("spa", json!({ "name": "Hay" })).await;
    let listed = ids(&app.with("admin:read").await, "search=EEDLE").await;
    assert_eq!(listed, [needle["id"].as_str().expect("an id")]);
}
