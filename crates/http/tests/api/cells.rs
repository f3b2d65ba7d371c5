//! Each cell of the table that `domain` decides by, tried from outside: every
//! caller, by every action, at what belongs to every owner. What has to come of
//! it is what `may` says; a surface only says how it is asked for there.

use std::collections::BTreeSet;

use appkeep_domain::{
    Action, Caller, Decision, Level, MANAGEMENT_SCOPES, OperatorId, Owner, PartnerId, Resource, Role,
    RoleGrant, TenantId, may, may_ever,
};
use appkeep_oauth::ScopeSet;
use appkeep_testkit::TestDatabase;
use http::Method;
use serde_json::Value;

use crate::harness::{Answer, TestApp, User};

/// An API that can be asked for what the table names.
pub(crate) struct Surface {
    /// How an action is asked for at a place; by nothing, where the surface has
    /// no such thing. It matches every action that there is, so that a new one
    /// does not compile until its cells are tried.
    pub(crate) tries: fn(Action, &Place) -> Vec<Try>,
    /// Whether somebody was told that it is not theirs to do; and, who lacks
    /// the scope for it, that they do.
    pub(crate) is_forbidden: fn(&Answer, HasScope) -> bool,
    /// Whether somebody was told what those are told who ask for what is not
    /// there.
    pub(crate) is_hidden: fn(&Answer, Unseen) -> bool,
}

pub(crate) type HasScope = bool;

/// One request.
pub(crate) struct Try {
    method: Method,
    path: String,
    body: Value,
    unseen: Unseen,
    /// Whose address it is sent to, where that says whose it is about.
    address_of: Option<TenantId>,
}

/// How something is answered to those who do not see what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unseen {
    /// 404, and why.
    Missing(&'static str),
    /// As the list of somebody who has nothing.
    Empty,
    /// 422: an owner is named who is not there.
    Invalid,
}

/// What belongs to one owner.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) owner: Owner,
    partner: Option<PartnerId>,
    pub(crate) application: String,
    /// Somebody who runs it and nothing else.
    pub(crate) operator: String,
    /// Of a tenant.
    pub(crate) people: Option<People>,
}

/// The people of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct People {
    pub(crate) tenant: TenantId,
    /// Where the tenant's address begins.
    mount: String,
    pub(crate) user: String,
    pub(crate) group: String,
    pub(crate) session: String,
    /// An application of the platform, which they may be assigned to.
    pub(crate) everybodys: String,
}

impl Try {
    pub(crate) fn new(method: Method, path: impl Into<String>, body: Value, unseen: Unseen) -> Self {
        Self { method, path: path.into(), body, unseen, address_of: None }
    }

    pub(crate) fn get(path: impl Into<String>, unseen: Unseen) -> Self {
        Self::new(Method::GET, path, Value::Null, unseen)
    }

    pub(crate) fn act(path: impl Into<String>, unseen: Unseen) -> Self {
        Self::new(Method::POST, path, Value::Null, unseen)
    }

    /// In the body, `NEW` is another number each time.
    pub(crate) fn post(path: impl Into<String>, body: Value, unseen: Unseen) -> Self {
        Self::new(Method::POST, path, body, unseen)
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value, unseen: Unseen) -> Self {
        Self::new(Method::PATCH, path, body, unseen)
    }

    pub(crate) fn put(path: impl Into<String>, unseen: Unseen) -> Self {
        Self::new(Method::PUT, path, Value::Null, unseen)
    }

    pub(crate) fn delete(path: impl Into<String>, unseen: Unseen) -> Self {
        Self::new(Method::DELETE, path, Value::Null, unseen)
    }

    /// The same at the address of the people's tenant.
    pub(crate) fn at(self, people: &People) -> Self {
        let path = format!("{}{}", people.mount, self.path);
        Self { path, address_of: Some(people.tenant), ..self }
    }
}

impl Place {
    /// What there is of the people there, if it is a tenant's.
    pub(crate) fn tries_of(&self, tries: impl Fn(&People) -> Vec<Try>) -> Vec<Try> {
        self.people.as_ref().map(tries).unwrap_or_default()
    }
}

