//! Every role at every level, and what it may do.

use super::*;
use crate::MANAGEMENT_SCOPES;

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const THEIRS: TenantId = TenantId::from_bytes([2; 16]);
const PARTNER: PartnerId = PartnerId::from_bytes([3; 16]);
const ME: OperatorId = OperatorId::from_bytes([4; 16]);
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

/// A letter an action, in the order of `Action::ALL`: Allowed, Forbidden, Hidden.
fn row(caller: &Caller, resource: &Resource) -> String {
    let letter = |action| match may(caller, action, resource) {
        Decision::Allowed => 'A',
        Decision::Forbidden => 'f',
        Decision::Hidden => '-',
    };
    Action::ALL.into_iter().map(letter).collect()
}

#[test]
fn the_whole_table_of_roles_and_levels() {
    let tenant = Level::Tenant { id: OURS, partner: Some(PARTNER) };
    let [all, creates, seen, none] = [
        "AAAAAAAAAAAAAAAAAAAAAAA",
        "AAfffffffffAfAfAAAAAfAA",
        "AfffffffffAAfAfAfAfAfAf",
        "-----------------------",
    ];
    for (role, own_level) in [
        (Role::Owner, all),
        (Role::Admin, all),
        (Role::Operator, "AffAffffffAAfAfAfAfAfAf"),
        (Role::Member, creates),
        (Role::Viewer, seen),
    ] {
        // Reading is all that anybody may do to what is above, and of
        // people nothing is seen there.
        let reads = if role == Role::Member { "AffffffffffAfAf" } else { "AfffffffffAAfAf" };
        let above = &format!("{reads}--------");
        for (at, global, partner, ours, theirs) in [
            (Level::Platform, own_level, own_level, own_level, own_level),
            (Level::Partner(PARTNER), above, own_level, own_level, none),
            (tenant, above, above, own_level, none),
        ] {
            let caller = operator(role, at);
            for (owner, expected) in [
                (Owner::Global, global),
                (Owner::Partner(PARTNER), partner),
                (Owner::Tenant(OURS), ours),
                (Owner::Tenant(THEIRS), theirs),
            ] {
                assert_eq!(row(&caller, &resource(owner)), expected, "{role:?} {at:?} {owner:?}");
            }
        }
    }
}

#[test]
fn a_member_governs_its_own_application_only() {
    let member = operator(Role::Member, Level::Tenant { id: OURS, partner: None });
    let own = Resource { owner_operator: Some(ME), ..resource(Owner::Tenant(OURS)) };
    assert_eq!(row(&member, &own), "AAAAAAAAAAAAfAfAAAAAAAA");
}

#[test]
fn an_application_does_what_its_scopes_say_in_its_tenant() {
    for (scopes, ours) in [
        ("applications:read", "Affffffffffffffffffffff"),
        ("applications:write", "fAAAAAAAAAfffffffffffff"),
        ("audit:read", "ffffffffffAffffffffffff"),
        ("scopes:read tenant:write", "fffffffffffAffAffffffff"),
        ("scopes:write tenant:read", "ffffffffffffAAfffffffff"),
        ("users:read groups:write", "fffffffffffffffAffAAfAf"),
        ("users:write groups:read", "ffffffffffffffffAAffAfA"),
        ("openid", "fffffffffffffffffffffff"),
    ] {
        let scopes = ScopeSet::parse(scopes).expect("are scopes");
        let caller =
            Caller::Application { id: ApplicationId::from_bytes([9; 16]), level: OUR_TENANT, scopes };
        assert_eq!(row(&caller, &resource(Owner::Tenant(OURS))), ours);
        assert_eq!(row(&caller, &resource(Owner::Tenant(THEIRS))), "-----------------------");
        assert_eq!(row(&caller, &resource(Owner::Global)), "-----------------------");
    }
}

