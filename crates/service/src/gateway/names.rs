//! What the tools of several integrations are called, so that no two have one
//! name: `git__open_issue` is `open_issue` of the integration Git.

use appkeep_domain::fold;
use appkeep_domain::integration::Integration;

/// What stands between the two; no slug holds it.
const BETWEEN: &str = "__";
/// Of a slug, before what tells it from others.
const LONGEST_SLUG: usize = 24;
/// Of a tool's name as agents see it.
const LONGEST: usize = 128;

/// What stands before the tools of an integration. One whose name is a-z, 0-9 and
/// `-` is called so, and another has the end of its id behind it: names are taken
/// once, and what is made of them might not be.
pub(super) fn slug(integration: &Integration) -> String {
    let name = fold(integration.name.as_str());
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    if slug == name && slug.len() <= LONGEST_SLUG {
        return slug;
    }
    slug.truncate(LONGEST_SLUG);
    let id = integration.id.to_string().to_lowercase();
    let end = &id[id.len() - 6..];
    format!("{}-{end}", slug.trim_end_matches('-')).trim_start_matches('-').to_owned()
}

/// How agents call a tool; nothing of one that could not be told by its name.
pub(super) fn joined(slug: &str, tool: &str) -> Option<String> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let name = format!("{slug}{BETWEEN}{tool}");
    (!tool.is_empty() && tool.bytes().all(is_known) && name.len() <= LONGEST).then_some(name)
}

/// Of which integration a tool is, and what it is called there.
pub(super) fn parted(name: &str) -> Option<(&str, &str)> {
    name.split_once(BETWEEN)
}

#[cfg(test)]
mod tests {
    use appkeep_domain::integration::{AuthMode, Capabilities, Category, IntegrationUrl};
    use appkeep_domain::{Actor, ActorKind, IntegrationId, Name, TenantId, Timestamp};
    use appkeep_oauth::ScopeSet;

    use super::*;

    fn called(name: &str) -> Integration {
        let at = Timestamp::from_seconds(0);
        Integration {
            id: IntegrationId::from_bytes([0xff; 16]),
            tenant: TenantId::from_bytes([1; 16]),
            name: Name::parse(name).expect("a name"),
            url: IntegrationUrl::parse("https://a.example/mcp").expect("a URL"),
            category: Category::GatewayRemoteMcp,
            auth: AuthMode::Nothing,
            scopes: ScopeSet::new(),
            provider: None,
            issuer: None,
            credential_schema: None,
            capabilities: Capabilities::default(),
            has_server_token: false,
            client: None,
            validation: None,
            generation: 1,
            version: 1,
            created_by: Actor { kind: ActorKind::System, id: "system".to_owned() },
            created_at: at,
            updated_at: at,
            archived_at: None,
        }
    }

    #[test]
    fn what_stands_before_a_tool_is_the_integrations_own() {
        for (name, expected) in [
            ("git", "git"),
            ("Git", "git"),
            ("git-hub", "git-hub"),
            ("Git Hub", "git-hub-zzzzzz"),
            ("git_hub", "git-hub-zzzzzz"),
            ("git--hub", "git-hub-zzzzzz"),
            ("-git", "git-zzzzzz"),
            ("日本", "zzzzzz"),
            ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx-zzzzzz"),
        ] {
            assert_eq!(slug(&called(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_parted_where_it_was_joined() {
        for (slug, tool, expected) in [
            ("git", "open_issue", Some("git__open_issue")),
            ("git", "__x", Some("git____x")),
            ("git", "", None),
            ("git", "open issue", None),
            ("git", "öffnen", None),
        ] {
            let name = joined(slug, tool);
            assert_eq!(name.as_deref(), expected);
            if let Some(name) = name {
                assert_eq!(parted(&name), Some((slug, tool)));
            }
        }
        assert_eq!(joined("git", &"x".repeat(124)), None);
        assert_eq!(parted("open_issue"), None);
    }
}
