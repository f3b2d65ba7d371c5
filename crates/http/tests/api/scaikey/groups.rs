//! `/groups/`, and who is in one.

use appkeep_domain::TenantId;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{admins, delete, get, id_of, ids_of, listed, patch, post, super_admin};
use crate::harness::{FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    every_admin_lists_the_groups_that_they_govern,
    groups_are_numbered_searched_and_filtered,
    a_group_is_made_read_changed_and_deleted_wherever_it_is,
    every_group_is_a_security_group,
    members_come_and_go,
    a_tenants_people_are_in_its_groups_only,
    who_may_not_change_groups_is_told_so,
];

async fn one_of_each(app: &TestApp) -> Vec<(TenantId, String)> {
    let admin = super_admin(app).await;
    let mut made = Vec::new();
    for tenant in [app.tenant(), SISTER, STRANGER, FREE] {
        made.push((tenant, group_of(&admin, tenant, "Crew").await));
    }
    made
}

async fn group_of(admin: &User<'_>, tenant: TenantId, name: &str) -> String {
    let body = json!({ "name": name, "tenant_id": tenant.to_string() });
    id_of(&post(admin, "/groups/", body).await.created())
}

async fn every_admin_lists_the_groups_that_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_of_each(&app).await;
    let of = |wanted: &[TenantId]| ids_of(&made, wanted);
    let [platform, partner, tenant] = admins(&app).await;
    let own = app.tenant();
    let all = vec![own, SISTER, STRANGER, FREE];
    for (user, query, tenants) in [
        (&platform, String::new(), all.clone()),
        (&platform, "search=cre".to_owned(), all),
        (&platform, format!("tenant_id={FREE}"), vec![FREE]),
        (&platform, format!("partner_id={RIVAL}"), vec![STRANGER]),
        (&partner, String::new(), vec![own, SISTER]),
        (&partner, "search=crew".to_owned(), vec![own, SISTER]),
        (&partner, format!("tenant_id={STRANGER}"), vec![]),
        (&partner, format!("partner_id={RIVAL}&search=crew"), vec![]),
        (&tenant, String::new(), vec![own]),
        (&tenant, format!("partner_id={PARTNER}"), vec![own]),
        (&tenant, format!("tenant_id={SISTER}"), vec![]),
        (&app.with("groups:read").await, String::new(), vec![own]),
        (&app.with("admin:read").await, "search=crew".to_owned(), vec![own]),
    ] {
        assert_eq!(listed(user, "/groups/", &query).await, of(&tenants), "{query}");
    }
}

async fn groups_are_numbered_searched_and_filtered(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = super_admin(&app).await;
    let mut expected = Vec::new();
    for tenant in [app.tenant(), SISTER] {
        let mut of_tenant = Vec::new();
        for number in 0..4 {
            of_tenant.insert(0, group_of(&admin, tenant, &format!("Group {number}")).await);
        }
        expected.extend(of_tenant);
    }
    assert_eq!(listed(&admin, "/groups/", "").await, expected);
    let third = get(&admin, "/groups?page=3&per_page=3").await.ok();
    let numbers = json!({ "page": 3, "per_page": 3, "total": 8, "total_pages": 3 });
    assert_eq!((&third["pagination"], &third["meta"]), (&numbers, &json!({})));
    let ids: Vec<String> = third["data"].as_array().expect("a list").iter().map(id_of).collect();
    assert_eq!(ids, expected[6..]);
    assert_eq!(listed(&admin, "/groups/", "search=OUP+2").await, [&*expected[1], &*expected[5]]);
    assert_eq!(listed(&admin, "/groups/", "search=nothing").await, [] as [&str; 0]);
}

async fn a_group_is_made_read_changed_and_deleted_wherever_it_is(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, of, slug) in
        [(&platform, STRANGER, "stranger"), (&partner, SISTER, "sister"), (&tenant, app.tenant(), "default")]
    {
        let body = json!({ "name": "Crew", "description": "All hands", "tenant_id": of.to_string(), "x": 1 });
        let made = post(user, "/groups", body).await.created();
        let of_tenant = json!({ "id": of.to_string(), "name": slug, "slug": slug });
        assert_eq!((&made["name"], &made["tenant"]), (&json!("Crew"), &of_tenant));
        assert_eq!((&made["group_type"], &made["description"]), (&json!("SECURITY"), &json!("All hands")));
        let path = format!("/groups/{}", id_of(&made));
        assert_eq!(get(user, &format!("{path}/")).await.data(), made);
        let body = json!({ "name": "Staff", "description": null, "tenant_id": of.to_string() });
        let changed = patch(user, &path, body).await.data();
        assert_eq!((&changed["name"], &changed["description"]), (&json!("Staff"), &Value::Null));
        assert_eq!(get(user, &path).await.data(), changed);
        let refused = patch(user, &path, json!({ "tenant_id": FREE.to_string() })).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "tenant_id"]));
        let answer = delete(user, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        for answer in [get(user, &path).await, delete(user, &path).await] {
            assert_eq!(answer.with(404), json!({ "detail": "there is no such group" }));
        }
    }
    for (user, of) in [(&partner, STRANGER), (&tenant, SISTER)] {
        let hidden = group_of(&platform, of, "Hidden").await;
        let path = format!("/groups/{hidden}");
        for answer in [
            get(user, &path).await,
            patch(user, &path, json!({ "name": "Mine" })).await,
            delete(user, &path).await,
            get(user, &format!("{path}/members/")).await,
            post(user, &format!("{path}/members/"), json!({ "user_id": hidden })).await,
            delete(user, &format!("{path}/members/{hidden}")).await,
        ] {
            assert_eq!(answer.with(404), json!({ "detail": "there is no such group" }));
        }
        let body = json!({ "name": "New", "tenant_id": of.to_string() });
        let refused = post(user, "/groups/", body).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "tenant_id"]));
        assert_eq!(get(&platform, &path).await.data()["name"], "Hidden");
    }
}

