//! How each action of the table is asked for by ScaiKey's API: the same table
//! that the native API is held to.

use appkeep_domain::{Action, Owner};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::ADMIN;
use crate::cells::Unseen::{Empty, Invalid, Missing};
use crate::cells::{HasScope, People, Place, Surface, Try, Unseen, try_each};
use crate::harness::Answer;

on_each_database![everybody_does_what_the_table_says];

async fn everybody_does_what_the_table_says(database: TestDatabase) {
    try_each(&Surface { tries, is_forbidden, is_hidden }, &database).await;
}

const NO_APPLICATION: Unseen = Missing("there is no such application");
const NO_TENANT: Unseen = Missing("there is no such tenant");
const NO_PARTNER: Unseen = Missing("there is no such partner");
const NO_USER: Unseen = Missing("there is no such user");
const NO_GROUP: Unseen = Missing("there is no such group");
const NO_SESSION: Unseen = Missing("there is no such session");

/// What is said, and nothing beside it.
fn is_forbidden(answer: &Answer, has_scope: HasScope) -> bool {
    let said = answer.body["detail"].as_str().unwrap_or_default();
    let lacks = said == "Platform token requires admin:read or admin:write scope";
    answer.status == 403 && lacks != has_scope && answer.body == json!({ "detail": said }) && !said.is_empty()
}

fn is_hidden(answer: &Answer, unseen: Unseen) -> bool {
    let (status, body) = (answer.status.as_u16(), &answer.body);
    match unseen {
        Missing(said) => (status, body) == (404, &json!({ "detail": said })),
        Empty => (status, &body["data"]) == (200, &json!([])),
        Invalid => status == 422,
    }
}

/// Operators, scopes and what a tenant decides about itself are not changed by
/// this API; nor is an application disabled, or put back, nor does anybody act
/// as somebody else.
fn tries(action: Action, place: &Place) -> Vec<Try> {
    let application = |below: &str| format!("{ADMIN}/applications/{}{below}", place.application);
    match action {
        Action::ReadApplication => vec![Try::get(application(""), NO_APPLICATION)],
        Action::CreateApplication => {
            vec![Try::post(format!("{ADMIN}/applications/"), new_application(place.owner), Invalid)]
        }
        Action::UpdateApplication => {
            vec![Try::patch(application(""), json!({ "description": "Tried" }), NO_APPLICATION)]
        }
        Action::RotateSecret => vec![Try::act(application("/rotate-secret"), NO_APPLICATION)],
        Action::ArchiveApplication => vec![Try::delete(application(""), NO_APPLICATION)],
        Action::ReadEffectiveUsers => vec![Try::get(application("/effective-users"), NO_APPLICATION)],
        Action::ReadAudit => read_audit(place.owner),
        Action::ReadTenant | Action::ManageTenants | Action::ReadPartner | Action::ManagePartners => {
            of_governors(action, place.owner)
        }
        Action::ReadUsers
        | Action::ManageUsers
        | Action::ReadGroups
        | Action::ManageGroups
        | Action::ReadAssignments
        | Action::ManageAssignments
        | Action::ReadSessions
        | Action::EndSessions => place.tries_of(|people| of_people(action, people)),
        Action::DisableApplication
        | Action::EnableApplication
        | Action::RestoreApplication
        | Action::DeleteApplication
        | Action::RevokeTokens
        | Action::ReadScopes
        | Action::ChangeScopes
        | Action::UpdateTenant
        | Action::ReadOperators
        | Action::ManageOperators
        | Action::Impersonate
        | Action::ReadImpersonations
        | Action::VerifyKeys
        | Action::ReadVault
        | Action::WriteVault
        | Action::RevealVault
        | Action::ReadIntegrations
        | Action::ManageIntegrations => Vec::new(),
    }
}

/// The platform's own is what is told to its admins where nobody is named.
fn read_audit(owner: Owner) -> Vec<Try> {
    match owner {
        Owner::Global => Vec::new(),
        Owner::Partner(id) => vec![Try::get(format!("{ADMIN}/audit/?partner_id={id}"), Empty)],
        Owner::Tenant(id) => ["audit/", "audit/actions"]
            .map(|list| Try::get(format!("{ADMIN}/{list}?tenant_id={id}"), Empty))
            .into(),
    }
}