/// What was decided of which action, by anybody anywhere.
type Decided = BTreeSet<(String, &'static str)>;

/// After so many of those who ask it is looked at whether anything was written.
const SOME: usize = 8;

/// Tries all that is refused first: of that, nothing may be left in the
/// database. Then what is allowed.
pub(crate) async fn try_each(surface: &Surface, database: &TestDatabase) {
    let app = TestApp::start_with_partners(database).await;
    let (mut sent, mut decided) = (Sent { app: &app, surface, count: 0 }, Decided::new());
    let (places, askers) = (places(&app).await, askers(&app).await);
    let before = database.dump().await;
    for some in askers.chunks(SOME) {
        for asker in some {
            for (action, place, decision) in cells(asker, &places) {
                if decision != Decision::Allowed {
                    sent.each((action, decision), asker, place, &mut decided).await;
                }
            }
        }
        let callers: Vec<&Caller> = some.iter().map(|asker| &asker.caller).collect();
        assert_eq!(database.dump().await, before, "refused, and yet done: {callers:?}");
    }
    for asker in &askers {
        for (action, place, decision) in cells(asker, &places) {
            if decision == Decision::Allowed {
                let spare = sent.spare(action, place).await;
                sent.each((action, decision), asker, &spare, &mut decided).await;
            }
        }
    }
    check_both_ways(surface, &places, &decided);
}

/// Each action that the surface has was allowed to some, and refused to others.
fn check_both_ways(surface: &Surface, places: &[Place], decided: &Decided) {
    for action in Action::ALL {
        if places.iter().any(|place| !(surface.tries)(action, place).is_empty()) {
            for word in [word(Decision::Allowed), word(Decision::Forbidden)] {
                assert!(decided.contains(&(format!("{action:?}"), word)), "{action:?} was never {word}");
            }
        }
    }
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Forbidden => "forbidden",
        Decision::Hidden => "hidden",
    }
}

/// Every cell that somebody has.
fn cells<'a>(asker: &Asker<'_>, places: &'a [Place]) -> impl Iterator<Item = (Action, &'a Place, Decision)> {
    let each =
        Action::ALL.into_iter().flat_map(move |action| places.iter().map(move |place| (action, place)));
    each.map(|(action, place)| (action, place, asker.decided(action, place)))
}

/// Somebody, as the table knows them and as they send requests.
struct Asker<'a> {
    caller: Caller,
    user: User<'a>,
}

impl Asker<'_> {
    /// Who lacks the scope, or could do it nowhere, is told so before anything
    /// is looked for.
    fn decided(&self, action: Action, place: &Place) -> Decision {
        if self.has_scope(action) && may_ever(&self.caller, action) {
            may(&self.caller, action, &Resource::of_owner(place.owner, place.partner))
        } else {
            Decision::Forbidden
        }
    }

    fn has_scope(&self, action: Action) -> HasScope {
        match &self.caller {
            Caller::Application { scopes, .. }
            | Caller::Operator { scopes, .. }
            | Caller::ServiceAccount { scopes, .. } => action.is_opened_by(scopes),
            Caller::System => true,
        }
    }

    /// At the public URL a tenant's application speaks to its own tenant, and
    /// so never to the one whose address that is.
    fn can_send(&self, one: &Try) -> bool {
        let is_roots = one.path.starts_with("/api/v1");
        match (&self.caller, one.address_of) {
            (Caller::Application { level: Level::Tenant { id, .. }, .. }, Some(tenant)) if is_roots => {
                *id == tenant
            }
            (Caller::ServiceAccount { roles, .. }, Some(tenant)) if is_roots => {
                roles.iter().any(|grant| matches!(grant.at, Level::Tenant { id, .. } if id == tenant))
            }
            _ => true,
        }
    }
}

/// What has been sent.
struct Sent<'a> {
    app: &'a TestApp,
    surface: &'a Surface,
    count: u32,
}

