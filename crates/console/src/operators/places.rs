//! Where roles can be held, by name where they are few enough.

use appkeep_domain::Action as Doing;
use appkeep_service::{By, Error, PageQuery, PartnerQuery, Registry, TenantQuery};

use crate::kit::{Choice, Draft, Field};
use crate::view::View;

/// As many of a kind as a menu can hold.
const CHOICES: u32 = 100;

/// The places that somebody sees.
pub(super) struct Places {
    known: Vec<Choice>,
    /// Whether there are more.
    is_whole: bool,
}

impl Places {
    pub(super) async fn read(view: &View, by: &By, registry: &Registry) -> Result<Self, Error> {
        let page = PageQuery { cursor: None, limit: Some(CHOICES.into()) };
        let (mut known, mut is_whole) = (Vec::new(), true);
        if view.is_of_the_platform() {
            known.push(Choice::new("platform", "The platform"));
        }
        if view.may_ever(Doing::ReadPartner) {
            let query = PartnerQuery { page: page.clone(), ..PartnerQuery::default() };
            let found = registry.partners(by, query).await?;
            is_whole &= found.next_cursor.is_none();
            let seen = found.items.iter().filter(|partner| partner.is_whole).map(|seen| &seen.partner);
            known.extend(seen.map(|one| Choice::new(one.id.to_string(), format!("Partner {}", one.name))));
        }
        if view.may_ever(Doing::ReadTenant) {
            let found = registry.tenants(by, TenantQuery { page, ..TenantQuery::default() }).await?;
            is_whole &= found.next_cursor.is_none();
            let seen = found.items.iter();
            known.extend(seen.map(|one| Choice::new(one.id.to_string(), format!("Tenant {}", one.name))));
        }
        Ok(Self { known, is_whole })
    }

    /// What a place is called; its id, where nobody knows.
    pub(super) fn word<'a>(&'a self, at: &'a str) -> &'a str {
        self.known.iter().find(|place| place.value == at).map_or(at, |place| place.words.as_str())
    }

    /// Asks for one of them.
    pub(super) fn field(&self, draft: &Draft<'_>, stands: &str) -> Field {
        let named = ("at", "Where");
        if self.is_whole {
            return Field::select(draft, named, (self.known.clone(), stands)).required();
        }
        Field::line(draft, named, stands)
            .required()
            .example("tnt_…")
            .hint("`platform`, or the id of a partner or a tenant, which stands on its page.")
    }
}
