//! How a tenant's pages look.

use appkeep_domain::Colour;

use super::{Authority, Inner};
use crate::Error;

/// What people know a tenant by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    pub name: String,
    pub logo_url: Option<String>,
    pub colour: Option<Colour>,
}

impl Authority {
    /// Whose pages these are.
    pub async fn branding(&self) -> Result<Branding, Error> {
        self.0.branding().await
    }
}

impl Inner {
    pub(super) async fn branding(&self) -> Result<Branding, Error> {
        let settings = self.settings().await?;
        let tenant = &settings.tenant;
        Ok(Branding {
            name: tenant.name.to_string(),
            logo_url: tenant.logo_url.clone(),
            colour: tenant.colour,
        })
    }
}
