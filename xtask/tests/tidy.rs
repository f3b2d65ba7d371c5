//! Small promises that the repository keeps about itself.

use std::collections::BTreeSet;

use xtask::repository::{SourceFile, files, names_in, root};

/// Put together from halves, so that this file does not hold them itself.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[", "ignore"),
];

/// The files that know there are two databases; above them nobody can tell.
const SEAM: &[&str] = &[
    "crates/storage/src/conn.rs",
    "crates/storage/src/error.rs",
    "crates/storage/src/feed.rs",
    "crates/storage/src/feed/",
    "crates/storage/src/migrate.rs",
    "crates/storage/src/postgres.rs",
    "crates/storage/src/postgres/",
    "crates/storage/src/row.rs",
    "crates/storage/src/seam_tests/",
    "crates/storage/src/sqlite.rs",
    "crates/storage/src/sqlite/",
    "crates/storage/src/store.rs",
    "crates/storage/src/value.rs",
    // Makes the databases that tests run on.
    "crates/testkit/src/",
];

/// What only the seam may write: the drivers, and an arm for one database.
const ONE_DATABASE: &[&str] = &[
    "rusqlite::",
    "tokio_postgres::",
    "deadpool_postgres::",
    "Backend::Sqlite",
    "Backend::Postgres",
    "Conn::Sqlite",
    "Conn::Postgres",
    "Dialect::Sqlite",
    "Dialect::Postgres",
];

const CHANGELOG_GROUPS: &[&str] = &["Added", "Changed", "Fixed", "Security", "Removed"];

