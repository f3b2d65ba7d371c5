//! Text as it is searched: alike on every database, because it is folded here.

/// Lower case, character by character, so that a search ignores case the same
/// way everywhere.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_gone_and_nothing_else() {
        assert_eq!(fold("Ärger MIT %_"), "ärger mit %_");
        assert_eq!(fold("ΣΑΣ"), "σασ");
    }
}
