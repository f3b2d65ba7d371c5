//! `/users/`: listed, made, read, changed, taken away.

use appkeep_domain::{Level, TenantId};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{act, admins, delete, get, id_of, ids_of, listed, one_user_of_each, patch, post, super_admin};
use crate::harness::{FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp};

on_each_database![
    every_admin_lists_the_users_whom_they_govern,
    page_and_per_page_number_users_tenant_by_tenant,
    search_looks_for_part_of_an_address_or_a_name,
    a_search_goes_through_all_tenants,
    status_keeps_those_of_a_status,
    tenant_id_and_partner_id_keep_the_users_of_those,
    a_user_is_read_back_here_and_under_api_v1,
    every_admin_makes_users_in_the_tenants_they_govern,
    whose_user_it_is_has_to_be_said_by_who_has_several_tenants,
    a_user_is_changed_wherever_they_are,
    what_cannot_be_is_named_as_it_is_called_here,
    a_deleted_user_is_gone_for_good,
    reset_password_mails_a_link,
    a_viewer_looks_on,
    pages_end_somewhere,
];

async fn every_admin_lists_the_users_whom_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let of = |tenants: &[TenantId]| ids_of(&made, tenants);
    let [platform, partner, tenant] = admins(&app).await;
    let own = app.tenant();
    for (user, tenants) in [
        (&platform, vec![own, SISTER, STRANGER, FREE]),
        (&partner, vec![own, SISTER]),
        (&tenant, vec![own]),
        (&app.with("admin:read").await, vec![own]),
        (&app.with("users:read").await, vec![own]),
    ] {
        assert_eq!(listed(user, "/users/", "").await, of(&tenants));
    }
    for (level, tenants) in [(Level::Platform, 4), (Level::Partner(PARTNER), 2)] {
        let machine = app.machine_at(level).await;
        assert_eq!(listed(&machine, "/users/", "").await.len(), tenants);
    }
}

async fn page_and_per_page_number_users_tenant_by_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = super_admin(&app).await;
    let mut expected = Vec::new();
    for tenant in [app.tenant(), SISTER, STRANGER] {
        let mut of_tenant = Vec::new();
        for number in 0..4 {
            let email = format!("{number}-{tenant}@example.com");
            let body = json!({ "email": email, "tenant_id": tenant.to_string() });
            of_tenant.insert(0, id_of(&post(&admin, "/users/", body).await.created()));
        }
        expected.extend(of_tenant);
    }
    assert_eq!(listed(&admin, "/users/", "").await, expected);
    for (page, per_page, range) in [(1, 5, 0..5), (2, 5, 5..10), (3, 5, 10..12), (4, 5, 12..12)] {
        let page_of = get(&admin, &format!("/users?page={page}&per_page={per_page}")).await.ok();
        let ids: Vec<String> = page_of["data"].as_array().expect("a list").iter().map(id_of).collect();
        assert_eq!(ids, expected[range], "{page}");
        let numbers = json!({ "page": page, "per_page": per_page, "total": 12, "total_pages": 3 });
        assert_eq!((&page_of["pagination"], &page_of["meta"]), (&numbers, &json!({})));
    }
}

async fn search_looks_for_part_of_an_address_or_a_name(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [_, _, admin] = admins(&app).await;
    let body = json!({ "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace" });
    let ada = id_of(&post(&admin, "/users/", body).await.created());
    let body = json!({ "email": "grace@example.com", "display_name": "Grace Hopper", "username": "amazing" });
    let grace = id_of(&post(&admin, "/users/", body).await.created());
    for (text, expected) in [
        ("ADA%40exa", vec![&ada]),
        ("lovelace", vec![&ada]),
        ("hopper", vec![&grace]),
        ("maz", vec![&grace]),
        ("ce", vec![&grace, &ada]),
        ("", vec![&grace, &ada]),
        ("nobody", vec![]),
    ] {
        let found = listed(&admin, "/users/", &format!("search={text}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{text}");
    }
    let long = "a".repeat(256);
    let refused = get(&admin, &format!("/users/?search={long}")).await.with(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["query", "search"]));
}