#[test]
fn migrations_are_in_step_on_both_databases() {
    let sqlite = names_in("crates/storage/migrations/sqlite");
    let postgres = names_in("crates/storage/migrations/postgres");
    assert_eq!(sqlite, postgres, "each migration has one file for each database, with the same name");
    for (position, name) in sqlite.iter().enumerate() {
        let number = format!("{:04}_", position + 1);
        assert!(name.starts_with(&number), "{name} should start with {number}, as numbers have no gap");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    none(&lines_with(&files("rs"), UNFINISHED), "decide it, or open an issue and write nothing here");
}

#[test]
fn what_one_workspace_has_built_serves_the_other() {
    let profile = |path: &str| {
        let manifest = SourceFile::read(path).expect("a workspace has a manifest").text;
        let from = manifest.find("[profile.dev]").expect("a profile for development");
        let to = manifest.find("[profile.release]").expect("a profile for releases");
        let lines = manifest[from..to].lines().map(str::to_owned);
        lines
            .filter(|line| !(line.is_empty() || line.starts_with('#') || line.starts_with("appkeep-")))
            .collect::<Vec<_>>()
    };
    assert_eq!(profile("fuzz/Cargo.toml"), profile("Cargo.toml"), "else `cargo xtask ci` builds all twice");
}

#[test]
fn no_crate_of_ours_takes_long_to_build_for_tests() {
    let manifest = SourceFile::read("Cargo.toml").expect("the workspace has a manifest").text;
    for folder in crate_folders() {
        let name = folder.rsplit('/').next().expect("a path has an end");
        let line = format!("\nappkeep-{name}.opt-level = 0\n");
        assert!(manifest.contains(&line), "the profile for development in Cargo.toml lacks:{line}");
    }
}

#[test]
fn only_the_seam_tells_the_databases_apart() {
    let above_seam = |file: &SourceFile| {
        let production = file.path.starts_with("crates/") && file.path.contains("/src/");
        production && !SEAM.iter().any(|path| file.path.starts_with(path))
    };
    let above: Vec<SourceFile> = files("rs").into_iter().filter(above_seam).collect();
    none(&lines_with(&above, ONE_DATABASE), "belongs in the seam of crates/storage");
}

#[test]
fn the_seam_lists_what_exists() {
    for path in SEAM {
        assert!(root().join(path).exists(), "{path} is listed as a part of the seam and does not exist");
    }
}

#[test]
fn every_crate_says_what_it_is_for() {
    let roots = crate_folders()
        .into_iter()
        .flat_map(|folder| ["lib.rs", "main.rs"].map(|file| format!("{folder}/src/{file}")));
    let silent =
        roots.filter_map(|path| SourceFile::read(&path)).filter(|source| !says_what_it_is_for(&source.text));
    none(
        &silent.map(|source| source.path).collect::<Vec<_>>(),
        "open it with a `//!` that says what it is for",
    );
}

#[test]
fn every_crate_takes_versions_and_lints_from_the_workspace() {
    for folder in crate_folders() {
        let manifest = SourceFile::read(&format!("{folder}/Cargo.toml")).expect("a crate has a manifest");
        assert!(manifest.text.contains("[lints]\nworkspace = true"), "{folder} has lints of its own");
        let own = dependency_lines(&manifest.text).find(|line| !line.contains("workspace = true"));
        assert_eq!(own, None, "{folder} states a version; it belongs in the root Cargo.toml");
    }
}

#[test]
fn the_changelog_is_well_formed() {
    let changelog = SourceFile::read("CHANGELOG.md").expect("the changelog exists");
    let releases: Vec<&str> = headings(&changelog.text, "## ").collect();
    assert_eq!(releases.first(), Some(&"Unreleased"), "the first release of the changelog is the coming one");
    let strange: Vec<&str> =
        headings(&changelog.text, "### ").filter(|group| !CHANGELOG_GROUPS.contains(group)).collect();
    assert!(strange.is_empty(), "groups are {CHANGELOG_GROUPS:?}, not {strange:?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages = files("md");
    let broken: Vec<String> = pages.iter().flat_map(broken_links).collect();
    none(&broken, "leads nowhere");
}

#[test]
fn a_link_is_checked_up_to_its_heading() {
    let page = |text: &str| SourceFile { path: "docs/page.md".to_owned(), text: text.to_owned() };
    let cases = [
        ("[a](https://example.com/x)", 0),
        ("[a](../CHANGELOG.md)", 0),
        ("[a](../CHANGELOG.md#unreleased)", 0),
        ("[a](../CHANGELOG.md#never-released)", 1),
        ("[a](no-such-page.md) and [b](../no-such-folder/)", 2),
        ("# What it is\n[a](#what-it-is)", 0),
        ("[a](#what-it-is)", 1),
        ("```\n[a](no-such-page.md)\n```", 0),
        ("`[a](no-such-page.md)`", 0),
    ];
    for (text, expected) in cases {
        assert_eq!(broken_links(&page(text)).len(), expected, "{text}");
    }
}

/// Fails with a line for each finding.
fn none(findings: &[String], remedy: &str) {
    assert!(findings.is_empty(), "\n{}\n({remedy})\n", findings.join("\n"));
}

fn lines_with(files: &[SourceFile], words: &[&str]) -> Vec<String> {
    files.iter().flat_map(|file| lines_of(file, words)).collect()
}

fn lines_of(file: &SourceFile, words: &[&str]) -> Vec<String> {
    let numbered = file.text.lines().zip(1..);
    let found = numbered.filter(|(line, _)| words.iter().any(|word| line.contains(word)));
    found.map(|(line, number)| format!("{}:{number}: {}", file.path, line.trim())).collect()
}

fn crate_folders() -> Vec<String> {
    let crates = names_in("crates").into_iter().map(|name| format!("crates/{name}"));
    crates
        .chain(["xtask".to_owned()])
        .filter(|folder| root().join(folder).join("Cargo.toml").exists())
        .collect()
}

/// A first paragraph of more than a title's length, which ends as a sentence does.
fn says_what_it_is_for(source: &str) -> bool {
    let paragraph: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = paragraph.concat();
    paragraph.len() > 30 && paragraph.trim_end().ends_with(['.', ':'])
}

fn dependency_lines(manifest: &str) -> impl Iterator<Item = &str> {
    let mut in_dependencies = false;
    manifest.lines().filter(move |line| {
        if line.starts_with('[') {
            in_dependencies = line.trim_end_matches(']').ends_with("dependencies");
            return false;
        }
        in_dependencies && !line.is_empty() && !line.starts_with('#')
    })
}

fn headings<'a>(text: &'a str, level: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter_map(move |line| line.strip_prefix(level))
        .map(|heading| heading.trim_matches(['[', ']']))
}

fn broken_links(page: &SourceFile) -> Vec<String> {
    let targets =
        links(&page.text).filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    targets
        .filter(|target| !leads_somewhere(page, target))
        .map(|target| format!("{}: {target}", page.path))
        .collect()
}

/// The targets of `[text](target)` outside code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    let prose = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    });
    // Every second piece between backticks is code.
    let pieces = prose.flat_map(|line| line.split('`').step_by(2));
    pieces.flat_map(|piece| piece.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
}

fn leads_somewhere(page: &SourceFile, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let there = root().join(folder).join(path);
    match (path, anchor) {
        ("", Some(anchor)) => anchors(&page.text).contains(anchor),
        (_, None) => there.exists(),
        (_, Some(anchor)) => std::fs::read_to_string(there).is_ok_and(|text| anchors(&text).contains(anchor)),
    }
}

/// The names by which headings are linked: lower case, words joined by hyphens.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| slug(line.trim_start_matches('#').trim()))
        .collect()
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
