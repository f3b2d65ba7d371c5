//! Text as it is searched: alike on every database, because it is folded here.

use unicode_normalization::UnicodeNormalization as _;

/// Lower case, character by character, so that a search ignores case the same
/// way everywhere; and what looks the same is the same, whether its accents stand
/// apart or not (Unicode's normalization form C).
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_gone_and_how_accents_are_written() {
        assert_eq!(fold("Ärger MIT %_"), "ärger mit %_");
        assert_eq!(fold("ΣΑΣ"), "σασ");
        let (composed, apart) = ("\u{c4}RGER", "A\u{308}RGER");
        assert_eq!(fold(apart), fold(composed), "what looks the same is the same");
        assert_eq!(fold(&fold(apart)), fold(apart));
    }
}
