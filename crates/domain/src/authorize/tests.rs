//! Every role at every level, and what it may do.

use super::*;
use crate::{MANAGEMENT_SCOPES, OperatorId, ServiceAccountId, TenantId};

mod matrix;

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const THEIRS: TenantId = TenantId::from_bytes([2; 16]);
const PARTNER: PartnerId = PartnerId::from_bytes([3; 16]);
const ME: OperatorId = OperatorId::from_bytes([4; 16]);
const ITSELF: ApplicationId = ApplicationId::from_bytes([9; 16]);
const OUR_TENANT: Level = Level::Tenant { id: OURS, partner: Some(PARTNER) };

fn resource(owner: Owner) -> Resource {
    let partner = matches!(owner, Owner::Tenant(id) if id == OURS).then_some(PARTNER);
    Resource::of_owner(owner, partner)
}

fn operator(role: Role, at: Level) -> Caller {
    with_roles(vec![RoleGrant { role, at }])
}

/// By an application that may do everything in their name.
fn with_roles(roles: Vec<RoleGrant>) -> Caller {
    let scopes = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
    Caller::Operator { id: ME, roles, scopes }
}

fn application(scopes: &str) -> Caller {
    let scopes = ScopeSet::parse(scopes).expect("are scopes");
    Caller::Application { id: ITSELF, level: OUR_TENANT, scopes }
}

/// What is answered alike, in the order of `Action::ALL`.
fn those(decision: Decision, caller: &Caller, resource: &Resource) -> Vec<Action> {
    Action::ALL.into_iter().filter(|action| may(caller, *action, resource) == decision).collect()
}

fn allowed(caller: &Caller, resource: &Resource) -> Vec<Action> {
    those(Decision::Allowed, caller, resource)
}

fn without(actions: &[Action]) -> Vec<Action> {
    Action::ALL.into_iter().filter(|action| !actions.contains(action)).collect()
}

/// What a tenant's owners and admins may not do though it is their tenant.
const OF_THE_PLATFORM: [Action; 2] = [Action::ManageTenants, Action::ManagePartners];

#[test]
fn a_member_governs_its_own_application_only() {
    let member = operator(Role::Member, OUR_TENANT);
    let others = resource(Owner::Tenant(OURS));
    let own = Resource { maker: Some(Maker::Operator(ME)), ..others };
    let gained: Vec<Action> = allowed(&member, &own)
        .into_iter()
        .filter(|action| !allowed(&member, &others).contains(action))
        .collect();
    // Nor does it put back what somebody else put away.
    let expected = [
        Action::UpdateApplication,
        Action::RotateSecret,
        Action::DisableApplication,
        Action::ArchiveApplication,
        Action::DeleteApplication,
        Action::RevokeTokens,
        Action::ReadAudit,
        Action::ManageAssignments,
    ];
    assert_eq!(gained, expected);
}

#[test]
fn an_application_does_what_its_scopes_say_in_its_tenant() {
    // What a key is worth is told to whoever may be told of keys, and of nothing else.
    let is_read = |action: &Action| action.is_reading() && *action != Action::VerifyKeys;
    let reading: Vec<Action> = Action::ALL.into_iter().filter(is_read).collect();
    let of = |scope: &str| Action::ALL.into_iter().filter(|action| action.scope() == scope).collect();
    let people = [
        Action::ReadUsers,
        Action::ReadAssignments,
        Action::ReadEffectiveUsers,
        Action::ReadSessions,
        Action::ReadImpersonations,
    ];
    for (scopes, expected) in [
        ("applications:read", vec![Action::ReadApplication]),
        ("applications:write", of("applications:write")),
        ("audit:read", vec![Action::ReadAudit]),
        ("scopes:read tenant:write", vec![Action::ReadScopes, Action::UpdateTenant]),
        ("operators:read partners:read", vec![Action::ReadPartner, Action::ReadOperators]),
        ("users:read", people.to_vec()),
        ("keys:verify", vec![Action::VerifyKeys]),
        ("integrations:read", vec![Action::ReadIntegrations]),
        ("integrations:write", vec![Action::ManageIntegrations]),
        ("vault:read", vec![Action::ReadVault]),
        ("vault:write", vec![Action::WriteVault]),
        ("vault:reveal", vec![Action::RevealVault]),
        ("tenants:write partners:write", Vec::new()),
        ("admin:read", reading),
        ("admin:write", without(&[&OF_THE_PLATFORM[..], &[Action::Impersonate]].concat())),
        ("openid", Vec::new()),
    ] {
        let caller = application(scopes);
        assert_eq!(allowed(&caller, &resource(Owner::Tenant(OURS))), expected, "{scopes}");
        assert_eq!(those(Decision::Hidden, &caller, &resource(Owner::Tenant(THEIRS))), Action::ALL);
    }
}

