//! Secrets to search for, in every form that text can be written in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::{Digest as _, Md5};

/// What to search for, with what it is.
#[derive(Debug, Default)]
pub(crate) struct Needles(Vec<(String, String)>);

/// What is shorter is found by chance.
const SHORTEST: usize = 10;

impl Needles {
    pub(crate) fn add(&mut self, what: &str, secret: &str) {
        self.add_but_not_digests(what, secret);
        self.add_digests(what, secret);
    }

    /// What everybody may know the SHA-256 of, as of a PKCE verifier, whose
    /// challenge that is (RFC 7636 §4.2).
    pub(crate) fn add_but_not_digests(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= SHORTEST, "{what} is too short to be searched for");
        for (form, text) in forms(secret.as_bytes()) {
            self.0.push((format!("{what}, {form}"), text));
        }
        self.0.push((what.to_owned(), secret.to_owned()));
        // Of a token or an assertion, the part that nobody could guess; and
        // each half, because what is cut short is told all the same.
        let unguessable = secret.rsplit('.').next().unwrap_or(secret);
        if unguessable.len() >= 4 * SHORTEST {
            let (first, second) = unguessable.split_at(unguessable.len() / 2);
            for (half, text) in [("first", first), ("second", second)] {
                self.0.push((format!("the {half} half of {what}"), text.to_owned()));
            }
        }
    }

    /// What whoever has a list of all that it may be would compare with.
    pub(crate) fn add_digests(&mut self, what: &str, secret: &str) {
        self.add_bytes(&format!("the SHA-256 of {what}"), digest(&SHA256, secret.as_bytes()).as_ref());
        self.add_bytes(&format!("the MD5 of {what}"), &Md5::digest(secret.as_bytes())[..]);
    }

    /// Bytes, which are no text themselves.
    pub(crate) fn add_bytes(&mut self, what: &str, secret: &[u8]) {
        self.0.extend(forms(secret).into_iter().map(|(form, text)| (format!("{what}, {form}"), text)));
    }

    /// A key in a file: each line of it, and the bytes that they say.
    pub(crate) fn add_file(&mut self, what: &str, file: &Path) {
        let text = std::fs::read_to_string(file).expect("a key is text");
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST && !line.starts_with('-'))
            .collect();
        assert!(!lines.is_empty(), "{what} is empty");
        for line in &lines {
            self.add(what, line);
        }
        let decoded = STANDARD_NO_PAD.decode(lines.concat().trim_end_matches('='));
        self.add_bytes(what, &decoded.expect("a key is base64"));
    }

    /// That none of them is in any of the files.
    pub(crate) fn assert_nowhere(&self, files: &[PathBuf]) {
        let texts: Vec<&str> = self.0.iter().map(|(_, text)| text.as_str()).collect();
        let mut told = Vec::new();
        for (file, found) in search(&texts, files) {
            let what = self.0.iter().find(|(_, text)| *text == found).map(|(what, _)| what);
            told.push(format!("{} holds {what:?}: {}", file.display(), line_with(&found, &file)));
        }
        assert!(told.is_empty(), "{}", told.join("\n"));
    }

    /// That this, which is no secret, is: a search that finds nothing at all
    /// proves nothing.
    pub(crate) fn assert_found(&self, text: &str, file: &Path) {
        assert!(self.0.len() > 100, "{} forms only", self.0.len());
        assert!(!search(&[text], &[file.to_owned()]).is_empty(), "{} does not hold `{text}`", file.display());
    }
}

/// Which of the texts is in which of the files. `grep` looks for all at once,
/// which a loop over large files would not.
fn search(texts: &[&str], files: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let Output { status, stdout, stderr } =
        grep(texts, &["--only-matching", "--with-filename", "--null"], files);
    assert!(matches!(status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&stderr));
    let text = String::from_utf8_lossy(&stdout);
    let found = text.lines().filter_map(|line| line.split_once('\0'));
    let mut found: Vec<_> = found.map(|(file, text)| (PathBuf::from(file), text.to_owned())).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What stands around it, for whoever has to find out why.
fn line_with(text: &str, file: &Path) -> String {
    let printed = grep(&[text], &["--max-count=1"], &[file.to_owned()]).stdout;
    let printed = String::from_utf8_lossy(&printed).replace(text, "<HERE>");
    let begins = printed.find("<HERE>").unwrap_or_default().saturating_sub(150);
    printed.chars().skip(begins).take(500).collect()
}

fn grep(texts: &[&str], more: &[&str], files: &[PathBuf]) -> Output {
    let patterns = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(patterns.path(), texts.join("\n")).expect("can be written");
    let mut command = Command::new("grep");
    command.env("LC_ALL", "C").args(["--text", "--fixed-strings"]).args(more);
    command.arg("--file").arg(patterns.path()).arg("--").args(files).output().expect("there is `grep`")
}

/// As others might have written it.
fn forms(secret: &[u8]) -> Vec<(&'static str, String)> {
    let mut forms = vec![
        ("hex", hex(secret)),
        ("hex in capitals", hex(secret).to_uppercase()),
        ("percent-encoded", percent(secret, |_| true)),
        ("percent-encoded in lower case", percent(secret, |_| true).to_lowercase()),
        ("as a form", form_urlencoded::byte_serialize(secret).collect()),
        ("as a list of numbers", list(secret)),
    ];
    // Within something longer the groups of three bytes begin at any of three places.
    for before in 0..3 {
        let padded = [&vec![0; before], secret].concat();
        let whole = padded.len() / 3 * 4;
        let begins = (before * 8).div_ceil(6);
        for (form, engine) in [("base64", &STANDARD_NO_PAD), ("base64url", &URL_SAFE_NO_PAD)] {
            forms.push((form, engine.encode(&padded)[begins..whole].to_owned()));
        }
    }
    forms.retain(|(_, text)| text.as_bytes() != secret);
    forms
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn percent(bytes: &[u8], is_encoded: impl Fn(u8) -> bool) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        let _ = if is_encoded(byte) { write!(text, "%{byte:02X}") } else { write!(text, "{}", byte as char) };
        text
    })
}

/// As `Debug` prints bytes.
fn list(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_secret_is_found_in_each_form() {
    let secret = "ias_very+secret/indeed";
    let mut needles = Needles::default();
    needles.add("it", secret);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let basic = |before: &str| STANDARD_NO_PAD.encode(format!("{before}:{secret}"));
    let query: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    for text in [
        secret.to_owned(),
        basic("a"),
        basic("ab"),
        basic("abc"),
        URL_SAFE_NO_PAD.encode(secret),
        hex(secret.as_bytes()),
        format!("\\x{}", hex(secret.as_bytes())),
        format!("/path?secret={query}"),
        format!("{:?}", secret.as_bytes()),
        hex(digest(&SHA256, secret.as_bytes()).as_ref()),
        STANDARD_NO_PAD.encode(Md5::digest(secret.as_bytes())),
        percent(secret.as_bytes(), |_| true),
    ] {
        std::fs::write(file.path(), format!("\0before{text}after\0\n")).expect("can be written");
        let texts: Vec<&str> = needles.0.iter().map(|(_, text)| text.as_str()).collect();
        assert!(!search(&texts, &[file.path().to_owned()]).is_empty(), "{text}");
    }
    std::fs::write(file.path(), "ias_very").expect("can be written");
    needles.assert_nowhere(&[file.path().to_owned()]);
}
