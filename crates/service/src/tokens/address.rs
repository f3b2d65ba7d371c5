//! Where an issuer of ours is, and whom its tokens may be for.

use std::fmt;

use appkeep_domain::{Owner, PartnerId, Slug, TenantId};
use appkeep_keys::MacKey;
use appkeep_oauth::{ErrorCode, Refusal, ResourceIndicator};
use tokio::sync::OnceCell;

use crate::registry::is_at;

/// What stands between the public URL and a tenant's slug in its address.
pub const TENANTS: &str = "/t/";
/// Where the gateway of an issuer is, below its address.
pub(crate) const GATEWAY_PATH: &str = "/mcp";
/// The same behind the public URL, of whichever issuer a token names.
pub(crate) const OTHER_GATEWAY_PATH: &str = "/kontext/mcp";
/// The gateway of whichever issuer a client asks.
const GATEWAY_NAME: &str = "mcp-gateway";

/// What else our management API is called, behind the public URL: other surfaces
/// that it has, whichever issuer is asked.
const OTHER_SURFACES: [&str; 1] = ["/kontext/api/v1"];

/// What a client is registered for, as far as that decides whom its tokens are
/// for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    /// What its own API is called.
    pub(super) audience: Option<&'a str>,
    /// What else it may name.
    pub(super) resources: &'a [ResourceIndicator],
    /// Where the integrations are that are attached to it: it may name those as
    /// well.
    pub(super) attached: &'a [Box<str>],
    /// Whether its people are operators.
    pub(super) operators: bool,
}

/// Where an issuer and its endpoints are, and whose they are.
pub(super) struct Address {
    /// Whose applications get tokens here, and whose users sign in.
    pub(super) tenant: TenantId,
    /// The tenant's, where its address is made of it; the root has none.
    slug: Option<Slug>,
    /// The public URL.
    root: String,
    issuer: String,
    token_endpoint: String,
    management_api: String,
    other_surfaces: [String; OTHER_SURFACES.len()],
    gateway: String,
    /// What the forms on its pages are authenticated with, once it was read.
    pub(super) form_key: OnceCell<MacKey>,
    /// What tags the names that nobody here has, once it was read.
    pub(super) lockout_key: OnceCell<MacKey>,
}

impl Address {
    /// The public URL: the platform's, and the default tenant's.
    pub(super) fn root(tenant: TenantId, public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/');
        let other_surfaces = OTHER_SURFACES.map(|path| format!("{public_url}{path}"));
        Self::new(tenant, None, (public_url.to_owned(), public_url.to_owned()), other_surfaces)
    }

    /// That of any other tenant.
    pub(super) fn below(root: &Self, tenant: TenantId, slug: Slug) -> Self {
        let issuer = format!("{}{TENANTS}{}", root.issuer, slug.as_str());
        Self::new(tenant, Some(slug), (root.root.clone(), issuer), root.other_surfaces.clone())
    }

    fn new(
        tenant: TenantId,
        slug: Option<Slug>,
        (root, issuer): (String, String),
        other_surfaces: [String; OTHER_SURFACES.len()],
    ) -> Self {
        Self {
            tenant,
            slug,
            token_endpoint: format!("{issuer}/oauth2/token"),
            management_api: format!("{issuer}/api/v1"),
            other_surfaces,
            gateway: format!("{issuer}{GATEWAY_PATH}"),
            root,
            issuer,
            form_key: OnceCell::new(),
            lockout_key: OnceCell::new(),
        }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) const fn slug(&self) -> Option<&Slug> {
        self.slug.as_ref()
    }

    /// Whether it is the platform's too.
    pub(super) const fn is_root(&self) -> bool {
        self.slug.is_none()
    }

    /// Whether an application of this owner is a client here; `partner` is
    /// whose the tenant is. Others are clients that nobody has heard of.
    pub(super) fn serves(&self, owner: Owner, partner: Option<PartnerId>) -> bool {
        match owner {
            Owner::Global => self.is_root(),
            Owner::Partner(id) => partner == Some(id),
            Owner::Tenant(id) => id == self.tenant,
        }
    }

    /// What our own API is called in the `aud` of a token.
    pub(super) fn management_api(&self) -> &str {
        &self.management_api
    }

    /// The same targets, where our own API goes by its one name: there is one,
    /// whichever surface of it somebody means.
    fn by_our_name(&self, targets: Vec<String>) -> Vec<String> {
        let name = |target: String| {
            if self.other_surfaces.contains(&target) { self.management_api.clone() } else { target }
        };
        targets.into_iter().map(name).collect()
    }

    /// Whether an assertion that names this audience is meant for us: the
    /// issuer, or the token endpoint (RFC 7523 §3).
    pub(super) fn is_us(&self, audience: &str) -> bool {
        audience == self.issuer || audience == self.token_endpoint
    }

