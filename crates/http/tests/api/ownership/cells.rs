//! Each role at each level, at each owner's applications, by each action.

use appkeep_domain::{
    Action, ApplicationId, Caller, Decision, MANAGEMENT_SCOPES, OperatorId, Owner, Resource, RoleGrant, may,
    may_ever,
};
use appkeep_oauth::ScopeSet;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{ALL_SCOPES, Answer, OwnedApplication, PARTNER, TestApp, User};

on_each_database![
    every_operator_does_what_the_table_says,
    an_application_of_each_level_does_what_the_table_says
];

/// What is done to one application and can be done again. What an application
/// becomes by one is undone by the next.
const REPEATABLE: [Action; 10] = [
    Action::ReadApplication,
    Action::UpdateApplication,
    Action::RotateSecret,
    Action::DisableApplication,
    Action::EnableApplication,
    Action::ArchiveApplication,
    Action::RestoreApplication,
    Action::RevokeTokens,
    Action::ReadSessions,
    Action::EndSessions,
];

async fn every_operator_does_what_the_table_says(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let mut applications = Vec::new();
    for owner in app.owners() {
        applications.push(app.owned_application(owner, "Ours to try").await);
    }
    for (grant, user) in app.operators().await {
        let caller = caller(vec![grant]);
        for application in &applications {
            try_all(&app, (&caller, &user), application).await;
        }
    }
}

async fn an_application_of_each_level_does_what_the_table_says(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let scopes = ScopeSet::parse(ALL_SCOPES).expect("are scopes");
    let mut applications = Vec::new();
    for owner in app.owners() {
        applications.push(app.owned_application(owner, "Ours to try").await);
    }
    let owners = [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(app.tenant())];
    for (owner, level) in owners.into_iter().zip(app.levels()) {
        let (id, secret) = app.owned_machine(owner).await;
        let form = format!("&scope={}", ALL_SCOPES.replace(' ', "+"));
        let answer = app.token(&id, &secret, &form).await.ok();
        let user = app.bearing(answer["access_token"].as_str().expect("a token"));
        let id = ApplicationId::parse(&id).expect("is an id");
        let caller = Caller::Application { id, level, scopes: scopes.clone() };
        for application in &applications {
            try_all(&app, (&caller, &user), application).await;
        }
    }
}

fn caller(roles: Vec<RoleGrant>) -> Caller {
    let scopes = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
    Caller::Operator { id: OperatorId::from_bytes([1; 16]), roles, scopes }
}

