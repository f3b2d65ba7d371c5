//! `client_credentials` (RFC 6749 §4.4): an application asks in its own name.

use appkeep_oauth::{Refusal, ScopeSet};

use crate::tokens::Inner;
use crate::tokens::authenticate::AuthenticatedClient;
use crate::tokens::grants::grantable;
use crate::tokens::issue::{Access, IssuedToken};
use crate::tokens::refuse::refuse;

impl Inner {
    pub(in crate::tokens) async fn client_credentials(
        &self,
        client: &AuthenticatedClient,
        scope: Option<ScopeSet>,
        targets: Vec<String>,
    ) -> Result<IssuedToken, Refusal> {
        let settings = self.settings().await.map_err(refuse)?;
        let scope = grantable(settings.known(&client.client.allowed_scopes), scope)?;
        let audience = self.address.grant(client.client.reach(), targets)?;
        // No refresh token: the client can always ask again (§4.4.3).
        self.issue((client, &settings), Access { audience, scope }).await
    }
}
