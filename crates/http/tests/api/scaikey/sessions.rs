//! `/sessions/`: listed, looked at, ended.

use appkeep_domain::TenantId;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{admins, delete, get, listed, post};
use crate::harness::{FREE, PARTNER, RIVAL, RelyingParty, SISTER, STRANGER, TestApp};

on_each_database![
    every_admin_lists_the_sessions_of_the_people_they_govern,
    sessions_are_numbered_tenant_by_tenant,
    a_session_is_looked_at_and_ended_wherever_it_is,
    all_of_a_user_are_revoked,
    all_of_a_tenant_are_revoked,
    who_may_not_end_sessions_is_told_so,
];

struct Begun {
    tenant: TenantId,
    user: String,
    session: String,
}

async fn one_of_each(app: &TestApp) -> Vec<Begun> {
    let mut begun = Vec::new();
    for tenant in [app.tenant(), SISTER, STRANGER, FREE] {
        let (user, session) = app.session_in(tenant, "ada@example.com").await;
        begun.push(Begun { tenant, user, session });
    }
    begun
}

async fn every_admin_lists_the_sessions_of_the_people_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let begun = one_of_each(&app).await;
    let of = |wanted: &[TenantId]| {
        let wanted = begun.iter().filter(|begun| wanted.contains(&begun.tenant));
        wanted.map(|begun| begun.session.clone()).collect::<Vec<_>>()
    };
    let user_of = |wanted: TenantId| {
        let found = begun.iter().find(|begun| begun.tenant == wanted).expect("was begun");
        format!("user_id={}", found.user)
    };
    let [platform, partner, tenant] = admins(&app).await;
    let own = app.tenant();
    for (user, query, tenants) in [
        (&platform, String::new(), vec![own, SISTER, STRANGER, FREE]),
        (&platform, format!("tenant_id={FREE}"), vec![FREE]),
        (&platform, format!("partner_id={PARTNER}"), vec![own, SISTER]),
        (&platform, user_of(STRANGER), vec![STRANGER]),
        (&platform, format!("{}&tenant_id={FREE}", user_of(STRANGER)), vec![]),
        (&partner, String::new(), vec![own, SISTER]),
        (&partner, user_of(SISTER), vec![SISTER]),
        (&partner, user_of(STRANGER), vec![]),
        (&partner, format!("tenant_id={STRANGER}"), vec![]),
        (&partner, format!("partner_id={RIVAL}"), vec![]),
        (&tenant, String::new(), vec![own]),
        (&tenant, user_of(own), vec![own]),
        (&tenant, user_of(SISTER), vec![]),
        (&tenant, format!("partner_id={PARTNER}"), vec![own]),
        (&app.with("admin:read").await, String::new(), vec![own]),
        (&app.with("users:read").await, format!("tenant_id={SISTER}"), vec![]),
    ] {
        assert_eq!(listed(user, "/sessions/", &query).await, of(&tenants), "{query}");
    }
    for query in ["user_id=ada", "tenant_id=x", "partner_id=x"] {
        assert_eq!(listed(&platform, "/sessions/", query).await, [] as [String; 0], "{query}");
    }
    for query in ["page=0", "per_page=101"] {
        let refused = get(&platform, &format!("/sessions/?{query}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"][0], "query", "{query}");
    }
}

async fn sessions_are_numbered_tenant_by_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let mut expected = Vec::new();
    for tenant in [app.tenant(), SISTER] {
        let mut of_tenant = Vec::new();
        for number in 0..3 {
            let email = format!("{number}@example.com");
            of_tenant.push(app.session_in(tenant, &email).await.1);
        }
        of_tenant.sort_by(|one, other| other.cmp(one));
        expected.extend(of_tenant);
    }
    let [platform, ..] = admins(&app).await;
    assert_eq!(listed(&platform, "/sessions/", "").await, expected);
    let second = get(&platform, "/sessions?page=2&per_page=4").await.ok();
    let numbers = json!({ "page": 2, "per_page": 4, "total": 6, "total_pages": 2 });
    assert_eq!((&second["pagination"], &second["meta"]), (&numbers, &json!({})));
    let ids: Vec<&Value> = second["data"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, expected[4..].iter().collect::<Vec<_>>());
}