#[test]
fn the_best_of_several_roles_counts_and_no_role_sees_nothing() {
    let viewer = operator(Role::Viewer, Level::Platform);
    let two = with_roles(vec![
        RoleGrant { role: Role::Viewer, at: Level::Platform },
        RoleGrant { role: Role::Admin, at: OUR_TENANT },
    ]);
    let [ours, theirs] = [Owner::Tenant(OURS), Owner::Tenant(THEIRS)].map(resource);
    assert_eq!(allowed(&two, &ours), without(&OF_THE_PLATFORM));
    assert_eq!(allowed(&two, &theirs), allowed(&viewer, &theirs));
    let nobody = with_roles(Vec::new());
    assert_eq!(those(Decision::Hidden, &nobody, &resource(Owner::Global)), Action::ALL);
    assert_eq!(allowed(&Caller::System, &resource(Owner::Global)), Action::ALL);
}

/// Whoever can set a secret of an application can speak in its name.
#[test]
fn nobody_governs_an_application_that_opens_more_than_he_holds() {
    let opens = ScopeSet::parse("audit:read applications:write").expect("are scopes");
    let powerful = Resource { opens: ManagementScopes::of(&opens), ..resource(Owner::Tenant(OURS)) };
    for (caller, action, expected) in [
        (application("applications:write users:write"), Action::RotateSecret, Decision::Forbidden),
        (application("applications:write users:write"), Action::ManageAssignments, Decision::Forbidden),
        (application("applications:write audit:read"), Action::RotateSecret, Decision::Allowed),
        (application("admin:write"), Action::RotateSecret, Decision::Allowed),
        (operator(Role::Operator, OUR_TENANT), Action::RotateSecret, Decision::Forbidden),
        (operator(Role::Operator, OUR_TENANT), Action::ReadApplication, Decision::Allowed),
        (operator(Role::Admin, OUR_TENANT), Action::RotateSecret, Decision::Allowed),
    ] {
        assert_eq!(may(&caller, action, &powerful), expected, "{caller:?}");
    }
}

#[test]
fn who_uses_a_global_application_is_decided_where_the_people_are() {
    let global = Resource { opens: ManagementScopes::NONE, ..resource(Owner::Global) };
    let [there, here] =
        [Owner::Tenant(THEIRS), Owner::Tenant(OURS)].map(|owner| Resource { owner, ..global });
    let admin = operator(Role::Admin, OUR_TENANT);
    for (people, expected) in
        [(&here, Decision::Allowed), (&there, Decision::Hidden), (&global, Decision::Hidden)]
    {
        assert_eq!(may(&admin, Action::ManageAssignments, people), expected, "{people:?}");
    }
}

#[test]
fn an_application_asks_about_itself_without_a_scope() {
    let own = |owner| Resource { application: Some(ITSELF), ..resource(owner) };
    for owner in [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(OURS)] {
        let caller = application("openid");
        assert_eq!(allowed(&caller, &own(owner)), [Action::ReadEffectiveUsers], "{owner:?}");
        let other = Resource { application: Some(ApplicationId::from_bytes([8; 16])), ..own(owner) };
        assert_eq!(allowed(&caller, &other), [], "{owner:?}");
    }
    assert!(may_ever(&application("openid"), Action::ReadEffectiveUsers));
}

/// Whoever could change where it sends them would be handed their codes.
#[test]
fn what_operators_sign_in_to_is_the_platforms() {
    let console = resource(Owner::Tenant(OURS)).for_operators(true);
    let everything = MANAGEMENT_SCOPES.join(" ");
    let scopes = ScopeSet::parse(&everything).expect("are scopes");
    let of_the_platform = Caller::Application { id: ITSELF, level: Level::Platform, scopes };
    let seen = [
        Action::ReadApplication,
        Action::ReadScopes,
        Action::ReadTenant,
        Action::ReadPartner,
        Action::VerifyKeys,
        Action::ReadIntegrations,
    ]
    .to_vec();
    for (caller, expected) in [
        (application(&everything), seen.clone()),
        (operator(Role::Owner, OUR_TENANT), seen.clone()),
        (operator(Role::Owner, Level::Partner(PARTNER)), seen.clone()),
        (operator(Role::Viewer, OUR_TENANT), seen),
        (operator(Role::Admin, Level::Platform), Action::ALL.to_vec()),
        (Caller::System, Action::ALL.to_vec()),
    ] {
        assert_eq!(allowed(&caller, &console), expected, "{caller:?}");
    }
    let reads = allowed(&of_the_platform, &console);
    assert!(reads.iter().all(|action| action.is_reading() && !action.is_of_people()), "{reads:?}");
}

#[test]
fn an_application_does_not_put_itself_back() {
    let own = Resource { application: Some(ITSELF), ..resource(Owner::Tenant(OURS)) };
    for (action, expected) in [
        (Action::UpdateApplication, Decision::Allowed),
        (Action::DisableApplication, Decision::Allowed),
        (Action::EnableApplication, Decision::Forbidden),
        (Action::ArchiveApplication, Decision::Allowed),
        (Action::RestoreApplication, Decision::Forbidden),
    ] {
        assert_eq!(may(&application("applications:write"), action, &own), expected, "{action:?}");
    }
}

