//! Where an issuer of ours is, and whom its tokens may be for.

use std::fmt;

use appkeep_domain::{Owner, PartnerId, Slug, TenantId};
use appkeep_keys::MacKey;
use appkeep_oauth::{ErrorCode, Refusal};
use tokio::sync::OnceCell;

use super::clients::Client;

/// What stands between the public URL and a tenant's slug in its address.
pub const TENANTS: &str = "/t/";

/// Where an issuer and its endpoints are, and whose they are.
pub(super) struct Address {
    /// Whose applications get tokens here, and whose users sign in.
    pub(super) tenant: TenantId,
    /// The tenant's, where its address is made of it; the root has none.
    slug: Option<Slug>,
    issuer: String,
    token_endpoint: String,
    management_api: String,
    /// What the forms on its pages are authenticated with, once it was read.
    pub(super) form_key: OnceCell<MacKey>,
    /// What tags the names that nobody here has, once it was read.
    pub(super) lockout_key: OnceCell<MacKey>,
}

impl Address {
    /// The public URL: the platform's, and the default tenant's.
    pub(super) fn root(tenant: TenantId, public_url: &str) -> Self {
        Self::new(tenant, None, public_url.trim_end_matches('/').to_owned())
    }

    /// That of any other tenant.
    pub(super) fn below(root: &Self, tenant: TenantId, slug: Slug) -> Self {
        let issuer = format!("{}{TENANTS}{}", root.issuer, slug.as_str());
        Self::new(tenant, Some(slug), issuer)
    }

    fn new(tenant: TenantId, slug: Option<Slug>, issuer: String) -> Self {
        Self {
            tenant,
            slug,
            token_endpoint: format!("{issuer}/oauth2/token"),
            management_api: format!("{issuer}/api/v1"),
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

    /// Whether an assertion that names this audience is meant for us: the
    /// issuer, or the token endpoint (RFC 7523 §3).
    pub(super) fn is_us(&self, audience: &str) -> bool {
        audience == self.issuer || audience == self.token_endpoint
    }

    /// Whom the token is for. A client may name the API that it is registered
    /// for, and ours; with none named it is ours.
    pub(super) fn grant(&self, client: &Client, targets: Vec<String>) -> Result<Vec<String>, Refusal> {
        if targets.is_empty() {
            return Ok(vec![self.management_api.clone()]);
        }
        let may_name =
            |target: &String| *target == self.management_api || client.audience.as_deref() == Some(target);
        match targets.iter().find(|target| !may_name(target)) {
            None => Ok(targets),
            Some(other) => {
                let description = format!("this client may not ask for tokens for `{other}`");
                Err(Refusal::new(ErrorCode::InvalidTarget, description))
            }
        }
    }

    /// Whom a token for a person is for, whatever part of that is named: for an
    /// operator our management API, and else the API that the client is
    /// registered for. Where it has none it is the issuer, whose userinfo
    /// endpoint takes the token in any case.
    pub(super) fn audience_for_people(
        &self,
        (registered, operators): (Option<&str>, bool),
        targets: &[String],
    ) -> Result<Vec<String>, Refusal> {
        let registered = registered.filter(|own| *own != self.management_api);
        let own = if operators { self.management_api.as_str() } else { registered.unwrap_or(&self.issuer) };
        match targets.iter().find(|target| *target != own) {
            None => Ok(vec![own.to_owned()]),
            Some(other) => {
                let description = format!("this client may not ask for tokens for `{other}`");
                Err(Refusal::new(ErrorCode::InvalidTarget, description))
            }
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

    #[test]
    fn a_person_is_brought_before_one_api() {
        let address = at("https://id.example");
        let (issuer, ours, api) = ("https://id.example", "https://id.example/api/v1", "https://a.example");
        for (registered, operators, targets, outcome) in [
            (None, false, &[][..], Some(issuer)),
            (Some(api), false, &[], Some(api)),
            (Some(api), false, &[api], Some(api)),
            (Some(api), false, &[issuer], None),
            (Some(ours), false, &[], Some(issuer)),
            (Some(ours), false, &[ours], None),
            (None, true, &[], Some(ours)),
            (Some(api), true, &[ours], Some(ours)),
            (Some(api), true, &[api], None),
        ] {
            let named: Vec<_> = targets.iter().map(ToString::to_string).collect();
            let found = address.audience_for_people((registered, operators), &named).ok();
            assert_eq!(found, outcome.map(|one| vec![one.to_owned()]), "{registered:?} {targets:?}");
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
