//! Every statement of the program is understood by both databases.

use std::path::Path;

use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

on_each_database![every_statement_is_understood];

async fn every_statement_is_understood(store: Store) {
    let understood = store.check_statements().await.unwrap_or_else(|refused| panic!("{refused:#?}"));
    let written = written_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert_eq!(understood, written, "a statement is in the text and not in the list, or the other way round");
}

/// How many statements the source has, tests left out.
fn written_under(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("the source is there");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.to_string_lossy().contains("seam_tests"))
        .map(|path| if path.is_dir() { written_under(&path) } else { written_in(&path) })
        .sum()
}

/// A line that calls the macro, or another of a like name that stands for it;
/// the macros themselves and what is told of them do not count.
fn written_in(file: &Path) -> usize {
    let text = std::fs::read_to_string(file).expect("a text");
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut in_macro = false;
    let mut calls = 0;
    for line in program.lines().filter(|line| !line.trim_start().starts_with("//")) {
        in_macro = line.starts_with("macro_rules!") || in_macro && line != "}";
        calls += usize::from(!in_macro && line.contains("sql!("));
    }
    calls
}