async fn a_session_is_looked_at_and_ended_wherever_it_is(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let begun = one_of_each(&app).await;
    let [platform, partner, tenant] = admins(&app).await;
    let of = |wanted: TenantId| begun.iter().find(|begun| begun.tenant == wanted).expect("was begun");
    for (user, wanted) in [(&platform, STRANGER), (&partner, SISTER), (&tenant, app.tenant())] {
        let Begun { user: person, session, .. } = of(wanted);
        let path = format!("/sessions/{session}");
        let shown = get(user, &path).await.data();
        for (member, value) in [
            ("id", json!(session)),
            ("user_id", json!(person)),
            ("tenant_id", json!(wanted.to_string())),
            ("status", json!("ACTIVE")),
            ("created_at", json!(shown["last_seen_at"])),
            ("ended_at", Value::Null),
        ] {
            assert_eq!(shown[member], value, "{member}");
        }
        assert!(shown["application_id"].as_str().is_some_and(|id| id.starts_with("app_")));
        assert_eq!(shown["tenant"]["id"], json!(wanted.to_string()));
        let answer = delete(user, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(get(user, &format!("{path}/")).await.data()["status"], "ENDED");
        delete(user, &path).await.with(204);
        let history = platform.get(&format!("/audit?tenant_id={wanted}&action=session.ended")).await.ok();
        let told = json!([{ "session_id": session, "user_id": person }]);
        let after: Vec<&Value> =
            history["data"].as_array().expect("a list").iter().map(|entry| &entry["after"]).collect();
        assert_eq!(json!(after), told);
    }
    for (user, hidden) in [(&partner, FREE), (&tenant, SISTER)] {
        let path = format!("/sessions/{}", of(hidden).session);
        for answer in [get(user, &path).await, delete(user, &path).await] {
            assert_eq!(answer.with(404), json!({ "detail": "there is no such session" }));
        }
    }
    let path = format!("/sessions/{}", of(FREE).session);
    assert_eq!(get(&platform, &path).await.data()["status"], "ACTIVE");
    get(&platform, "/sessions/nothing").await.with(404);
}

async fn all_of_a_user_are_revoked(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let (ada, _) = (full.person("ada@example.com").await, full.person("bob@example.com").await);
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    let others = shop.sign_in(&app.browser(), "bob@example.com").await;
    let writer = app.with("admin:write").await;
    for (body, status) in [
        (json!({ "user_id": ada, "tenant_id": SISTER.to_string() }), 422),
        (json!({}), 422),
        (json!({ "user_id": "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD" }), 404),
    ] {
        post(&writer, "/sessions/revoke-all", body).await.with(status);
        assert!(shop.is_good(&tokens.access).await);
    }
    let body = json!({ "user_id": ada, "tenant_id": app.tenant().to_string() });
    assert_eq!(post(&writer, "/sessions/revoke-all", body).await.data(), json!({ "revoked": 1 }));
    assert!(!shop.is_good(&tokens.access).await);
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert!(shop.is_good(&others.access).await, "nobody else is signed out");
    let again = post(&writer, "/sessions/revoke-all/", json!({ "user_id": ada })).await;
    assert_eq!(again.data(), json!({ "revoked": 0 }));
}

async fn all_of_a_tenant_are_revoked(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let (shop, browser) = (RelyingParty::register(&full, json!({})).await, app.browser());
    let mut tokens = Vec::new();
    for email in ["ada@example.com", "bob@example.com"] {
        full.person(email).await;
        tokens.push(shop.sign_in(&app.browser(), email).await.access);
    }
    tokens.push(shop.sign_in(&browser, "ada@example.com").await.access);
    let (_, theirs) = app.session_in(SISTER, "eve@example.com").await;
    let [platform, partner, tenant] = admins(&app).await;
    let own = json!({ "tenant_id": app.tenant().to_string() });
    let sister = json!({ "tenant_id": SISTER.to_string() });
    let hidden = post(&tenant, "/sessions/revoke-all", sister.clone()).await.with(404);
    assert_eq!(hidden, json!({ "detail": "there is no such tenant" }));
    assert_eq!(post(&tenant, "/sessions/revoke-all", own.clone()).await.data(), json!({ "revoked": 3 }));
    for token in &tokens {
        assert!(!shop.is_good(token).await);
    }
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert_eq!(get(&platform, &format!("/sessions/{theirs}")).await.data()["status"], "ACTIVE");
    assert_eq!(post(&partner, "/sessions/revoke-all", sister).await.data(), json!({ "revoked": 1 }));
    assert_eq!(get(&platform, &format!("/sessions/{theirs}")).await.data()["status"], "ENDED");
    assert_eq!(post(&platform, "/sessions/revoke-all", own).await.data(), json!({ "revoked": 0 }));
    let told = (Value::Null, json!({ "users": 2, "sessions": 3 }));
    assert_eq!(app.full().await.entries("tenant.sessions_ended").await, [told]);
}

async fn who_may_not_end_sessions_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let begun = one_of_each(&app).await;
    let path = format!("/sessions/{}", begun[0].session);
    let (reader, viewer) = (app.with("users:read").await, app.viewer_of_the_tenant().await);
    for user in [&reader, &viewer] {
        assert_eq!(get(user, &path).await.data()["status"], "ACTIVE");
        delete(user, &path).await.with(403);
        post(user, "/sessions/revoke-all", json!({ "user_id": begun[0].user })).await.with(403);
    }
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    assert_eq!(get(&app.with("groups:read").await, "/sessions/").await.with(403), lacks);
    get(&app.nobody(), "/sessions/").await.with(401);
}
