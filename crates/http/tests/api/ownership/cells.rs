//! How each action of the table is asked for by the native API.

use appkeep_domain::{Action, Owner};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::cells::Unseen::{Empty, Invalid, Missing};
use crate::cells::{HasScope, Place, Surface, Try, Unseen, try_each};
use crate::harness::Answer;

on_each_database![everybody_does_what_the_table_says];

async fn everybody_does_what_the_table_says(database: TestDatabase) {
    try_each(&Surface { tries, is_forbidden, is_hidden }, &database).await;
}

const API: &str = "/api/v1";
/// What is said of a tenant by whose address nothing is told.
const NOWHERE: Unseen = Missing("not_found");

fn is_forbidden(answer: &Answer, has_scope: HasScope) -> bool {
    let code = if has_scope { "forbidden" } else { "insufficient_scope" };
    (answer.status.as_u16(), answer.body["error"].as_str()) == (403, Some(code))
}

fn is_hidden(answer: &Answer, unseen: Unseen) -> bool {
    let (status, code) = (answer.status.as_u16(), answer.body["error"].as_str());
    match unseen {
        Missing(expected) => (status, code) == (404, Some(expected)),
        Empty => (status, &answer.body["data"]) == (200, &json!([])),
        Invalid => (status, code) == (422, Some("invalid_field")),
    }
}

/// Scopes, users and groups are a tenant's, and so is who may use what; the
/// platform and partners have none to try.
fn tries(action: Action, place: &Place) -> Vec<Try> {
    let application = Missing("app_not_found");
    let at = |below: &str| format!("{API}/applications/{}{below}", place.application);
    match action {
        Action::ReadApplication => vec![Try::get(at(""), application)],
        Action::CreateApplication => {
            vec![Try::post(format!("{API}/applications"), new_application(place.owner), Invalid)]
        }
        Action::UpdateApplication => {
            vec![Try::patch(at(""), json!({ "description": "Tried" }), application)]
        }
        Action::RotateSecret => {
            vec![Try::post(at("/rotate-secret"), json!({ "overlap_s": 0 }), application)]
        }
        Action::DisableApplication => vec![Try::act(at("/disable"), application)],
        Action::EnableApplication => vec![Try::act(at("/enable"), application)],
        Action::ArchiveApplication => vec![Try::act(at("/archive"), application)],
        Action::RestoreApplication => vec![Try::act(at("/restore"), application)],
        Action::DeleteApplication => vec![Try::delete(at(""), application)],
        Action::RevokeTokens => vec![Try::act(at("/revoke-tokens"), application)],
        Action::ReadAudit => vec![Try::get(format!("{API}/audit?limit=1&{}", named(place.owner)), Empty)],
        Action::ReadEffectiveUsers => vec![Try::get(at("/effective-users"), application)],
        Action::ReadSessions => {
            let mut tries = vec![Try::get(at("/sessions"), application)];
            tries.extend(of_people(action, place));
            tries
        }
        // Tests of their own, role by role: to verify a key one is needed, and
        // every refusal is an answer; somebody to act as is one person's only;
        // seeing the vault plain is more of seeing it.
        Action::VerifyKeys | Action::Impersonate | Action::RevealVault => Vec::new(),
        Action::EndSessions => {
            let mut tries = vec![Try::delete(at("/sessions"), application)];
            tries.extend(of_people(action, place));
            tries
        }
        Action::ReadTenant
        | Action::UpdateTenant
        | Action::ManageTenants
        | Action::ReadPartner
        | Action::ManagePartners
        | Action::ReadOperators
        | Action::ManageOperators => of_governors(action, place),
        Action::ReadScopes
        | Action::ChangeScopes
        | Action::ReadUsers
        | Action::ManageUsers
        | Action::ReadGroups
        | Action::ManageGroups
        | Action::ReadAssignments
        | Action::ManageAssignments
        | Action::ReadVault
        | Action::WriteVault
        | Action::ReadIntegrations
        | Action::ManageIntegrations
        | Action::ReadImpersonations => of_people(action, place),
    }
}

/// What is done to a partner or a tenant, and to those who run one.
fn of_governors(action: Action, place: &Place) -> Vec<Try> {
    let operator = format!("{API}/operators/{}", place.operator);
    let (unknown_operator, unknown_partner) = (Missing("operator_not_found"), Missing("partner_not_found"));
    let new = |mut body: Value| {
        body["name"] = json!("Tried");
        body["slug"] = json!("tried-NEW");
        body
    };
    match (action, place.owner) {
        (Action::ReadOperators, _) => vec![Try::get(operator, unknown_operator)],
        (Action::ManageOperators, owner) => vec![
            Try::patch(&operator, json!({ "name": "Tried" }), unknown_operator),
            Try::put(format!("{operator}/roles/{}/viewer", at(owner)), unknown_operator),
        ],
        (Action::ReadTenant, Owner::Tenant(id)) => {
            let mut tries = vec![Try::get(format!("{API}/tenants/{id}"), Missing("tenant_not_found"))];
            tries.extend(of_people(action, place));
            tries
        }
        (Action::UpdateTenant, Owner::Tenant(_)) => of_people(action, place),
        (Action::ManageTenants, Owner::Global) => {
            vec![Try::post(format!("{API}/tenants"), new(json!({})), Invalid)]
        }
        (Action::ManageTenants, Owner::Partner(id)) => {
            vec![Try::post(format!("{API}/tenants"), new(json!({ "partner_id": id.to_string() })), Invalid)]
        }
        (Action::ManageTenants, Owner::Tenant(id)) => {
            let path = format!("{API}/tenants/{id}");
            vec![Try::patch(path, json!({ "name": "Tried" }), Missing("tenant_not_found"))]
        }
        (Action::ReadPartner, Owner::Partner(id)) => {
            vec![Try::get(format!("{API}/partners/{id}"), unknown_partner)]
        }
        (Action::ManagePartners, Owner::Global) => {
            vec![Try::post(format!("{API}/partners"), new(json!({})), Invalid)]
        }
        (Action::ManagePartners, Owner::Partner(id)) => {
            vec![Try::patch(format!("{API}/partners/{id}"), json!({ "name": "Tried" }), unknown_partner)]
        }
        // The platform is no tenant, a tenant no partner, and so on.
        (
            Action::ReadTenant | Action::UpdateTenant | Action::ReadPartner | Action::ManagePartners,
            Owner::Global | Owner::Partner(_) | Owner::Tenant(_),
        ) => Vec::new(),
        (other, _) => panic!("{other:?} is not tried here"),
    }
}