fn of_governors(action: Action, owner: Owner) -> Vec<Try> {
    let (tenants, partners) = (format!("{ADMIN}/tenants/"), format!("{ADMIN}/partners/"));
    let (new, tried) = (json!({ "name": "Tried", "slug": "tried-NEW" }), json!({ "name": "Tried" }));
    match (action, owner) {
        (Action::ReadTenant, Owner::Tenant(id)) => vec![Try::get(format!("{tenants}{id}"), NO_TENANT)],
        (Action::ManageTenants, Owner::Global) => vec![Try::post(tenants, new, Invalid)],
        (Action::ManageTenants, Owner::Partner(id)) => {
            let new = json!({ "name": "Tried", "slug": "tried-NEW", "partner_id": id.to_string() });
            vec![Try::post(tenants, new, Invalid)]
        }
        (Action::ManageTenants, Owner::Tenant(id)) => {
            vec![Try::patch(format!("{tenants}{id}"), tried, NO_TENANT)]
        }
        (Action::ReadPartner, Owner::Partner(id)) => vec![Try::get(format!("{partners}{id}"), NO_PARTNER)],
        (Action::ManagePartners, Owner::Global) => vec![Try::post(partners, new, Invalid)],
        (Action::ManagePartners, Owner::Partner(id)) => {
            vec![Try::patch(format!("{partners}{id}"), tried, NO_PARTNER)]
        }
        // The platform is no tenant, a tenant no partner, and so on.
        (Action::ReadTenant | Action::ReadPartner | Action::ManagePartners, _) => Vec::new(),
        (other, _) => panic!("{other:?} is not tried here"),
    }
}

fn of_people(action: Action, people: &People) -> Vec<Try> {
    let People { tenant, user, group, session, everybodys, .. } = people;
    let list = |noun: &str| format!("{ADMIN}/{noun}/?tenant_id={tenant}");
    let one = |noun: &str, id: &str| format!("{ADMIN}/{noun}/{id}");
    let below = format!("/scaikey/api/v1/tenants/{tenant}");
    let new = |member: &str, value: &str| json!({ "tenant_id": tenant.to_string(), member: value });
    match action {
        Action::ReadUsers => vec![Try::get(one("users", user), NO_USER), Try::get(list("users"), Empty)],
        Action::ManageUsers => vec![
            Try::post(one("users", ""), new("email", "tried-NEW@example.com"), Invalid),
            Try::patch(one("users", user), json!({ "first_name": "Tried" }), NO_USER),
        ],
        Action::ReadGroups => {
            vec![Try::get(one("groups", group), NO_GROUP), Try::get(list("groups"), Empty)]
        }
        Action::ManageGroups => vec![
            Try::post(one("groups", ""), new("name", "Tried NEW"), Invalid),
            Try::post(format!("{}/members/", one("groups", group)), json!({ "user_id": user }), NO_GROUP),
        ],
        Action::ReadAssignments => vec![
            Try::get(format!("{below}/users/{user}/applications"), NO_TENANT),
            Try::get(format!("{below}/applications/{everybodys}/assignees"), NO_TENANT),
        ],
        Action::ManageAssignments => {
            let new = json!({ "application_id": everybodys });
            vec![Try::post(format!("{below}/users/{user}/applications"), new, NO_TENANT)]
        }
        Action::ReadSessions => {
            vec![Try::get(one("sessions", session), NO_SESSION), Try::get(list("sessions"), Empty)]
        }
        Action::EndSessions => vec![
            Try::delete(one("sessions", session), NO_SESSION),
            Try::post(one("sessions", "revoke-all"), json!({ "user_id": user }), NO_USER),
            Try::post(one("sessions", "revoke-all"), json!({ "tenant_id": tenant.to_string() }), NO_TENANT),
        ],
        other => panic!("{other:?} is not tried here"),
    }
}

fn new_application(owner: Owner) -> Value {
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
