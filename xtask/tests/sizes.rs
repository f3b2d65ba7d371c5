//! No file grows past what one reader takes in; CONTRIBUTING.md has the numbers.

use xtask::repository::{SourceFile, files};

const CODE: usize = 500;
const TESTS: usize = 600;
const INDEX: usize = 120;

/// Files that may be longer, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

const PAGES: &[(&str, usize)] = &[("README.md", 120), ("ARCHITECTURE.md", 300), ("CONTRIBUTING.md", 250)];

#[test]
fn source_files_stay_short() {
    let too_long: Vec<String> =
        files("rs").iter().filter(|file| !is_exception(file)).flat_map(excess).collect();
    assert!(too_long.is_empty(), "\n{}\n", too_long.join("\n"));
}

#[test]
fn pages_stay_short() {
    for (path, limit) in PAGES {
        if let Some(page) = SourceFile::read(path) {
            assert!(page.line_count() <= *limit, "{path} has {} lines, more than {limit}", page.line_count());
        }
    }
}

#[test]
fn an_exception_that_is_needed_no_longer_is_removed() {
    for (path, reason) in EXCEPTIONS {
        let file = SourceFile::read(path).unwrap_or_else(|| panic!("{path} is excepted and does not exist"));
        assert!(!excess(&file).is_empty(), "{path} is excepted ({reason}) and short enough");
    }
}

#[test]
fn tests_at_the_end_are_counted_apart() {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let with_tests = "fn one() {}\n\n#[cfg(test)]\nmod tests {\n    // …\n}\n";
    let long = |lines: usize| "//\n".repeat(lines);
    let cases = [
        (file("crates/a/src/b.rs", &format!("{}{with_tests}", long(498))), 0),
        (file("crates/a/src/b.rs", &format!("{}{with_tests}", long(499))), 1),
        (file("crates/a/src/b.rs", &format!("{with_tests}{}", long(500))), 1),
        (file("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests {{\n{}}}\n", long(598))), 1),
        (file("crates/a/src/lib.rs", &long(121)), 1),
        (file("crates/a/src/b/mod.rs", &long(120)), 0),
        (file("crates/a/tests/api/b.rs", &long(600)), 0),
        (file("crates/a/tests/api/b.rs", &long(601)), 1),
    ];
    for (file, expected) in cases {
        assert_eq!(excess(&file).len(), expected, "{} of {} lines", file.path, file.line_count());
    }
}

/// One line for each limit that the file passes.
fn excess(file: &SourceFile) -> Vec<String> {
    let (code, tests) = parts(file);
    let over = |what: &str, lines: usize, limit: usize| {
        (lines > limit).then(|| format!("{}: {lines} lines of {what}, more than {limit}", file.path))
    };
    [over("code", code, code_limit(file)), over("tests", tests, TESTS)].into_iter().flatten().collect()
}

/// Lines of code, and lines of the tests that end the file.
fn parts(file: &SourceFile) -> (usize, usize) {
    let lines: Vec<&str> = file.text.lines().collect();
    if is_test(file) {
        return (0, lines.len());
    }
    let code = lines.windows(2).position(opens_tests).filter(|start| ends_with_that_module(&lines[*start..]));
    let code = code.unwrap_or(lines.len());
    (code, lines.len() - code)
}

fn opens_tests(pair: &[&str]) -> bool {
    pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {")
}

/// Nothing follows the first brace that closes at the margin.
fn ends_with_that_module(lines: &[&str]) -> bool {
    lines.iter().position(|line| *line == "}") == Some(lines.len() - 1)
}

fn code_limit(file: &SourceFile) -> usize {
    if matches!(file.file_name(), "lib.rs" | "mod.rs") { INDEX } else { CODE }
}

fn is_test(file: &SourceFile) -> bool {
    ["/tests/", "_tests/", "/tests.rs", "_tests.rs"].iter().any(|part| file.path.contains(part))
}

fn is_exception(file: &SourceFile) -> bool {
    EXCEPTIONS.iter().any(|(path, _)| *path == file.path)
}
