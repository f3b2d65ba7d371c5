//! How often one core decides in a second by rules that were made ready, with
//! nothing around it: a line for each number of rules. `cargo xtask bench`
//! prints it beside what the server does.

use std::time::{Duration, Instant};

use appkeep_domain::access::{
    AccessPolicy, AccessRule, Container, Permission, RuleScope, TokenPlace, Transform,
};

const FOR: Duration = Duration::from_secs(2);
/// Between two looks at the clock.
const AT_ONCE: u32 = 1_000;

#[expect(clippy::print_stdout, reason = "prints what it measured")]
fn main() {
    for rules in [10, 1_000] {
        println!("{rules} {:.0}", rate(rules));
    }
}

/// Each rule has a container of its own; they are asked about in turn.
fn rate(rules: u32) -> f64 {
    let container = |number: u32, below: &str| {
        Container::parse(&format!("/shops/{number}/{below}")).expect("is a container")
    };
    let rule = |number: u32| AccessRule {
        description: String::new(),
        priority: number + 1,
        scope: RuleScope::Container(container(number, "")),
        transform: Transform::Mask,
        permissions: vec![Permission::TokenRead],
    };
    let policy = AccessPolicy::new(&[], &(0..rules).map(rule).collect::<Vec<_>>());
    let asked: Vec<Container> = (0..rules).map(|number| container(number, "cards/")).collect();
    let mut asked = asked.iter().cycle();
    let (begun, mut decided) = (now(), 0_u32);
    while begun.elapsed() < FOR {
        for container in asked.by_ref().take(AT_ONCE as usize) {
            let place = TokenPlace { id: None, container };
            std::hint::black_box(policy.decide(Permission::TokenRead, &place));
        }
        decided += AT_ONCE;
    }
    f64::from(decided) / begun.elapsed().as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "measures how long something takes")]
fn now() -> Instant {
    Instant::now()
}
