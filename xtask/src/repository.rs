//! The repository as files: where it is, and which sources it holds.

use std::fs;
use std::path::{Path, PathBuf};

/// What is in the working tree without being part of the repository.
const NOT_OURS: &[&str] = &["target", "node_modules", "appkeep-data"];

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder inside the repository")
}

/// One text file, with the path by which people know it.
#[derive(Debug)]
pub struct SourceFile {
    /// Relative to the root, with `/` between its parts.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// Reads the file of that name, when there is one.
    pub fn read(path: &str) -> Option<Self> {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some(Self { path: path.to_owned(), text })
    }

    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub fn line_count(&self) -> usize {
        self.text.lines().count()
    }
}

/// Every file with that extension, in order of path.
///
/// The tree is walked rather than asked of git, so that the tests pass in an
/// unpacked release and in a checkout that belongs to another user.
pub fn files(extension: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    walk(root(), &mut |path| {
        if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path.to_owned());
        }
    });
    found.sort();
    found.iter().filter_map(|path| SourceFile::read(&relative(path))).collect()
}

/// The names of the files in one folder, sorted; none when there is no such folder.
pub fn names_in(folder: &str) -> Vec<String> {
    let mut names: Vec<String> =
        entries(&root().join(folder)).iter().filter_map(|path| name_of(path)).collect();
    names.sort();
    names
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for path in entries(folder) {
        if path.is_dir() && !is_left_out(&path) {
            walk(&path, visit);
        } else if path.is_file() {
            visit(&path);
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn is_left_out(folder: &Path) -> bool {
    name_of(folder).is_none_or(|name| name.starts_with('.') || NOT_OURS.contains(&name.as_str()))
}

fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

fn relative(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_its_own_sources_and_no_build_output() {
        let sources = files("rs");
        assert!(sources.iter().any(|file| file.path == "xtask/src/repository.rs"));
        assert!(sources.iter().all(|file| !file.path.starts_with("target/")));
    }
}