async fn try_all(app: &TestApp, (caller, user): (&Caller, &User<'_>), application: &OwnedApplication) {
    let resource = Resource::of_owner(application.owner, application.partner);
    let may = |caller: &Caller, action, resource: &Resource| {
        // Who may do it to nothing at all is told so before anything is looked for.
        if may_ever(caller, action) { may(caller, action, resource) } else { Decision::Forbidden }
    };
    for action in REPEATABLE {
        let answer = try_one(user, action, &application.id).await;
        check(answer, may(caller, action, &resource), &(caller, action, application.owner));
    }
    try_assignments(app, (caller, user), application).await;
    let history = may(caller, Action::ReadAudit, &resource);
    let answer = user.get(&format!("/audit?{}&limit=1", named(application.owner))).await;
    check_history(answer, history, &(caller, application.owner));
    let decision = may(caller, Action::CreateApplication, &resource);
    check_creation(user.post("/applications", body(application.owner)).await, decision, caller);
    let decision = may(caller, Action::DeleteApplication, &resource);
    let deletable = match decision {
        Decision::Allowed => {
            app.owned_application((application.owner, application.partner), "Short-lived").await
        }
        Decision::Forbidden | Decision::Hidden => application.clone(),
    };
    let answer = user.delete(&format!("/applications/{}", deletable.id)).await;
    check(answer, decision, &(caller, Action::DeleteApplication, application.owner));
}

/// Who of the tenant that is spoken to may use it, is that tenant's to say, of
/// whatever is for its people.
async fn try_assignments(
    app: &TestApp,
    (caller, user): (&Caller, &User<'_>),
    application: &OwnedApplication,
) {
    // The platform and partners speak of the people of what is theirs below.
    let people = match application.owner {
        Owner::Tenant(id) => Resource::of_owner(Owner::Tenant(id), application.partner),
        Owner::Global | Owner::Partner(_) => Resource::of_owner(Owner::Tenant(app.tenant()), Some(PARTNER)),
    };
    let sees = |action| {
        may_ever(caller, action) && {
            let itself = Resource::of_owner(application.owner, application.partner);
            may(caller, Action::ReadApplication, &itself) != Decision::Hidden
        }
    };
    for action in [Action::ReadAssignments, Action::ManageAssignments] {
        let decision = match (may_ever(caller, action), sees(action)) {
            (false, _) => Decision::Forbidden,
            (true, false) => Decision::Hidden,
            (true, true) => may(caller, action, &people),
        };
        let path = format!("/applications/{}/assignments", application.id);
        let answer = match action {
            Action::ReadAssignments => user.get(&path).await,
            _ => user.delete(&format!("{path}/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")).await,
        };
        let (status, code) = (answer.status.as_u16(), answer.body["error"].as_str().unwrap_or_default());
        let fits = match decision {
            // A partner's application is not for the people of others' tenants.
            Decision::Allowed => {
                [(200, ""), (404, "assignment_not_found"), (400, "not_applicable")].contains(&(status, code))
            }
            Decision::Forbidden => (status, code) == (403, "forbidden"),
            Decision::Hidden => (status, code) == (404, "app_not_found"),
        };
        assert!(fits, "{decision:?}, and yet {status} {code}: {action:?} {caller:?} {:?}", application.owner);
    }
}

async fn try_one(user: &User<'_>, action: Action, id: &str) -> Answer {
    let path = format!("/applications/{id}");
    match action {
        Action::ReadApplication => user.get(&path).await,
        Action::UpdateApplication => user.patch(&path, json!({ "description": "Tried" })).await,
        Action::RotateSecret => user.post(&format!("{path}/rotate-secret"), json!({ "overlap_s": 0 })).await,
        Action::DisableApplication => user.act(&format!("{path}/disable")).await,
        Action::EnableApplication => user.act(&format!("{path}/enable")).await,
        Action::ArchiveApplication => user.act(&format!("{path}/archive")).await,
        Action::RestoreApplication => user.act(&format!("{path}/restore")).await,
        Action::RevokeTokens => user.act(&format!("{path}/revoke-tokens")).await,
        Action::ReadSessions => user.get(&format!("{path}/sessions")).await,
        Action::EndSessions => user.delete(&format!("{path}/sessions")).await,
        other => panic!("{other:?} is not tried here"),
    }
}

#[track_caller]
fn check(answer: Answer, decision: Decision, what: &dyn std::fmt::Debug) {
    let status = answer.status.as_u16();
    let expected = match decision {
        Decision::Allowed => status == 200 || status == 204,
        Decision::Forbidden => (status, &answer.body["error"]) == (403, &json!("forbidden")),
        Decision::Hidden => (status, &answer.body["error"]) == (404, &json!("app_not_found")),
    };
    assert!(expected, "{decision:?}, and yet {status} {}: {what:?}", answer.body);
}

/// What somebody does not see has no history, as what is not there.
#[track_caller]
fn check_history(answer: Answer, decision: Decision, what: &dyn std::fmt::Debug) {
    let entries = answer.body["data"].as_array().map(Vec::len);
    let expected = match decision {
        Decision::Allowed => (200, Some(1)),
        Decision::Forbidden => (403, None),
        Decision::Hidden => (200, Some(0)),
    };
    assert_eq!((answer.status.as_u16(), entries), expected, "{what:?}: {}", answer.body);
}

/// An owner whom somebody does not see is named as one who is not there.
#[track_caller]
fn check_creation(answer: Answer, decision: Decision, what: &dyn std::fmt::Debug) {
    let expected = match decision {
        Decision::Allowed => (201, Value::Null),
        Decision::Forbidden => (403, json!("forbidden")),
        Decision::Hidden => (422, json!("invalid_field")),
    };
    assert_eq!((answer.status.as_u16(), answer.body["error"].clone()), expected, "{what:?}: {}", answer.body);
}

/// An owner, as a query names them.
fn named(owner: Owner) -> String {
    match owner {
        Owner::Global => "ownership=global".to_owned(),
        Owner::Partner(id) => format!("ownership=partner&partner_id={id}"),
        Owner::Tenant(id) => format!("ownership=tenant&tenant_id={id}"),
    }
}

/// A new application of the owner.
fn body(owner: Owner) -> Value {
    let mut body = json!({ "name": "New", "type": "m2m", "ownership": owner.ownership().as_str() });
    match owner {
        Owner::Global => {}
        Owner::Partner(id) => body["partner_id"] = json!(id.to_string()),
        Owner::Tenant(id) => body["tenant_id"] = json!(id.to_string()),
    }
    body
}
