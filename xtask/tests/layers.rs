//! Which crate may depend on which; ARCHITECTURE.md explains why.

use serde_json::Value;

/// What one crate of the workspace may use.
struct Layer {
    /// The folder's name, which is the package's without `appkeep-`.
    name: &'static str,
    may_use: &'static [&'static str],
    /// What its tests may use besides, `testkit` excepted, which every test may.
    tests_may_also_use: &'static [&'static str],
    /// Libraries that would mean the crate does somebody else's work.
    never: &'static [&'static str],
}

/// A crate that is not listed fails, so that a new one states its layer.
const LAYERS: &[Layer] = &[
    // The protocols' words and the registry's nouns are values: whoever gives
    // them a wire form, a task or a clock does so outside.
    Layer { name: "oauth", may_use: &[], tests_may_also_use: &[], never: WIRE_AND_WAITING },
    Layer { name: "domain", may_use: &["oauth"], tests_may_also_use: &[], never: WIRE_AND_WAITING },
    Layer {
        name: "keys",
        may_use: &["domain", "oauth"],
        tests_may_also_use: &[],
        never: &["tokio", "rusqlite"],
    },
    // What tokens are and what masks leave of them: values in, values out.
    Layer { name: "vault", may_use: &["domain"], tests_may_also_use: &[], never: &["tokio", "rusqlite"] },
    Layer { name: "storage", may_use: &["domain", "oauth"], tests_may_also_use: &[], never: HTTP },
    Layer {
        name: "service",
        may_use: &["domain", "oauth", "keys", "storage", "vault"],
        tests_may_also_use: &[],
        never: HTTP_AND_DRIVERS,
    },
    Layer { name: "api-types", may_use: &[], tests_may_also_use: &[], never: DRIVERS },
    Layer {
        name: "http",
        may_use: &["service", "domain", "oauth", "api-types"],
        // Its tests start a whole server, and so build the store and the keys
        // that the command line builds in production.
        tests_may_also_use: &["keys", "storage", "dialects", "console"],
        never: DRIVERS,
    },
    // Other products' words for the same use cases.
    Layer {
        name: "dialects",
        may_use: &["http", "service", "domain", "oauth", "api-types"],
        tests_may_also_use: &[],
        never: DRIVERS,
    },
    // Pages over the same use cases; it signs people in as any client does.
    Layer {
        name: "console",
        may_use: &["http", "service", "domain", "oauth"],
        tests_may_also_use: &[],
        never: DRIVERS,
    },
    // How mail leaves; what for, the service says.
    Layer { name: "mail", may_use: &["service", "domain"], tests_may_also_use: &[], never: HTTP_AND_DRIVERS },
    Layer { name: "config", may_use: &[], tests_may_also_use: &[], never: &["clap", "tokio"] },
    // Puts the others together, so it may know them all.
    Layer {
        name: "cli",
        may_use: &[
            "oauth",
            "domain",
            "keys",
            "storage",
            "service",
            "api-types",
            "http",
            "dialects",
            "console",
            "mail",
            "config",
        ],
        tests_may_also_use: &[],
        never: DRIVERS,
    },
    Layer { name: "testkit", may_use: &["domain", "storage", "keys"], tests_may_also_use: &[], never: HTTP },
    // Sees the repository as files and programs only.
    Layer { name: "xtask", may_use: &[], tests_may_also_use: &[], never: &["tokio"] },
];

const WIRE_AND_WAITING: &[&str] = &[
    "async-trait",
    "axum",
    "futures",
    "futures-util",
    "http",
    "hyper",
    "reqwest",
    "rusqlite",
    "serde",
    "serde_json",
    "tokio",
    "tokio-postgres",
    "tokio-util",
];
const HTTP: &[&str] = &["axum", "http", "hyper", "hyper-util", "reqwest", "tower", "tower-http"];
const DRIVERS: &[&str] = &["deadpool-postgres", "rusqlite", "tokio-postgres", "tokio-postgres-rustls"];
const HTTP_AND_DRIVERS: &[&str] = &[
    "axum",
    "deadpool-postgres",
    "http",
    "hyper",
    "hyper-util",
    "reqwest",
    "rusqlite",
    "tokio-postgres",
    "tokio-postgres-rustls",
    "tower",
    "tower-http",
];

