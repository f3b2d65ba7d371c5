//! Refresh tokens, each traded for the one after it.

use super::people::Application;
use super::walk::sign_in;
use crate::Failure;
use crate::bench::connection::{Connection, Head};
use crate::bench::drive::Work;
use crate::bench::registry::text;

/// The family of one sign-in, over a connection of its own.
pub(super) struct Family<'a> {
    connection: Connection,
    application: &'a Application,
    /// The last of it.
    token: String,
}

impl<'a> Family<'a> {
    /// Signs somebody in.
    pub(super) fn begin(
        mut connection: Connection,
        application: &'a Application,
        name: &str,
    ) -> Result<Self, Failure> {
        let answer = sign_in(&mut connection, application, name)?;
        Ok(Self { token: text(&answer, "refresh_token")?, connection, application })
    }
}

impl Work for Family<'_> {
    fn once(&mut self) -> Result<(), Failure> {
        let form = self.application.refresh_form(&self.token);
        let answer = self.connection.ask(Head::post_form("/oauth2/token"), &form)?;
        let successor = text(&answer, "refresh_token")?;
        if successor == self.token {
            return Err(Failure::new("a refresh token was not replaced"));
        }
        self.token = successor;
        Ok(())
    }
}