#[test]
fn the_best_of_several_roles_counts_and_no_role_sees_nothing() {
    let two = with_roles(vec![
        RoleGrant { role: Role::Viewer, at: Level::Platform },
        RoleGrant { role: Role::Admin, at: Level::Tenant { id: OURS, partner: None } },
    ]);
    assert_eq!(row(&two, &resource(Owner::Tenant(OURS))), "AAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(row(&two, &resource(Owner::Tenant(THEIRS))), "AfffffffffAAfAfAfAfAfAf");
    let nobody = with_roles(Vec::new());
    assert_eq!(row(&nobody, &resource(Owner::Global)), "-----------------------");
    assert_eq!(row(&Caller::System, &resource(Owner::Global)), "AAAAAAAAAAAAAAAAAAAAAAA");
}

fn application(scopes: &str) -> Caller {
    let scopes = ScopeSet::parse(scopes).expect("are scopes");
    Caller::Application { id: ApplicationId::from_bytes([9; 16]), level: OUR_TENANT, scopes }
}

/// Whoever can set a secret of an application can speak in its name.
#[test]
fn nobody_governs_an_application_that_opens_more_than_he_holds() {
    let opens = ScopeSet::parse("audit:read applications:write").expect("are scopes");
    let powerful = Resource { opens: ManagementScopes::of(&opens), ..resource(Owner::Tenant(OURS)) };
    let tenant = Level::Tenant { id: OURS, partner: None };
    for (caller, expected) in [
        (application("applications:write users:write"), "fffffffffffffffffffffff"),
        (application("applications:write audit:read"), "fAAAAAAAAAAffffffffffff"),
        (operator(Role::Operator, tenant), "AfffffffffAAfAfAfAfAfAf"),
        (operator(Role::Admin, tenant), "AAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        assert_eq!(row(&caller, &powerful), expected, "{caller:?}");
    }
}

#[test]
fn who_uses_a_global_application_is_decided_where_the_people_are() {
    let global = Resource { opens: ManagementScopes::NONE, ..resource(Owner::Global) };
    let [there, here] =
        [Owner::Tenant(THEIRS), Owner::Tenant(OURS)].map(|owner| Resource { owner, ..global });
    let admin = operator(Role::Admin, Level::Tenant { id: OURS, partner: None });
    for (people, expected) in
        [(&here, Decision::Allowed), (&there, Decision::Hidden), (&global, Decision::Hidden)]
    {
        assert_eq!(may(&admin, Action::ManageAssignments, people), expected, "{people:?}");
    }
}

/// Whoever could change where it sends them would be handed their codes.
#[test]
fn what_operators_sign_in_to_is_the_platforms() {
    let console = resource(Owner::Tenant(OURS)).for_operators(true);
    let tenant = Level::Tenant { id: OURS, partner: None };
    for (caller, expected) in [
        (application(&crate::MANAGEMENT_SCOPES.join(" ")), "AfffffffffAAfAf--------"),
        (operator(Role::Owner, tenant), "AfffffffffAAfAf--------"),
        (operator(Role::Viewer, tenant), "AfffffffffAAfAf--------"),
        (operator(Role::Admin, Level::Platform), "AAAAAAAAAAAAAAAAAAAAAAA"),
        (Caller::System, "AAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        assert_eq!(row(&caller, &console), expected, "{caller:?}");
    }
}

#[test]
fn an_application_does_not_put_itself_back() {
    let itself = ApplicationId::from_bytes([9; 16]);
    let own = Resource { application: Some(itself), ..resource(Owner::Tenant(OURS)) };
    assert_eq!(row(&application("applications:write"), &own), "fAAAAfAfAAfffffffffffff");
}

#[test]
fn nobody_grants_more_of_the_management_api_than_he_holds() {
    let (ours, tenant) = (resource(Owner::Tenant(OURS)), Level::Tenant { id: OURS, partner: None });
    for (caller, grants) in [
        (application("applications:write"), false),
        (application("applications:write audit:read"), true),
        (operator(Role::Member, tenant), false),
        (operator(Role::Admin, tenant), true),
        (operator(Role::Admin, Level::Tenant { id: THEIRS, partner: None }), false),
        (Caller::System, true),
    ] {
        assert_eq!(may_grant(&caller, "audit:read", &ours), grants, "{caller:?}");
        assert!(may_grant(&caller, "bills:read", &ours), "what is the tenant's own");
    }
}

#[test]
fn what_can_never_be_allowed_is_known_beforehand() {
    for (caller, expected) in [
        (application("audit:read"), "----------A------------"),
        (operator(Role::Viewer, Level::Platform), "A---------AA-A-A-A-A-A-"),
        (operator(Role::Member, Level::Platform), "AAAAAAAAAAAA-A-AAAAAAAA"),
        (Caller::System, "AAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let letter = |action| if may_ever(&caller, action) { 'A' } else { '-' };
        assert_eq!(Action::ALL.into_iter().map(letter).collect::<String>(), expected, "{caller:?}");
    }
}

#[test]
fn an_operator_does_no_more_than_its_application_may() {
    let roles = vec![RoleGrant { role: Role::Owner, at: Level::Platform }];
    let scopes = ScopeSet::parse("openid applications:read audit:read").expect("are scopes");
    let caller = Caller::Operator { id: ME, roles, scopes };
    assert_eq!(row(&caller, &resource(Owner::Tenant(OURS))), "AfffffffffAffffffffffff");
    assert!(may_ever(&caller, Action::ReadAudit) && !may_ever(&caller, Action::DeleteApplication));
    assert!(may_grant(&caller, "audit:read", &resource(Owner::Tenant(OURS))));
    assert!(!may_grant(&caller, "users:write", &resource(Owner::Tenant(OURS))));
}