#[test]
fn crates_depend_downwards_only() {
    let violations: Vec<String> = dependencies().iter().filter_map(Dependency::violation).collect();
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn every_crate_states_its_layer() {
    let unknown: Vec<String> = packages().into_iter().filter(|package| layer(package).is_none()).collect();
    assert!(unknown.is_empty(), "not in the table of layers: {}", unknown.join(", "));
}

#[test]
fn the_rule_refuses_what_it_should() {
    let cases = [
        ("service", "appkeep-storage", Kind::Normal, None),
        ("http", "appkeep-storage", Kind::Normal, Some("`http` may not depend on `storage`")),
        ("http", "appkeep-storage", Kind::Dev, None),
        ("service", "appkeep-http", Kind::Dev, Some("the tests of `service` may not depend on `http`")),
        ("domain", "appkeep-testkit", Kind::Dev, None),
        ("cli", "appkeep-testkit", Kind::Normal, Some("`cli` may not depend on `testkit`")),
        ("domain", "serde", Kind::Normal, Some("`domain` may not depend on the library `serde`")),
        ("domain", "proptest", Kind::Dev, None),
        ("http", "http", Kind::Normal, None),
        ("service", "http", Kind::Normal, Some("`service` may not depend on the library `http`")),
        ("http", "rusqlite", Kind::Normal, Some("`http` may not depend on the library `rusqlite`")),
        ("newcomer", "appkeep-domain", Kind::Normal, Some("`newcomer` may not depend on `domain`")),
    ];
    for (from, to, kind, expected) in cases {
        let dependency = Dependency { from: from.to_owned(), to: to.to_owned(), kind };
        assert_eq!(dependency.violation().as_deref(), expected, "{from} -> {to}");
    }
}

struct Dependency {
    /// The folder of the crate that depends.
    from: String,
    /// The whole name of the package it depends on.
    to: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Build dependencies count as normal ones: they decide what is shipped.
    Normal,
    Dev,
}

impl Dependency {
    /// What is wrong with it, in one line.
    fn violation(&self) -> Option<String> {
        let Self { from, to, kind } = self;
        let layer = layer(from);
        if let Some(to) = ours(to) {
            let allowed = layer.is_some_and(|layer| layer.allows(to, *kind));
            let who = if *kind == Kind::Dev { format!("the tests of `{from}`") } else { format!("`{from}`") };
            return (!allowed).then(|| format!("{who} may not depend on `{to}`"));
        }
        let banned = *kind == Kind::Normal && layer.is_some_and(|layer| layer.never.contains(&to.as_str()));
        banned.then(|| format!("`{from}` may not depend on the library `{to}`"))
    }
}

impl Layer {
    fn allows(&self, other: &str, kind: Kind) -> bool {
        let in_tests = kind == Kind::Dev && (other == "testkit" || self.tests_may_also_use.contains(&other));
        self.may_use.contains(&other) || in_tests
    }
}

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

/// The folder of a package of ours; others may bear the same name, as `http` does.
fn ours(package: &str) -> Option<&str> {
    package.strip_prefix("appkeep-")
}

fn packages() -> Vec<String> {
    metadata().iter().map(folder).collect()
}

fn dependencies() -> Vec<Dependency> {
    metadata().iter().flat_map(dependencies_of).collect()
}

fn dependencies_of(package: &Value) -> Vec<Dependency> {
    let from = folder(package);
    let listed = package["dependencies"].as_array().expect("cargo lists dependencies");
    let one = |dependency: &Value| Dependency {
        from: from.clone(),
        to: name(dependency).to_owned(),
        kind: if dependency["kind"] == "dev" { Kind::Dev } else { Kind::Normal },
    };
    listed.iter().map(one).collect()
}

fn folder(package: &Value) -> String {
    ours(name(package)).expect("every package of the workspace is called `appkeep-…`").to_owned()
}

fn name(package_or_dependency: &Value) -> &str {
    package_or_dependency["name"].as_str().expect("cargo names packages and dependencies")
}

fn metadata() -> Vec<Value> {
    let output = std::process::Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(xtask::repository::root())
        .output()
        .expect("cargo runs these tests, so it is here");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("cargo lists packages").clone()
}