    /// Where our gateway is, and what it is called in the `aud` of a token.
    pub(super) fn gateway(&self) -> &str {
        &self.gateway
    }

    /// Whether a client may ask for tokens for it.
    pub(super) fn may_name_gateway(&self, reach: Reach<'_>) -> bool {
        self.allows(reach, &self.gateway)
    }

    /// Whether this is our gateway, by one of its addresses or by its name.
    pub(super) fn is_gateway(&self, target: &str) -> bool {
        target == GATEWAY_NAME
            || target == self.gateway
            || target.strip_prefix(&*self.root) == Some(OTHER_GATEWAY_PATH)
    }

    /// Whom the token is for. A client may name the API that it is registered
    /// for, what else it was allowed, and ours; with none named it is ours.
    pub(super) fn grant(&self, reach: Reach<'_>, targets: Vec<String>) -> Result<Vec<String>, Refusal> {
        if targets.is_empty() {
            return Ok(vec![self.management_api.clone()]);
        }
        let may_name = |target: &str| {
            target == self.management_api || reach.audience == Some(target) || self.allows(reach, target)
        };
        all_named(self.by_our_name(targets), may_name)
    }

    /// Whom a token for a person is for: for an operator our management API, and
    /// else the API that the client is registered for, or what of that and of
    /// what it was allowed is named. Where it has no API it is the issuer, whose
    /// userinfo endpoint takes the token in any case.
    pub(super) fn audience_for_people(
        &self,
        reach: Reach<'_>,
        targets: &[String],
    ) -> Result<Vec<String>, Refusal> {
        if targets.is_empty() {
            return Ok(vec![self.own_of_people(reach).to_owned()]);
        }
        let targets = self.by_our_name(targets.to_vec());
        all_named(targets, |target| self.may_name_for_people(reach, target))
    }

    /// Whom a token is for that was given for another: what the client may name,
    /// our management API only if the other opens it, and our issuer likewise.
    /// With nothing named it is what is left of the other's.
    pub(super) fn exchange(
        &self,
        reach: Reach<'_>,
        (subject, is_nobodys): (&[Box<str>], bool),
        targets: Vec<String>,
    ) -> Result<Vec<String>, Refusal> {
        let stands = |target: &str| subject.iter().any(|one| **one == *target);
        let may_name = |target: &str| {
            if target == self.management_api {
                is_nobodys && stands(target)
            } else {
                reach.audience == Some(target)
                    || self.allows(reach, target)
                    || (target == self.issuer && stands(target))
            }
        };
        if !targets.is_empty() {
            return all_named(self.by_our_name(targets), may_name);
        }
        let left: Vec<String> = subject.iter().filter(|one| may_name(one)).map(ToString::to_string).collect();
        if left.is_empty() {
            let description = "this client may not ask for tokens for what the subject token is for";
            return Err(Refusal::new(ErrorCode::InvalidTarget, description));
        }
        Ok(left)
    }

    /// What is left of what was granted for a person, or the part of it that is
    /// named (RFC 8707 §2.2): what the client was registered for then, it may
    /// not be by now.
    pub(super) fn left_for_people(
        &self,
        reach: Reach<'_>,
        granted: &[String],
        targets: Vec<String>,
    ) -> Result<Vec<String>, Refusal> {
        let left: Vec<String> =
            granted.iter().filter(|one| self.may_name_for_people(reach, one)).cloned().collect();
        match (targets.is_empty(), left.is_empty()) {
            (true, true) => self.audience_for_people(reach, &[]),
            (true, false) => Ok(left),
            (false, _) => all_named(self.by_our_name(targets), |target| left.iter().any(|one| one == target)),
        }
    }

    fn may_name_for_people(&self, reach: Reach<'_>, target: &str) -> bool {
        target == self.own_of_people(reach) || (!reach.operators && self.allows(reach, target))
    }

    /// Whether a person's token for this is for the client itself, or for us.
    pub(super) fn is_own_of_people(&self, reach: Reach<'_>, target: &str) -> bool {
        target == self.issuer || target == self.own_of_people(reach) || self.is_gateway(target)
    }

    fn own_of_people<'a>(&'a self, reach: Reach<'a>) -> &'a str {
        let registered = reach.audience.filter(|own| *own != self.management_api);
        if reach.operators { &self.management_api } else { registered.unwrap_or(&self.issuer) }
    }

