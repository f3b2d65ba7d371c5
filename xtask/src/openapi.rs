//! `cargo xtask openapi`: the native API's description, out of the code that serves it.

use std::fs;

use crate::process::Program;
use crate::{Failure, report, repository};

/// The committed description; a test compares it with the code.
pub const DOCUMENT: &str = "openapi/native-v1.json";

const PRINT: &[&str] = &["run", "--quiet", "--package", "appkeep-cli", "--bin", "appkeep", "--", "openapi"];

/// Replaces [`DOCUMENT`] by what `appkeep openapi` prints.
pub fn write() -> Result<(), Failure> {
    let document = Program::new("cargo", PRINT).output()?;
    if !document.starts_with(b"{") {
        return Err(Failure::new("`appkeep openapi` printed something that is not a JSON object"));
    }
    save(&document).map_err(|error| Failure::new(format!("{DOCUMENT} could not be written: {error}")))?;
    report::say(&format!("wrote {DOCUMENT}"));
    Ok(())
}

fn save(document: &[u8]) -> std::io::Result<()> {
    let path = repository::root().join(DOCUMENT);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, document)
}
