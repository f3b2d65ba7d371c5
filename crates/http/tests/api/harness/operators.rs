//! Operators, who sign in to the application that was made for them.

use appkeep_domain::{Email, MANAGEMENT_SCOPES, Owner, User as Person, UserStatus, Within};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::{ISSUER, RelyingParty, TestApp, Tokens, User};

impl TestApp {
    /// The first operator, who owns the platform.
    pub(crate) async fn owner(&self) -> User<'_> {
        self.signed_in(&self.operator.email).await
    }

    /// Somebody who holds this role at `platform`, a partner or a tenant. They
    /// are another for each.
    pub(crate) async fn runs(&self, role: &str, at: &str) -> User<'_> {
        let email = format!("{role}-{at}@example.com").to_lowercase();
        let new = json!({ "email": email, "role": role, "at": at });
        self.owner().await.post("/operators", new).await.created();
        self.accept(&email).await;
        self.signed_in(&email).await
    }

    /// Lets whoever was invited sign in, by the first operator's password.
    pub(crate) async fn accept(&self, email: &str) {
        let within = Within::Platform;
        let [first, invited] = [&*self.operator.email, email].map(|raw| Email::parse(raw).expect("is one"));
        let accepted: Result<(), StorageError> = self
            .store
            .write(async move |tx: &mut WriteTx| {
                let directory = tx.tenant_directory(within, Owner::Global).await?.expect("is there");
                let first = tx.user_by_email(within, &directory, &first).await?.expect("is there");
                let password = tx.password(within, &directory, first.id).await?.expect("is there");
                let named = tx.operators_named(within, &directory, &invited, 1).await?;
                let invited = named.into_iter().next().expect("is there").user;
                tx.set_password(within, &directory, invited.id, &password).await?;
                let version = invited.version + 1;
                let verified = invited.email_verified_at.or(Some(first.created_at));
                let active =
                    Person { status: UserStatus::Active, email_verified_at: verified, version, ..invited };
                tx.update_user(within, &directory, &active).await
            })
            .await;
        accepted.expect("is written");
        // What is issued at the moment of a new password is refused.
        self.clock.advance_micros(1_000_000);
    }

    /// Whoever has this address, by a token that may do everything.
    pub(crate) async fn signed_in(&self, email: &str) -> User<'_> {
        let (client_id, operator) = self.console().await;
        let (party, browser) = (RelyingParty::new(self, client_id), self.browser());
        let callback = format!("{ISSUER}/console/callback");
        let scope = format!("openid {}", MANAGEMENT_SCOPES.join(" "));
        let asked = [("redirect_uri", callback.as_str()), ("scope", scope.as_str())];
        let page = browser.get(&party.authorize_path(&asked)).await;
        let back = browser.type_password(&page, email, &operator.password).await;
        let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
        let tokens = Tokens::of(&party.trade_with(&code, &asked[..1]).await.ok());
        self.bearing(&tokens.access)
    }
}

impl User<'_> {
    /// The id of a partner that was just made; `body` needs no name.
    pub(crate) async fn partner(&self, slug: &str, mut body: serde_json::Value) -> String {
        body["name"] = slug.into();
        body["slug"] = slug.into();
        let created = self.post("/partners", body).await.created();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// The id of a tenant that was just made.
    pub(crate) async fn tenant(&self, slug: &str, partner: Option<&str>) -> String {
        let mut body = json!({ "name": slug, "slug": slug });
        if let Some(partner) = partner {
            body["partner_id"] = partner.into();
        }
        let created = self.post("/tenants", body).await.created();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// Which slugs a list of partners or tenants shows.
    pub(crate) async fn slugs(&self, path: &str) -> Vec<String> {
        let listed = self.get(path).await.ok();
        let slug = |one: &serde_json::Value| one["slug"].as_str().expect("text").to_owned();
        listed["data"].as_array().expect("a list").iter().map(slug).collect()
    }
}
