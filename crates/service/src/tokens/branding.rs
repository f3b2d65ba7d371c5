//! How a tenant's pages look.

use super::{Authority, Inner};
use crate::Error;

/// What people know a tenant by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    pub name: String,
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
        Ok(Branding { name: settings.tenant.name.to_string() })
    }
}
