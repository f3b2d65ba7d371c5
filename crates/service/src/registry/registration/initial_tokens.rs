//! Initial access tokens (RFC 7591 §3): made, listed and taken back by those who
//! administer the tenant.

use appkeep_domain::registration::RegistrationToken;
use appkeep_domain::{Action, Name, RegistrationTokenId, Timestamp};
use appkeep_keys::NewSecret;
use appkeep_storage::{Seek, WriteTx};
use serde_json::{Value, json};

use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::draft::parse_deadline;
use crate::registry::faults::Faults;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::{Told, record};

/// What stands before one.
const PREFIX: &str = "iat_";

/// What is said of one; what is left out has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrationTokenFields {
    pub name: Option<String>,
    /// How many applications it lets in: one.
    pub max_uses: Option<i64>,
    /// RFC 3339; a week from now.
    pub expires_at: Option<String>,
}

/// One that was made, this one time.
#[derive(Debug)]
pub struct MadeRegistrationToken {
    pub token: RegistrationToken,
    pub secret: NewSecret,
}

impl Registry {
    pub async fn create_registration_token(
        &self,
        by: &By,
        fields: RegistrationTokenFields,
    ) -> Result<MadeRegistrationToken, Error> {
        by.decide_of_tenant(Action::UpdateTenant)?;
        let (stamp, secret) = (self.stamp(), NewSecret::generate(PREFIX, &*self.shared.entropy));
        let token = self.draft_registration_token(by, &fields, (&secret, stamp.now))?;
        let (by, made) = (by.clone(), token.clone());
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            check_room(tx, &by).await?;
            tx.insert_registration_token(by.within(), &made).await?;
            let (action, after) = ("registration_token.created", Some(describe(&made)));
            let told = Told { action, application: None, before: None, after };
            Ok(record(tx, &by, stamp, told).await?)
        };
        self.store.write(write).await?;
        Ok(MadeRegistrationToken { token, secret })
    }

    /// The tenant's, newest first; those too that let in nobody any more, until
    /// they are removed.
    pub async fn registration_tokens(
        &self,
        by: &By,
        query: PageQuery,
    ) -> Result<Page<RegistrationToken>, Error> {
        by.decide_of_tenant(Action::ReadTenant)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::RegistrationTokens, id_key, &mut faults);
        page::check(faults)?;
        let seek = Seek { after: after.map(RegistrationTokenId::from_bytes), limit: limit as usize };
        let mut tx = self.store.read().await?;
        let found = tx.registration_tokens(by.within(), by.tenant, seek).await?;
        let next_cursor = found.next.map(|id| List::RegistrationTokens.cursor(&id.as_bytes()));
        Ok(Page { items: found.tokens, next_cursor, limit })
    }

    pub async fn registration_token(&self, by: &By, id: &str) -> Result<RegistrationToken, Error> {
        by.decide_of_tenant(Action::ReadTenant)?;
        let id = parse_id(id)?;
        let found = self.store.read().await?.registration_token(by.within(), by.tenant, id).await?;
        found.ok_or_else(no_such_token)
    }

    /// It lets in nobody from then on; those whom it did stay.
    pub async fn revoke_registration_token(&self, by: &By, id: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::UpdateTenant)?;
        let (id, by, stamp) = (parse_id(id)?, by.clone(), self.stamp());
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            let found = tx.registration_token(by.within(), by.tenant, id).await?.ok_or_else(no_such_token)?;
            tx.delete_registration_token(by.within(), &found).await?;
            let (action, before) = ("registration_token.revoked", Some(describe(&found)));
            Ok(record(tx, &by, stamp, Told { action, application: None, before, after: None }).await?)
        };
        self.store.write(write).await
    }

    fn draft_registration_token(
        &self,
        by: &By,
        fields: &RegistrationTokenFields,
        (secret, now): (&NewSecret, Timestamp),
    ) -> Result<RegistrationToken, Error> {
        let mut faults = Faults::default();
        let name = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw)));
        let max_uses = fields.max_uses.map_or(Ok(1), parse_uses);
        let max_uses = faults.take("max_uses", max_uses).unwrap_or(1);
        let usual = now.plus(RegistrationToken::DEFAULT_TTL);
        let expires_at = fields.expires_at.as_deref().map_or(Ok(usual), |raw| parse_end(raw, now));
        let expires_at = faults.take("expires_at", expires_at).unwrap_or(usual);
        faults.check()?;
        Ok(RegistrationToken {
            id: self.make_id(),
            tenant: by.tenant,
            name,
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            uses: 0,
            max_uses,
            created_by: by.actor(),
            created_at: now,
            expires_at,
        })
    }
}

async fn check_room(tx: &mut WriteTx, by: &By) -> Result<(), Error> {
    let most = RegistrationToken::MOST;
    if tx.registration_token_count(by.within(), by.tenant, most).await? < most {
        return Ok(());
    }
    let message = format!("the tenant has {most} registration tokens, and cannot have more");
    Err(Error::new(ErrorCode::CapReached, message))
}

fn parse_uses(raw: i64) -> Result<u32, String> {
    let uses = u32::try_from(raw).ok().filter(|uses| (1..=RegistrationToken::MAX_USES).contains(uses));
    uses.ok_or_else(|| format!("is not from 1 to {}", RegistrationToken::MAX_USES))
}

fn parse_end(raw: &str, now: Timestamp) -> Result<Timestamp, String> {
    let end = parse_deadline(raw, now)?;
    if end > now.plus(RegistrationToken::MAX_TTL) {
        Err("is more than a year away".to_owned())
    } else {
        Ok(end)
    }
}

/// As the history tells of it.
fn describe(token: &RegistrationToken) -> Value {
    json!({
        "registration_token": token.id.to_string(),
        "name": token.name.as_ref().map(Name::as_str),
        "last_four": token.last_four,
        "uses": token.uses,
        "max_uses": token.max_uses,
        "expires_at": token.expires_at.to_string(),
    })
}

fn parse_id(raw: &str) -> Result<RegistrationTokenId, Error> {
    RegistrationTokenId::parse(raw).map_err(|_| no_such_token())
}

fn no_such_token() -> Error {
    Error::new(ErrorCode::CredentialNotFound, "there is no such registration token")
}
