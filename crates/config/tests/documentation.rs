//! The documentation names every setting.

use appkeep_config::{Config, Settings};

#[test]
fn every_setting_is_documented_with_its_variable_and_flag() {
    let page = include_str!("../../../docs/configuration.md");
    for key in Settings::KEYS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/configuration.md has no row for `{key}`"));
        assert!(row.contains(&format!("`APPKEEP_{}`", key.to_uppercase())), "{row}");
        assert!(row.contains(&format!("`--{}`", key.replace('_', "-"))), "{row}");
    }
    for default in [Config::LISTEN.to_string().as_str(), Config::DATA_DIR, Config::LOG_FILTER] {
        assert!(page.contains(&format!("`{default}`")), "the default `{default}`");
    }
}
