//! Each role at each level, at each owner's applications, by each verb that
//! ScaiKey has: the same table that the native API is held to.

use appkeep_domain::{
    Action, Caller, Decision, MANAGEMENT_SCOPES, OperatorId, Owner, Resource, RoleGrant, may, may_ever,
};
use appkeep_oauth::ScopeSet;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{act, delete, get, patch, post};
use crate::harness::{Answer, OwnedApplication, TestApp, User};

on_each_database![every_operator_does_what_the_table_says];

async fn every_operator_does_what_the_table_says(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let mut applications = Vec::new();
    for owner in app.owners() {
        applications.push(app.owned_application(owner, "Ours to try").await);
    }
    for (grant, user) in app.operators().await {
        let caller = caller(grant);
        for application in &applications {
            try_all(&app, (&caller, &user), application).await;
        }
    }
}

fn caller(grant: RoleGrant) -> Caller {
    let scopes = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
    Caller::Operator { id: OperatorId::from_bytes([1; 16]), roles: vec![grant], scopes }
}

async fn try_all(app: &TestApp, (caller, user): (&Caller, &User<'_>), application: &OwnedApplication) {
    let resource = Resource::of_owner(application.owner, application.partner);
    // What somebody may never do is refused before anything is looked for.
    let decide = |action| {
        if may_ever(caller, action) { may(caller, action, &resource) } else { Decision::Forbidden }
    };
    let path = format!("/applications/{}", application.id);
    for (action, answer) in [
        (Action::ReadApplication, get(user, &path).await),
        (Action::UpdateApplication, patch(user, &path, json!({ "description": "Tried" })).await),
        (Action::RotateSecret, act(user, &format!("{path}/rotate-secret")).await),
        (Action::ReadEffectiveUsers, get(user, &format!("{path}/effective-users")).await),
    ] {
        check(&answer, decide(action), &(caller, action, application.owner));
    }
    let created = post(user, "/applications/", body(application.owner)).await;
    check_creation(&created, decide(Action::CreateApplication), caller);
    let decision = decide(Action::ArchiveApplication);
    let deletable = match decision {
        Decision::Allowed => {
            app.owned_application((application.owner, application.partner), "Short-lived").await
        }
        Decision::Forbidden | Decision::Hidden => application.clone(),
    };
    let deleted = delete(user, &format!("/applications/{}", deletable.id)).await;
    check(&deleted, decision, &(caller, Action::ArchiveApplication, application.owner));
}

#[track_caller]
fn check(answer: &Answer, decision: Decision, what: &dyn std::fmt::Debug) {
    let status = answer.status.as_u16();
    let expected = match decision {
        Decision::Allowed => status == 200 || status == 204,
        Decision::Forbidden => (status, &answer.body) == (403, &sentence(answer)),
        Decision::Hidden => {
            (status, &answer.body) == (404, &json!({ "detail": "there is no such application" }))
        }
    };
    assert!(expected, "{decision:?}, and yet {status} {}: {what:?}", answer.body);
}

/// What was said, and nothing beside it.
fn sentence(answer: &Answer) -> Value {
    let said = answer.body["detail"].as_str().expect("a sentence");
    json!({ "detail": said })
}

/// An owner whom somebody does not see is named as one who is not there.
#[track_caller]
fn check_creation(answer: &Answer, decision: Decision, what: &dyn std::fmt::Debug) {
    let expected = match decision {
        Decision::Allowed => 201,
        Decision::Forbidden => 403,
        Decision::Hidden => 422,
    };
    assert_eq!(answer.status.as_u16(), expected, "{what:?}: {}", answer.body);
}

/// A new application of the owner.
fn body(owner: Owner) -> Value {
    let mut body = json!({ "name": "New", "application_type": "SERVICE", "scope": "GLOBAL" });
    match owner {
        Owner::Global => {}
        Owner::Partner(id) => {
            body["scope"] = json!("PARTNER");
            body["partner_id"] = json!(id.to_string());
        }
        Owner::Tenant(id) => {
            body["scope"] = json!("TENANT");
            body["tenant_id"] = json!(id.to_string());
        }
    }
    body
}