async fn a_search_goes_through_all_tenants(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let ids = |tenants: &[TenantId]| ids_of(&made, tenants);
    let [platform, partner, tenant] = admins(&app).await;
    let all = [app.tenant(), SISTER, STRANGER, FREE];
    assert_eq!(listed(&platform, "/users/", "search=person").await, ids(&all));
    assert_eq!(listed(&partner, "/users/", "search=person").await, ids(&[app.tenant(), SISTER]));
    assert_eq!(listed(&tenant, "/users/", "search=person").await, ids(&[app.tenant()]));
    let query = format!("search=person&tenant_id={STRANGER}&status=ACTIVE");
    assert_eq!(listed(&platform, "/users/", &query).await, ids(&[STRANGER]));
    assert_eq!(listed(&partner, "/users/", &query).await, [] as [&str; 0]);
}

async fn status_keeps_those_of_a_status(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = super_admin(&app).await;
    let mut made = Vec::new();
    for (number, status) in ["ACTIVE", "SUSPENDED", "PENDING", "SUSPENDED"].into_iter().enumerate() {
        let tenant = if number < 2 { app.tenant() } else { SISTER }.to_string();
        let email = format!("{number}@example.com");
        let body = json!({ "email": email, "status": status, "tenant_id": tenant });
        let user = post(&admin, "/users/", body).await.created();
        assert_eq!(user["status"], status);
        made.push(id_of(&user));
    }
    for (status, expected) in
        [("ACTIVE", vec![&made[0]]), ("SUSPENDED", vec![&made[1], &made[3]]), ("PENDING", vec![&made[2]])]
    {
        let found = listed(&admin, "/users/", &format!("status={status}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{status}");
    }
    for status in ["active", "GONE"] {
        let refused = get(&admin, &format!("/users/?status={status}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["query", "status"]));
    }
}

async fn tenant_id_and_partner_id_keep_the_users_of_those(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let of = |wanted: &[TenantId]| ids_of(&made, wanted);
    let [platform, partner, tenant] = admins(&app).await;
    let (own, both) = (app.tenant(), [app.tenant(), SISTER]);
    let by_tenant = |id: TenantId| format!("tenant_id={id}");
    let by_partner = |id| format!("partner_id={id}");
    for (user, query, expected) in [
        (&platform, by_tenant(STRANGER), of(&[STRANGER])),
        (&platform, by_partner(PARTNER), of(&both)),
        (&platform, by_partner(RIVAL), of(&[STRANGER])),
        (&platform, format!("tenant_id={SISTER}&partner_id={RIVAL}"), vec![]),
        (&partner, by_tenant(SISTER), of(&[SISTER])),
        (&partner, by_partner(PARTNER), of(&both)),
        (&partner, by_tenant(STRANGER), vec![]),
        (&partner, by_partner(RIVAL), vec![]),
        (&tenant, by_tenant(own), of(&[own])),
        (&tenant, by_partner(PARTNER), of(&[own])),
        (&tenant, by_tenant(SISTER), vec![]),
        (&tenant, by_partner(RIVAL), vec![]),
    ] {
        assert_eq!(listed(user, "/users/", &query).await, expected, "{query}");
    }
    for (query, found) in [("tenant_id=nobody", 0), ("partner_id=nobody", 0), ("tenant_id=&search=", 4)] {
        assert_eq!(listed(&platform, "/users/", query).await.len(), found, "{query}");
    }
}

async fn a_user_is_read_back_here_and_under_api_v1(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let body = json!({
        "email": "ada@example.com",
        "username": "ada",
        "phone": "+41446681800",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "display_name": "Countess",
        "locale": "en-GB",
        "custom_attributes": { "department": "engines", "floor": 3 },
        "is_robot": false,
    });
    let made = post(&writer, "/users", body.clone()).await.created();
    let tenant = app.tenant().to_string();
    let id = id_of(&made);
    for path in [format!("/users/{id}"), format!("/users/{id}/")] {
        assert_eq!(get(&writer, &path).await.data(), made);
    }
    for (member, sent) in body.as_object().expect("an object") {
        let shown = if member == "is_robot" { &Value::Null } else { sent };
        assert_eq!(&made[member], shown, "{member}");
    }
    let expected = [
        ("status", json!("ACTIVE")),
        ("email_verified", json!(false)),
        ("last_login_at", Value::Null),
        ("tenant_id", json!(tenant)),
        ("tenant", json!({ "id": tenant, "name": "default", "slug": "default" })),
        ("created_at", json!(app.now())),
    ];
    for (member, value) in expected {
        assert_eq!(made[member], value, "{member}");
    }
    let native = app.full().await.get(&format!("/users/{id}")).await.data();
    assert_eq!((&native["given_name"], &native["name"]), (&json!("Ada"), &json!("Countess")));
}

async fn every_admin_makes_users_in_the_tenants_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    let body = |number: u8, tenant: TenantId| json!({ "email": format!("{number}@example.com"), "tenant_id": tenant.to_string() });
    for (number, user, of) in
        [(1, &platform, STRANGER), (2, &partner, SISTER), (3, &tenant, app.tenant()), (4, &platform, FREE)]
    {
        let made = post(user, "/users/", body(number, of)).await.created();
        assert_eq!(made["tenant_id"], json!(of.to_string()));
    }
    for (user, of) in [(&partner, STRANGER), (&partner, FREE), (&tenant, SISTER)] {
        let refused = post(user, "/users/", body(9, of)).await.with(422);
        let expected = json!([{ "loc": ["body", "tenant_id"], "msg": "there is no such tenant", "type": "value_error" }]);
        assert_eq!(refused["detail"], expected);
    }
}

async fn whose_user_it_is_has_to_be_said_by_who_has_several_tenants(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    for user in [&platform, &partner] {
        let refused = post(user, "/users/", json!({ "email": "ada@example.com" })).await.with(422);
        let expected = json!([{ "loc": ["body", "tenant_id"], "msg": "is required", "type": "missing" }]);
        assert_eq!(refused["detail"], expected);
    }
    let made = post(&tenant, "/users/", json!({ "email": "ada@example.com" })).await.created();
    assert_eq!(made["tenant_id"], json!(app.tenant().to_string()));
}

async fn a_user_is_changed_wherever_they_are(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, of) in [(&platform, STRANGER), (&partner, SISTER), (&tenant, app.tenant())] {
        let id = &made.iter().find(|(tenant, _)| *tenant == of).expect("was made").1;
        let path = format!("/users/{id}");
        let attributes = json!({ "floor": 3, "room": "b" });
        let body =
            json!({ "first_name": "Ada", "status": "SUSPENDED", "custom_attributes": attributes, "x": 1 });
        let changed = patch(user, &path, body).await.data();
        assert_eq!((&changed["first_name"], &changed["status"]), (&json!("Ada"), &json!("SUSPENDED")));
        let body = json!({ "first_name": null, "status": "ACTIVE", "custom_attributes": { "room": null },
                           "tenant_id": of.to_string() });
        let changed = patch(user, &path, body).await.data();
        assert_eq!((&changed["first_name"], &changed["status"]), (&Value::Null, &json!("ACTIVE")));
        assert_eq!(changed["custom_attributes"], json!({ "floor": 3 }));
        assert_eq!(get(user, &path).await.data(), changed);
    }
    for (user, of) in [(&partner, STRANGER), (&tenant, SISTER)] {
        let id = &made.iter().find(|(tenant, _)| *tenant == of).expect("was made").1;
        let refused = patch(user, &format!("/users/{id}"), json!({ "first_name": "Mine" })).await.with(404);
        assert_eq!(refused, json!({ "detail": "there is no such user" }));
    }
}

async fn what_cannot_be_is_named_as_it_is_called_here(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let id = id_of(&post(&writer, "/users/", json!({ "email": "ada@example.com" })).await.created());
    let path = format!("/users/{id}");
    for (body, place) in [
        (json!({ "display_name": "" }), "display_name"),
        (json!({ "first_name": "" }), "first_name"),
        (json!({ "last_name": "\t" }), "last_name"),
        (json!({ "email": "ada" }), "email"),
        (json!({ "status": "active" }), "status"),
        (json!({ "status": 1 }), "status"),
        (json!({ "custom_attributes": [] }), "custom_attributes"),
        (json!({ "password": "correct horse battery staple" }), "password"),
        (json!({ "tenant_id": SISTER.to_string() }), "tenant_id"),
    ] {
        let refused = patch(&writer, &path, body).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", place]), "{refused}");
    }
    let refused = post(&writer, "/users/", json!({ "first_name": "Ada" })).await.with(422);
    let missing = json!([{ "loc": ["body", "email"], "msg": "is required", "type": "missing" }]);
    assert_eq!(refused["detail"], missing);
    let refused = post(&writer, "/users/", json!({ "email": "ADA@example.com" })).await.with(409);
    assert_eq!(refused, json!({ "detail": "email: another user has it" }));
}

async fn a_deleted_user_is_gone_for_good(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, of) in [(&platform, STRANGER), (&partner, SISTER), (&tenant, app.tenant())] {
        let id = &made.iter().find(|(tenant, _)| *tenant == of).expect("was made").1;
        let path = format!("/users/{id}");
        let answer = delete(user, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        for answer in [
            get(user, &path).await,
            patch(user, &path, json!({})).await,
            delete(user, &path).await,
            act(user, &format!("{path}/reset-password")).await,
        ] {
            assert_eq!(answer.with(404), json!({ "detail": "there is no such user" }));
        }
        assert!(!listed(&platform, "/users/", "").await.contains(id));
        let body = json!({ "email": format!("person@{of}.example"), "tenant_id": of.to_string() });
        assert_ne!(id_of(&post(user, "/users/", body).await.created()), *id);
    }
    let hidden = &made.iter().find(|(tenant, _)| *tenant == FREE).expect("was made").1;
    delete(&partner, &format!("/users/{hidden}")).await.with(404);
    get(&platform, &format!("/users/{hidden}")).await.data();
}

async fn reset_password_mails_a_link(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let writer = app.with("admin:write").await;
    let id = id_of(&post(&writer, "/users/", json!({ "email": "ada@example.com" })).await.created());
    let answer = act(&writer, &format!("/users/{id}/reset-password")).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert!(letters.take_link("ada@example.com").starts_with('/'), "leads to the issuer");
    patch(&writer, &format!("/users/{id}"), json!({ "status": "SUSPENDED" })).await.data();
    let refused = act(&writer, &format!("/users/{id}/reset-password/")).await.with(400);
    assert_eq!(refused, json!({ "detail": "the user is suspended" }));
    assert_eq!(letters.take_addresses(), [] as [&str; 0]);
}

async fn a_viewer_looks_on(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let made = one_user_of_each(&app).await;
    let reader = app.with("admin:read").await;
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    let path = format!("/users/{}", made[0].1);
    get(&reader, &path).await.data();
    for answer in [
        post(&reader, "/users/", json!({})).await,
        patch(&reader, &path, json!({})).await,
        delete(&reader, &path).await,
        act(&reader, &format!("{path}/reset-password")).await,
    ] {
        assert_eq!(answer.with(403), lacks);
    }
    let none = app.with("applications:read").await;
    for path in [path.as_str(), "/users/"] {
        assert_eq!(get(&none, path).await.with(403), lacks);
    }
    let viewer = app.viewer_of_the_tenant().await;
    get(&viewer, &path).await.data();
    assert!(patch(&viewer, &path, json!({})).await.with(403)["detail"].is_string());
    get(&app.nobody(), &path).await.with(401);
    post(&app.nobody(), "/users/", json!({})).await.with(401);
}

async fn pages_end_somewhere(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let reader = app.with("admin:read").await;
    for path in ["/users/", "/groups/"] {
        assert_eq!(get(&reader, &format!("{path}?page=10001&per_page=100")).await.ok()["data"], json!([]));
        for query in ["page=10002&per_page=100", "page=0", "per_page=101", "page=x"] {
            let refused = get(&reader, &format!("{path}?{query}")).await.with(422);
            assert_eq!(refused["detail"][0]["loc"][0], "query", "{refused}");
        }
    }
}
