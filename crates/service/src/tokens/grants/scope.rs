//! What of what a client asks for it is granted.

use appkeep_oauth::{ErrorCode, Refusal, ScopeSet};

/// What the client asks for, or with nothing asked all that it may have;
/// one scope too many refuses the request (RFC 6749 §3.3).
pub(in crate::tokens) fn grantable(allowed: ScopeSet, asked: Option<ScopeSet>) -> Result<ScopeSet, Refusal> {
    let Some(asked) = asked else { return Ok(allowed) };
    match asked.iter().find(|scope| !allowed.contains(scope.as_str())) {
        None => Ok(asked),
        Some(other) => {
            let description = format!("this client may not have the scope `{other}`");
            Err(Refusal::new(ErrorCode::InvalidScope, description))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_asks_for_of_what_it_may_have() {
        let allowed = ScopeSet::parse("bills:read openid bills:write offline_access").expect("are scopes");
        for (asked, granted) in [
            (None, Ok("bills:read openid bills:write offline_access")),
            (Some("bills:write"), Ok("bills:write")),
            (Some("bills:write bills:read"), Ok("bills:write bills:read")),
            (Some("openid bills:read"), Ok("openid bills:read")),
            (Some("email"), Err("this client may not have the scope `email`")),
            (Some("bills:read Bills:read"), Err("this client may not have the scope `Bills:read`")),
        ] {
            let asked = asked.map(|raw| ScopeSet::parse(raw).expect("are scopes"));
            let outcome = grantable(allowed.clone(), asked).map(|scope| scope.to_string());
            let outcome = outcome.map_err(|refusal| {
                assert_eq!(refusal.code(), ErrorCode::InvalidScope);
                refusal.to_string()
            });
            assert_eq!(outcome, granted.map(str::to_owned).map_err(str::to_owned));
        }
    }
}
