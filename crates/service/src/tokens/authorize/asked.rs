//! Who asks, for the pages that say so.

use std::fmt;

use appkeep_oauth::AuthorizeRequest;

use super::Asker;
use super::wanted::Wanted;
use crate::tokens::branding::Branding;

/// What a page says of who asks, and what leads back from it.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    pub application: String,
    pub logo_url: Option<String>,
    pub branding: Branding,
    /// Who the application believes the person to be.
    pub login_hint: Option<String>,
    /// The request again, for whatever follows the page.
    pub parameters: String,
    /// Where the browser goes in the end, which the page has to allow.
    pub redirect_uri: String,
}

impl Asked {
    /// The request names what is wanted, so that what a person answers is what
    /// the page has shown.
    pub(super) fn of(asker: &Asker, wanted: &Wanted, branding: Branding) -> Self {
        let request = AuthorizeRequest { scope: Some(wanted.scope.clone()), ..wanted.request.clone() };
        Self {
            application: asker.application.name.to_string(),
            logo_url: asker.application.logo_url.clone(),
            branding,
            parameters: request.to_query(),
            login_hint: request.login_hint,
            redirect_uri: request.address.redirect_uri().to_owned(),
        }
    }
}

/// A hint tells of a person.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("application", &self.application).finish_non_exhaustive()
    }
}