/// What is done at the address of a tenant, to it and its people.
fn of_people(action: Action, place: &Place) -> Vec<Try> {
    place.tries_of(|people| {
        let (users, groups) = (format!("{API}/users"), format!("{API}/groups"));
        let (user, group) = (format!("{users}/{}", people.user), format!("{groups}/{}", people.group));
        let assignments = format!("{API}/applications/{}/assignments", people.everybodys);
        let impersonations = format!("{API}/applications/{}/impersonations", people.everybodys);
        let unknown = Missing("app_not_found");
        let tries = match action {
            Action::ReadTenant => {
                ["tenant", "directory"].map(|one| Try::get(format!("{API}/{one}"), NOWHERE)).into()
            }
            Action::UpdateTenant => vec![
                Try::patch(format!("{API}/tenant"), json!({ "colour": "#1a73e8" }), NOWHERE),
                Try::patch(format!("{API}/directory"), json!({ "free_failures": 9 }), NOWHERE),
            ],
            Action::ReadVault => vec![Try::get(format!("{API}/vault/tokens"), NOWHERE)],
            Action::WriteVault => {
                let new = json!({ "type": "token", "data": "tried" });
                vec![Try::post(format!("{API}/vault/tokens"), new, NOWHERE)]
            }
            Action::ReadIntegrations => vec![Try::get(format!("{API}/integrations"), NOWHERE)],
            Action::ManageIntegrations => {
                let new = json!({ "name": "Tried NEW", "url": "https://tried.example/mcp" });
                vec![Try::post(format!("{API}/integrations"), new, NOWHERE)]
            }
            Action::ReadScopes => vec![Try::get(format!("{API}/scopes"), NOWHERE)],
            Action::ChangeScopes => {
                vec![Try::post(format!("{API}/scopes"), json!({ "scope": "tried:NEW" }), NOWHERE)]
            }
            Action::ReadUsers => vec![Try::get(users, NOWHERE), Try::get(user, NOWHERE)],
            Action::ManageUsers => vec![
                Try::post(users, json!({ "email": "tried-NEW@example.com" }), NOWHERE),
                Try::patch(user, json!({ "given_name": "Tried" }), NOWHERE),
            ],
            Action::ReadGroups => vec![Try::get(groups, NOWHERE), Try::get(group, NOWHERE)],
            Action::ManageGroups => vec![
                Try::post(groups, json!({ "name": "Tried NEW" }), NOWHERE),
                Try::put(format!("{group}/members/{}", people.user), NOWHERE),
            ],
            Action::ReadAssignments => vec![Try::get(assignments, unknown)],
            Action::ManageAssignments => {
                vec![Try::put(format!("{assignments}/{}", people.user), unknown)]
            }
            Action::ReadImpersonations => vec![Try::get(impersonations, unknown)],
            Action::ReadSessions => vec![Try::get(format!("{user}/sessions"), NOWHERE)],
            Action::EndSessions => vec![Try::delete(format!("{user}/sessions"), NOWHERE)],
            other => panic!("{other:?} is not tried here"),
        };
        tries.into_iter().map(|one: Try| one.at(people)).collect()
    })
}

/// An owner, as a role is held there.
fn at(owner: Owner) -> String {
    match owner {
        Owner::Global => "platform".to_owned(),
        Owner::Partner(id) => id.to_string(),
        Owner::Tenant(id) => id.to_string(),
    }
}

/// An owner, as a query names them.
fn named(owner: Owner) -> String {
    match owner {
        Owner::Global => "ownership=global".to_owned(),
        Owner::Partner(id) => format!("ownership=partner&partner_id={id}"),
        Owner::Tenant(id) => format!("ownership=tenant&tenant_id={id}"),
    }
}

fn new_application(owner: Owner) -> Value {
    let mut body = json!({ "name": "New", "type": "m2m", "ownership": owner.ownership().as_str() });
    match owner {
        Owner::Global => {}
        Owner::Partner(id) => body["partner_id"] = json!(id.to_string()),
        Owner::Tenant(id) => body["tenant_id"] = json!(id.to_string()),
    }
    body
}