#[test]
fn nobody_grants_more_of_the_management_api_than_he_holds() {
    let ours = resource(Owner::Tenant(OURS));
    for (caller, grants) in [
        (application("applications:write"), false),
        (application("applications:write audit:read"), true),
        (application("admin:read"), true),
        (operator(Role::Member, OUR_TENANT), false),
        (operator(Role::Admin, OUR_TENANT), true),
        (operator(Role::Admin, Level::Partner(PARTNER)), true),
        (operator(Role::Admin, Level::Tenant { id: THEIRS, partner: None }), false),
        (Caller::System, true),
    ] {
        assert_eq!(may_grant(&caller, "audit:read", &ours), grants, "{caller:?}");
        assert!(may_grant(&caller, "bills:read", &ours), "what is the tenant's own");
    }
}

#[test]
fn what_can_never_be_allowed_is_known_beforehand() {
    let read_by_a_viewer: Vec<Action> =
        Action::ALL.into_iter().filter(|one| one.is_reading() && !one.is_of_operators()).collect();
    for (caller, expected) in [
        (application("audit:read"), vec![Action::ReadAudit, Action::ReadEffectiveUsers]),
        (application("partners:write tenants:write"), vec![Action::ReadEffectiveUsers]),
        (operator(Role::Viewer, OUR_TENANT), read_by_a_viewer),
        (operator(Role::Admin, OUR_TENANT), without(&OF_THE_PLATFORM)),
        (operator(Role::Admin, Level::Platform), Action::ALL.to_vec()),
        (Caller::System, Action::ALL.to_vec()),
    ] {
        let ever: Vec<Action> = Action::ALL.into_iter().filter(|action| may_ever(&caller, *action)).collect();
        assert_eq!(ever, expected, "{caller:?}");
    }
}

/// `may_ever` is asked first, and must never refuse what `may` would allow.
#[test]
fn what_may_be_done_to_something_may_be_done_ever() {
    for role in [Role::Owner, Role::Admin, Role::Operator, Role::Member, Role::Viewer] {
        for at in [Level::Platform, Level::Partner(PARTNER), OUR_TENANT] {
            let caller = operator(role, at);
            for owner in [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(OURS)] {
                let own = Resource { maker: Some(Maker::Operator(ME)), ..resource(owner) };
                for action in allowed(&caller, &own) {
                    assert!(may_ever(&caller, action), "{caller:?} {action:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_above_is_seen_and_not_overseen() {
    for (caller, global, partner, tenant) in [
        (operator(Role::Viewer, Level::Platform), true, true, true),
        (operator(Role::Owner, Level::Partner(PARTNER)), false, true, true),
        (operator(Role::Owner, OUR_TENANT), false, false, true),
        (application("admin:write"), false, false, true),
        (with_roles(Vec::new()), false, false, false),
        (Caller::System, true, true, true),
    ] {
        for (owner, expected) in
            [(Owner::Global, global), (Owner::Partner(PARTNER), partner), (Owner::Tenant(OURS), tenant)]
        {
            assert_eq!(oversees(&caller, &resource(owner)), expected, "{caller:?} {owner:?}");
        }
    }
}

#[test]
fn an_operator_does_no_more_than_its_application_may() {
    let roles = vec![RoleGrant { role: Role::Owner, at: Level::Platform }];
    let scopes = ScopeSet::parse("openid applications:read audit:read").expect("are scopes");
    let (caller, ours) = (Caller::Operator { id: ME, roles, scopes }, resource(Owner::Tenant(OURS)));
    assert_eq!(allowed(&caller, &ours), [Action::ReadApplication, Action::ReadAudit]);
    assert!(may_ever(&caller, Action::ReadAudit) && !may_ever(&caller, Action::DeleteApplication));
    assert!(may_grant(&caller, "audit:read", &ours));
    assert!(!may_grant(&caller, "users:write", &ours));
}

#[test]
fn a_service_account_does_what_an_operator_does_whom_nobody_has_to_ask() {
    let everything = MANAGEMENT_SCOPES.join(" ");
    for role in [Role::Owner, Role::Admin, Role::Operator, Role::Member, Role::Viewer] {
        for scopes in [&*everything, "management:all", "applications:read", "openid"] {
            let (roles, scopes) =
                (vec![RoleGrant { role, at: OUR_TENANT }], ScopeSet::parse(scopes).expect("are scopes"));
            let id = ServiceAccountId::from_bytes([7; 16]);
            let account = Caller::ServiceAccount { id, roles: roles.clone(), scopes: scopes.clone() };
            let person = Caller::Operator { id: ME, roles, scopes };
            for action in Action::ALL {
                for owner in
                    [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(OURS), Owner::Tenant(THEIRS)]
                {
                    let (ours, theirs) =
                        (may(&account, action, &resource(owner)), may(&person, action, &resource(owner)));
                    if action == Action::Impersonate {
                        assert_ne!(ours, Decision::Allowed, "{role:?} {owner:?}");
                    } else {
                        assert_eq!(ours, theirs, "{role:?} {action:?} {owner:?}");
                    }
                }
                let expected = may_ever(&person, action) && action != Action::Impersonate;
                assert_eq!(may_ever(&account, action), expected, "{role:?} {action:?}");
            }
        }
    }
}
