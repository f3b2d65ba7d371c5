//! Who may look at the graph.

use appkeep_domain::{Level, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::harness::{PARTNER, TestApp};

on_each_database![the_graph_is_for_those_who_run_the_tenant];

async fn the_graph_is_for_those_who_run_the_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let mut users = Vec::new();
    for role in Role::ALL {
        users.push((role, app.operator_with(RoleGrant { role, at }).await));
        users.push((role, app.account_in(app.tenant(), role).await.1));
    }
    for path in ["/access-graph", "/access-graph.svg", "/access-graph?limit=0"] {
        for (role, user) in &users {
            let answer = user.get(path).await;
            match role {
                Role::Owner | Role::Admin if path.ends_with('0') => {
                    drop(answer.refused(400, "invalid_request"));
                }
                Role::Owner | Role::Admin => drop(answer.with(200)),
                Role::Operator | Role::Member | Role::Viewer => drop(answer.refused(403, "forbidden")),
            }
        }
        app.nobody().get(path).await.refused(401, "invalid_token");
        let scopes = ["integrations:read", "applications:read", "users:read", "groups:read"];
        for missing in scopes {
            let others: Vec<&str> = scopes.into_iter().filter(|scope| *scope != missing).collect();
            let user = app.with(&others.join(" ")).await;
            user.get(path).await.refused(403, "insufficient_scope");
        }
    }
    let reader = app.with("integrations:read applications:read users:read groups:read").await;
    reader.get("/access-graph").await.ok();
    reader.get("/access-graph.svg").await.with(200);
}