    /// Whether it is one of what the client was allowed beside its own API, or
    /// where one of its integrations is. The one place where that is decided.
    fn allows(&self, reach: Reach<'_>, target: &str) -> bool {
        let is_gateway = self.is_gateway(target);
        let is_it =
            |one: &ResourceIndicator| one.as_str() == target || (is_gateway && self.is_gateway(one.as_str()));
        // Our management API is nobody's to be allowed, whatever was written down,
        // and no part of this server is an integration.
        let is_attached = || reach.attached.iter().any(|url| **url == *target) && !is_at(target, &self.root);
        target != self.management_api && (reach.resources.iter().any(is_it) || is_attached())
    }
}

/// The targets, if each may be named; repeated as the client spelt them.
fn all_named(targets: Vec<String>, may_name: impl Fn(&str) -> bool) -> Result<Vec<String>, Refusal> {
    match targets.iter().find(|target| !may_name(target)) {
        None => Ok(targets),
        Some(other) => {
            let description = format!("this client may not ask for tokens for `{other}`");
            Err(Refusal::new(ErrorCode::InvalidTarget, description))
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Address {
        Address::root(TenantId::from_bytes([7; 16]), url)
    }

    #[test]
    fn a_tenants_address_stands_below_the_public_url() {
        let root = at("https://id.example/");
        let slug = Slug::parse("acme").expect("is a slug");
        let acme = Address::below(&root, TenantId::from_bytes([8; 16]), slug);
        assert_eq!(acme.issuer(), "https://id.example/t/acme");
        assert_eq!(acme.management_api(), "https://id.example/t/acme/api/v1");
        assert!(acme.is_us("https://id.example/t/acme/oauth2/token") && !acme.is_us(root.issuer()));
        assert!(root.is_root() && !acme.is_root());
    }

    #[test]
    fn an_address_serves_its_tenant_and_whose_that_is() {
        let (root, partner) = (at("https://id.example"), PartnerId::from_bytes([1; 16]));
        let (own, other) = (TenantId::from_bytes([8; 16]), PartnerId::from_bytes([2; 16]));
        let acme = Address::below(&root, own, Slug::parse("acme").expect("is a slug"));
        for (address, owner, of, serves) in [
            (&root, Owner::Global, None, true),
            (&root, Owner::Global, Some(partner), true),
            (&root, Owner::Tenant(root.tenant), None, true),
            (&root, Owner::Tenant(own), None, false),
            (&root, Owner::Partner(partner), Some(partner), true),
            (&acme, Owner::Global, Some(partner), false),
            (&acme, Owner::Tenant(own), Some(partner), true),
            (&acme, Owner::Tenant(root.tenant), Some(partner), false),
            (&acme, Owner::Partner(partner), Some(partner), true),
            (&acme, Owner::Partner(other), Some(partner), false),
            (&acme, Owner::Partner(partner), None, false),
        ] {
            assert_eq!(address.serves(owner, of), serves, "{address:?} {owner:?} {of:?}");
        }
    }

    fn reach<'a>(
        audience: Option<&'a str>,
        operators: bool,
        resources: &'a [ResourceIndicator],
    ) -> Reach<'a> {
        Reach { audience, resources, attached: &[], operators }
    }

    fn named(targets: &[&str]) -> Vec<String> {
        targets.iter().map(ToString::to_string).collect()
    }

    fn resources(targets: &[&str]) -> Vec<ResourceIndicator> {
        targets.iter().map(|raw| ResourceIndicator::parse(raw).expect("is one")).collect()
    }

    const ISSUER: &str = "https://id.example";
    const OURS: &str = "https://id.example/api/v1";
    const API: &str = "https://a.example";
    const GATEWAY: &str = "https://id.example/mcp";

    #[test]
    fn a_person_is_brought_before_the_clients_api_or_what_it_was_allowed() {
        let address = at(ISSUER);
        for (registered, operators, allowed, targets, outcome) in [
            (None, false, &[][..], &[][..], Some(&[ISSUER][..])),
            (Some(API), false, &[], &[], Some(&[API])),
            (Some(API), false, &[], &[API], Some(&[API])),
            (Some(API), false, &[], &[ISSUER], None),
            (Some(OURS), false, &[], &[], Some(&[ISSUER])),
            (Some(OURS), false, &[], &[OURS], None),
            (None, false, &[OURS], &[OURS], None),
            (None, true, &[], &[], Some(&[OURS])),
            (Some(API), true, &[], &[OURS], Some(&[OURS])),
            (Some(API), true, &[], &[API], None),
            (Some(API), true, &["urn:bills"], &["urn:bills"], None),
            (Some(API), false, &["urn:bills"], &[], Some(&[API])),
            (Some(API), false, &["urn:bills"], &["urn:bills", API], Some(&["urn:bills", API])),
            (Some(API), false, &["urn:bills"], &["urn:Bills"], None),
            (None, false, &["mcp-gateway"], &[GATEWAY], Some(&[GATEWAY])),
            (None, false, &[GATEWAY], &["mcp-gateway"], Some(&["mcp-gateway"])),
            (None, false, &[], &["mcp-gateway"], None),
        ] {
            let allowed = resources(allowed);
            let reach = reach(registered, operators, &allowed);
            let found = address.audience_for_people(reach, &named(targets)).ok();
            assert_eq!(found, outcome.map(named), "{reach:?} {targets:?}");
        }
    }

    #[test]
    fn a_client_names_its_api_ours_and_what_it_was_allowed() {
        let address = at(ISSUER);
        for (allowed, targets, outcome) in [
            (&[][..], &[][..], Some(&[OURS][..])),
            (&[], &[API, OURS], Some(&[API, OURS])),
            (&[], &["https://id.example/kontext/api/v1"], Some(&[OURS])),
            (&[], &["https://id.example/t/acme/kontext/api/v1"], None),
            (&[], &["urn:bills"], None),
            (&["urn:bills"], &["urn:bills"], Some(&["urn:bills"])),
            (&["mcp-gateway"], &["https://id.example/t/acme/mcp"], None),
            (&["mcp-gateway"], &[GATEWAY, "mcp-gateway"], Some(&[GATEWAY, "mcp-gateway"])),
        ] {
            let allowed = resources(allowed);
            let found = address.grant(reach(Some(API), false, &allowed), named(targets)).ok();
            assert_eq!(found, outcome.map(named), "{allowed:?} {targets:?}");
        }
    }

    #[test]
    fn where_an_attached_integration_is_may_be_named_unless_it_is_here() {
        let (root, slug) = (at(ISSUER), Slug::parse("acme").expect("is a slug"));
        let acme = Address::below(&root, TenantId::from_bytes([8; 16]), slug);
        let attached = ["https://git.example/mcp", OURS, ISSUER, "https://id.example/t/acme/mcp"];
        let attached = attached.map(Box::from);
        let reach = Reach { attached: &attached, ..reach(None, false, &[]) };
        for (target, person) in [
            ("https://git.example/mcp", true),
            ("https://git.example/mcp/", false),
            ("https://git.example", false),
            ("https://id.example/t/acme/mcp", false),
            ("https://id.example/t/acme/api/v1", false),
        ] {
            for address in [&root, &acme] {
                let found = address.audience_for_people(reach, &named(&[target])).is_ok();
                assert_eq!(found, person, "{address:?} {target}");
            }
        }
        assert!(acme.grant(reach, named(&[OURS])).is_err(), "another issuer's API is none of its");
        let operators = Reach { operators: true, ..reach };
        assert!(root.audience_for_people(operators, &named(&["https://git.example/mcp"])).is_err());
        let subject: [Box<str>; 1] = ["https://shop.example".into()];
        let exchanged = root.exchange(reach, (&subject, false), named(&["https://git.example/mcp"])).ok();
        assert_eq!(exchanged, Some(named(&["https://git.example/mcp"])));
        let (granted, detached) = (named(&["https://git.example/mcp"]), Reach { attached: &[], ..reach });
        assert_eq!(root.left_for_people(reach, &granted, Vec::new()).ok(), Some(granted.clone()));
        assert_eq!(root.left_for_people(detached, &granted, Vec::new()).ok(), Some(named(&[ISSUER])));
    }

    #[test]
    fn what_was_granted_counts_while_it_is_allowed() {
        let address = at(ISSUER);
        let (both, none) = (resources(&["urn:bills", "urn:mail"]), resources(&[]));
        for (allowed, granted, targets, outcome) in [
            (&both, &["urn:bills", API][..], &[][..], Some(&["urn:bills", API][..])),
            (&both, &["urn:bills", API], &[API], Some(&[API])),
            (&both, &["urn:bills"], &["urn:mail"], None),
            (&none, &["urn:bills", API], &[], Some(&[API])),
            (&none, &["urn:bills"], &[], Some(&[API])),
            (&none, &["urn:bills"], &["urn:bills"], None),
        ] {
            let reach = reach(Some(API), false, allowed);
            let found = address.left_for_people(reach, &named(granted), named(targets)).ok();
            assert_eq!(found, outcome.map(named), "{allowed:?} {granted:?} {targets:?}");
        }
    }

    #[test]
    fn an_assertion_is_for_the_issuer_or_its_token_endpoint() {
        let address = at("https://id.example/");
        assert_eq!(address.issuer(), "https://id.example");
        for (audience, us) in [
            ("https://id.example", true),
            ("https://id.example/oauth2/token", true),
            ("https://id.example/", false),
            ("https://id.example/oauth2/introspect", false),
            ("https://id.example.evil", false),
        ] {
            assert_eq!(address.is_us(audience), us, "{audience}");
        }
    }
}
