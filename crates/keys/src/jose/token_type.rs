//! The kinds of token we sign.

/// What a token is, said in its header so that no kind passes for another
/// (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// RFC 9068 §2.1
    AccessToken,
    /// OIDC Core §2, and what clients sign to authenticate.
    Jwt,
    /// Our own: where a chain of audit entries ended.
    AuditCheckpoint,
    /// Our own: what an export of the audit trail holds.
    AuditExport,
}

impl TokenType {
    pub const ALL: [Self; 4] = [Self::AccessToken, Self::Jwt, Self::AuditCheckpoint, Self::AuditExport];

    /// The `typ` of RFC 7515 §4.1.9.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::Jwt => "JWT",
            Self::AuditCheckpoint => "appkeep-audit-checkpoint+jwt",
            Self::AuditExport => "appkeep-audit-export+jwt",
        }
    }

    /// Whether a `typ` means this one: a media type, so case is ignored, and
    /// `application/` may stand before it.
    pub(super) fn is_meant_by(self, typ: &str) -> bool {
        const APPLICATION: &str = "application/";
        let rest = typ.get(..APPLICATION.len()).filter(|start| start.eq_ignore_ascii_case(APPLICATION));
        typ[rest.map_or(0, str::len)..].eq_ignore_ascii_case(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typ_is_a_media_type() {
        for (typ, expected) in [
            ("at+jwt", Some(TokenType::AccessToken)),
            ("AT+JWT", Some(TokenType::AccessToken)),
            ("Application/at+jwt", Some(TokenType::AccessToken)),
            ("JWT", Some(TokenType::Jwt)),
            ("jwt", Some(TokenType::Jwt)),
            ("appkeep-audit-checkpoint+jwt", Some(TokenType::AuditCheckpoint)),
            ("appkeep-audit-export+jwt", Some(TokenType::AuditExport)),
            ("", None),
            ("application/", None),
            ("applicationéat+jwt", None),
            ("text/at+jwt", None),
            ("at+jwt ", None),
        ] {
            assert_eq!(TokenType::ALL.into_iter().find(|known| known.is_meant_by(typ)), expected, "{typ}");
        }
    }
}
