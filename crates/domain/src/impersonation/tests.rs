use super::*;
use crate::{
    ApplicationKind, ApplicationState, CustomAttributes, Email, Level, Metadata, Name, PartnerId, Role, Slug,
    TenantId, UserPool, UserStatus,
};

const ME: OperatorId = OperatorId::from_bytes([1; 16]);
const OTHER: OperatorId = OperatorId::from_bytes([2; 16]);
const PARTNER: PartnerId = PartnerId::from_bytes([5; 16]);
const OURS: TenantId = TenantId::from_bytes([7; 16]);
const THEIRS: TenantId = TenantId::from_bytes([8; 16]);
const TENANT: Level = Level::Tenant { id: OURS, partner: Some(PARTNER) };
const ELSEWHERE: Level = Level::Tenant { id: THEIRS, partner: None };

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn application() -> Application {
    Application {
        id: ApplicationId::from_bytes([3; 16]),
        owner: Owner::Tenant(OURS),
        kind: ApplicationKind::Server,
        user_pool: UserPool::Tenant,
        made_by: None,
        public_key: None,
        slug: Slug::parse("portal").expect("is a slug"),
        name: Name::parse("Portal").expect("is a name"),
        description: None,
        logo_url: None,
        tags: Vec::new(),
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: None,
        oauth: None,
        saml: None,
        access: None,
        version: 1,
        created_at: at(1),
        updated_at: at(1),
    }
}

fn user() -> User {
    User {
        id: UserId::from_bytes([4; 16]),
        directory: DirectoryId::from_bytes([6; 16]),
        email: Email::parse("ada@example.com").expect("is an address"),
        email_verified_at: None,
        username: None,
        phone: None,
        name: None,
        given_name: None,
        family_name: None,
        picture: None,
        locale: None,
        status: UserStatus::Active,
        metadata: Metadata::default(),
        custom_attributes: CustomAttributes::default(),
        last_sign_in_at: None,
        version: 1,
        created_at: at(1),
        updated_at: at(1),
    }
}

fn resource(application: &Application) -> Resource {
    Resource::of(application, Some(PARTNER))
}

fn impersonation() -> Impersonation {
    Impersonation {
        id: ImpersonationId::from_bytes([9; 16]),
        owner: Owner::Tenant(OURS),
        application: application().id,
        directory: user().directory,
        user: user().id,
        session: SessionId::from_bytes([10; 16]),
        operator: ME,
        reason: Reason::parse("Ticket 4711").expect("is a reason"),
        from: SeenFrom::default(),
        started_at: at(100),
        expires_at: at(1_900),
        ended: None,
    }
}

#[test]
fn nobody_acts_as_their_equal() {
    use ImpersonationRefused::{EqualRights, Oneself};
    let application = application();
    let resource = resource(&application);
    let role = |role, at| vec![RoleGrant { role, at }];
    for (mine, theirs, outcome) in [
        (role(Role::Admin, TENANT), vec![], Ok(())),
        (role(Role::Admin, TENANT), role(Role::Viewer, TENANT), Ok(())),
        (role(Role::Admin, TENANT), role(Role::Member, Level::Partner(PARTNER)), Ok(())),
        (role(Role::Admin, TENANT), role(Role::Admin, TENANT), Err(EqualRights)),
        (role(Role::Admin, TENANT), role(Role::Owner, TENANT), Err(EqualRights)),
        (role(Role::Admin, Level::Platform), role(Role::Owner, TENANT), Err(EqualRights)),
        (role(Role::Owner, TENANT), role(Role::Owner, Level::Platform), Err(EqualRights)),
        (role(Role::Owner, TENANT), role(Role::Admin, Level::Platform), Ok(())),
        (role(Role::Admin, TENANT), role(Role::Owner, ELSEWHERE), Ok(())),
        ([role(Role::Viewer, TENANT), role(Role::Owner, TENANT)].concat(), role(Role::Admin, TENANT), Ok(())),
    ] {
        let intended = Intended {
            by: Known { id: ME, roles: &mine },
            application: &application,
            resource: &resource,
            user: &user(),
            same_address: &[Known { id: OTHER, roles: &[] }, Known { id: OTHER, roles: &theirs }],
        };
        assert_eq!(intended.check(at(5)), outcome, "{mine:?} {theirs:?}");
        let oneself = Intended { same_address: &[Known { id: ME, roles: &theirs }], ..intended };
        assert_eq!(oneself.check(at(5)), Err(Oneself), "{mine:?} {theirs:?}");
    }
}

#[test]
fn nobody_acts_where_the_user_could_not() {
    use ImpersonationRefused::{NoSignIn, NotInUse, OfOperators};
    let roles = [RoleGrant { role: Role::Owner, at: Level::Platform }];
    let disabled = Application { state: ApplicationState::Disabled, ..application() };
    let archived = Application { archived_at: Some(at(2)), ..application() };
    let gone = Application { expires_at: Some(at(5)), ..application() };
    let with = |status| User { status, ..user() };
    for (application, for_operators, user, outcome) in [
        (application(), false, user(), Ok(())),
        (application(), true, user(), Err(OfOperators)),
        (disabled, false, user(), Err(NotInUse)),
        (archived, false, user(), Err(NotInUse)),
        (gone, false, user(), Err(NotInUse)),
        (application(), false, with(UserStatus::Suspended), Err(NoSignIn)),
        (application(), false, with(UserStatus::Pending), Err(NoSignIn)),
    ] {
        let intended = Intended {
            by: Known { id: ME, roles: &roles },
            application: &application,
            resource: &resource(&application).for_operators(for_operators),
            user: &user,
            same_address: &[],
        };
        assert_eq!(intended.check(at(5)), outcome, "{application:?} {user:?}");
    }
}

#[test]
fn it_is_over_when_it_ended_or_its_time_is() {
    let end = |second, reason| Some(ImpersonationEnd { at: at(second), reason });
    let ended = Impersonation { ended: end(200, EndReason::Revoked), ..impersonation() };
    for (impersonation, second, expected) in [
        (&impersonation(), 1_899, None),
        (&impersonation(), 1_900, end(1_900, EndReason::Expired)),
        (&ended, 201, end(200, EndReason::Revoked)),
        (&ended, 1_900, end(200, EndReason::Revoked)),
    ] {
        assert_eq!(impersonation.end(at(second)), expected, "{second}");
        assert_eq!(impersonation.is_active(at(second)), expected.is_none(), "{second}");
    }
}

#[test]
fn it_lasts_a_minute_to_an_hour() {
    for (seconds, good) in
        [(59, false), (60, true), (1_800, true), (3_600, true), (3_601, false), (-60, false)]
    {
        let expected = u32::try_from(seconds).map(Lifetime::from_seconds).ok().filter(|_| good);
        assert_eq!(Impersonation::duration(seconds).ok(), expected, "{seconds}");
    }
}

#[test]
fn every_end_is_read_back() {
    for reason in EndReason::ALL {
        assert_eq!(EndReason::parse(reason.as_str()), Ok(reason));
    }
    assert_eq!(EndReason::parse("over"), Err(UnknownEndReason));
}

#[test]
fn whoever_acts_as_somebody_changes_nothing_that_lets_in_or_shuts_out() {
    let theirs: Vec<_> = OwnAction::ALL.into_iter().filter(|action| action.is_theirs_alone()).collect();
    let expected = [
        OwnAction::ChangePassword,
        OwnAction::ChangeEmail,
        OwnAction::ChangeFactors,
        OwnAction::ChangeConnections,
        OwnAction::DeleteAccount,
        OwnAction::Administer,
    ];
    assert_eq!(theirs, expected);
}
