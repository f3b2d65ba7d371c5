//! The whole table: who may do what to whose, in a text that people read.
//!
//! `APPKEEP_REWRITE=1 cargo test -p appkeep-domain the_matrix` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use super::*;

const ROLES: [Role; 5] = [Role::Owner, Role::Admin, Role::Operator, Role::Member, Role::Viewer];

const SISTER: TenantId = TenantId::from_bytes([5; 16]);
const FREE: TenantId = TenantId::from_bytes([6; 16]);
const RIVAL: PartnerId = PartnerId::from_bytes([7; 16]);

/// From whose level somebody looks.
const LEVELS: [(&str, Level); 3] =
    [("platform", Level::Platform), ("partner", Level::Partner(PARTNER)), ("tenant", OUR_TENANT)];

/// At whose things.
const OWNERS: [(&str, Owner, Option<PartnerId>); 7] = [
    ("GLOBAL", Owner::Global, None),
    ("own PARTNER", Owner::Partner(PARTNER), None),
    ("a PARTNER", Owner::Partner(RIVAL), None),
    ("own TENANT", Owner::Tenant(OURS), Some(PARTNER)),
    ("its sister", Owner::Tenant(SISTER), Some(PARTNER)),
    ("a PARTNER's", Owner::Tenant(THEIRS), Some(RIVAL)),
    ("nobody's", Owner::Tenant(FREE), None),
];

fn letter(caller: &Caller, action: Action, resource: &Resource) -> char {
    match may(caller, action, resource) {
        Decision::Allowed => 'A',
        Decision::Forbidden => 'f',
        Decision::Hidden => '-',
    }
}

/// Every caller that a level has, and how it is called.
fn callers() -> Vec<(String, Caller)> {
    let of = |(name, level): (&str, Level)| {
        let role = |role: Role| (format!("{name} {role:?}").to_lowercase(), operator(role, level));
        let scopes = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
        let id = ApplicationId::from_bytes([9; 16]);
        let application = (format!("{name} application"), Caller::Application { id, level, scopes });
        ROLES.map(role).into_iter().chain([application]).collect::<Vec<_>>()
    };
    LEVELS.into_iter().flat_map(of).collect()
}

fn matrix() -> String {
    let mut text = PREFACE.to_owned();
    for action in Action::ALL {
        write!(text, "\n{action:?}  ({})\n{:22}", action.scope(), "").expect("writes");
        for (head, ..) in OWNERS {
            write!(text, "{head:>13}").expect("writes");
        }
        text.push('\n');
        for (name, caller) in callers() {
            write!(text, "{name:22}").expect("writes");
            for (_, owner, partner) in OWNERS {
                let cell = letter(&caller, action, &Resource::of_owner(owner, partner));
                write!(text, "{cell:>13}").expect("writes");
            }
            text.push('\n');
        }
    }
    text
}

const PREFACE: &str = include_str!("preface.txt");

#[test]
#[expect(clippy::disallowed_methods, reason = "nothing but this test reads the variable")]
fn the_matrix_is_as_it_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/authorize/tests/matrix.txt");
    let (now, rewrites) = (matrix(), std::env::var_os("APPKEEP_REWRITE").is_some());
    if rewrites {
        std::fs::write(&path, &now).expect("writes");
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (reviewed, now)) in reviewed.lines().zip(now.lines()).enumerate() {
        assert_eq!(now, reviewed, "line {} of {}", line + 1, path.display());
    }
    assert!(reviewed == now, "{} has more lines, or fewer", path.display());
}