impl Sent<'_> {
    async fn each(
        &mut self,
        (action, decision): (Action, Decision),
        asker: &Asker<'_>,
        place: &Place,
        decided: &mut Decided,
    ) {
        let tries = (self.surface.tries)(action, place);
        for one in tries.into_iter().filter(|one| asker.can_send(one)) {
            let answer = self.send(&asker.user, &one).await;
            let fits = match decision {
                Decision::Allowed => is_done(&answer, one.unseen),
                Decision::Forbidden => (self.surface.is_forbidden)(&answer, asker.has_scope(action)),
                Decision::Hidden => (self.surface.is_hidden)(&answer, one.unseen),
            };
            let (Try { method, path, .. }, Answer { status, text, .. }) = (&one, &answer);
            let Place { owner, partner, .. } = place;
            let cell = format!("{action:?} at {owner:?} of {partner:?} by {:?}", asker.caller);
            assert!(fits, "{decision:?}, and yet {status} {text}: {method} {path}\n{cell}");
            decided.insert((format!("{action:?}"), word(decision)));
        }
    }

    async fn send(&mut self, user: &User<'_>, one: &Try) -> Answer {
        self.count += 1;
        if one.body.is_null() {
            return user.send(user.request(one.method.clone(), &one.path), "").await;
        }
        let body = one.body.to_string().replace("NEW", &self.count.to_string());
        let request = user.request(one.method.clone(), &one.path).header("content-type", "application/json");
        user.send(request, body).await
    }

    /// The same, with another application where the action leaves nothing to do
    /// anything to.
    async fn spare(&self, action: Action, place: &Place) -> Place {
        if !matches!(action, Action::ArchiveApplication | Action::DeleteApplication) {
            return place.clone();
        }
        let made = self.app.owned_application((place.owner, place.partner), "Short-lived").await;
        Place { application: made.id, ..place.clone() }
    }
}

/// Whether it was done; and, where others would find nothing, something found.
fn is_done(answer: &Answer, unseen: Unseen) -> bool {
    let found = answer.body["data"].as_array().is_some_and(|found| !found.is_empty());
    answer.status.is_success() && (unseen != Unseen::Empty || found)
}

/// Something of each kind of every owner there is.
async fn places(app: &TestApp) -> Vec<Place> {
    let everybodys = app.owned_application((Owner::Global, None), "For everybody").await.id;
    let mut places = Vec::new();
    for (number, (owner, partner)) in app.owners().into_iter().enumerate() {
        let application = app.owned_application((owner, partner), "Ours to try").await.id;
        let operator = app.invited_by(owner, &format!("runs-{number}@example.com")).await;
        let people = match owner {
            Owner::Tenant(tenant) => Some(people(app, tenant, &everybodys).await),
            Owner::Global | Owner::Partner(_) => None,
        };
        places.push(Place { owner, partner, application, operator, people });
    }
    places
}

async fn people(app: &TestApp, tenant: TenantId, everybodys: &str) -> People {
    let (user, session) = app.session_in(tenant, "person@example.com").await;
    let group = app.group_in(tenant, "Ours to try").await;
    People {
        tenant,
        mount: TestApp::mount_of(tenant),
        user,
        group,
        session,
        everybodys: everybodys.to_owned(),
    }
}

/// What a machine may do besides everything: look, or nothing of the table.
const LESS: [&str; 2] = [
    "applications:read audit:read groups:read integrations:read keys:verify operators:read partners:read scopes:read tenant:read users:read vault:read",
    "tokens:introspect",
];

/// Operators of every role at every level, and applications of every level with
/// all the scopes, those to read, and none of the table; and service accounts of
/// tenants.
async fn askers(app: &TestApp) -> Vec<Asker<'_>> {
    let mut askers = Vec::new();
    let everything = MANAGEMENT_SCOPES.join(" ");
    let parse = |scopes: &str| ScopeSet::parse(scopes).expect("are scopes");
    for (grant, user) in app.operators().await {
        let id = OperatorId::from_bytes([1; 16]);
        let caller = Caller::Operator { id, roles: vec![grant], scopes: parse(&everything) };
        askers.push(Asker { caller, user });
    }
    for level in app.levels() {
        for scopes in [&*everything].into_iter().chain(LESS) {
            let (id, user) = app.machine_with(level, scopes).await;
            askers.push(Asker { caller: Caller::Application { id, level, scopes: parse(scopes) }, user });
        }
        let Level::Tenant { id: tenant, .. } = level else { continue };
        for role in [Role::Admin, Role::Viewer] {
            let (id, user) = app.account_in(tenant, role).await;
            let (roles, scopes) = (vec![RoleGrant { role, at: level }], parse("management:all"));
            askers.push(Asker { caller: Caller::ServiceAccount { id, roles, scopes }, user });
        }
    }
    askers
}