async fn every_group_is_a_security_group(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let made = post(&writer, "/groups/", json!({ "name": "Crew", "group_type": "SECURITY" })).await.created();
    let id = id_of(&made);
    assert_eq!(listed(&writer, "/groups/", "group_type=SECURITY").await, [&*id]);
    let other = "DISTRIBUTION_LIST";
    let path = format!("/groups/{id}");
    for (place, answer) in [
        ("query", get(&writer, &format!("/groups/?group_type={other}")).await),
        ("body", post(&writer, "/groups/", json!({ "name": "List", "group_type": other })).await),
        ("body", patch(&writer, &path, json!({ "group_type": other })).await),
    ] {
        let expected =
            json!([{ "loc": [place, "group_type"], "msg": "is not SECURITY", "type": "value_error" }]);
        assert_eq!(answer.with(422)["detail"], expected);
    }
    let refused = post(&writer, "/groups/", json!({})).await.with(422);
    let missing = json!([{ "loc": ["body", "name"], "msg": "is required", "type": "missing" }]);
    assert_eq!(refused["detail"], missing);
    let refused = post(&writer, "/groups/", json!({ "name": "CREW" })).await.with(409);
    assert_eq!(refused, json!({ "detail": "name: another group has it" }));
}

async fn members_come_and_go(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (number, user, of) in [(0, &platform, STRANGER), (1, &partner, SISTER), (2, &tenant, app.tenant())] {
        let group = group_of(user, of, "Crew").await;
        let members = format!("/groups/{group}/members");
        let mut added = Vec::new();
        for person in 0..5 {
            let email = format!("{person}-{number}@example.com");
            let body = json!({ "email": email, "tenant_id": of.to_string() });
            let id = id_of(&post(user, "/users/", body).await.created());
            let put = post(user, &members, json!({ "user_id": id })).await.created();
            assert_eq!(put, json!({ "group_id": group, "user_id": id }));
            added.insert(0, id);
        }
        post(user, &members, json!({ "user_id": added[0] })).await.created();
        assert_eq!(listed(user, &format!("{members}/"), "").await, added);
        let second = get(user, &format!("{members}?page=2&per_page=2")).await.ok();
        let numbers = json!({ "page": 2, "per_page": 2, "total": 5, "total_pages": 3 });
        assert_eq!(second["pagination"], numbers);
        let shown = &second["data"][0];
        assert_eq!((&shown["id"], &shown["status"]), (&json!(added[2]), &json!("ACTIVE")));
        assert_eq!((&shown["tenant_id"], &shown["added_at"]), (&json!(of.to_string()), &json!(app.now())));
        let gone = format!("{members}/{}", added[1]);
        assert_eq!(delete(user, &gone).await.status.as_u16(), 204);
        assert_eq!(delete(user, &gone).await.with(404), json!({ "detail": "the user is not in the group" }));
        added.remove(1);
        assert_eq!(listed(user, &format!("{members}/"), "").await, added);
    }
}

async fn a_tenants_people_are_in_its_groups_only(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = super_admin(&app).await;
    let group = group_of(&admin, app.tenant(), "Crew").await;
    let body = json!({ "email": "ada@example.com", "tenant_id": SISTER.to_string() });
    let theirs = id_of(&post(&admin, "/users/", body).await.created());
    let members = format!("/groups/{group}/members/");
    for user in [theirs.as_str(), "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "nobody"] {
        let refused = post(&admin, &members, json!({ "user_id": user })).await.with(404);
        assert_eq!(refused, json!({ "detail": "there is no such user" }), "{user}");
    }
    let refused = post(&admin, &members, json!({})).await.with(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "user_id"]));
    assert_eq!(listed(&admin, &members, "").await, [] as [&str; 0]);
}

async fn who_may_not_change_groups_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let group = one_of_each(&app).await.remove(0).1;
    let path = format!("/groups/{group}");
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    let reader = app.with("groups:read").await;
    get(&reader, &path).await.data();
    get(&reader, &format!("{path}/members")).await.ok();
    for answer in [
        post(&reader, "/groups/", json!({})).await,
        patch(&reader, &path, json!({})).await,
        delete(&reader, &path).await,
        post(&reader, &format!("{path}/members"), json!({})).await,
        delete(&reader, &format!("{path}/members/{group}")).await,
        get(&app.with("users:read").await, &path).await,
        get(&app.with("users:read").await, "/groups/").await,
    ] {
        assert_eq!(answer.with(403), lacks);
    }
    let viewer = app.viewer_of_the_tenant().await;
    get(&viewer, &path).await.data();
    assert!(delete(&viewer, &path).await.with(403)["detail"].is_string());
    get(&app.nobody(), &path).await.with(401);
}
