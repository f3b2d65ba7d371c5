//! The first operator, by a link with which they choose a password themselves.

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{AuditEntry, Email, Lifetime, Link, LinkPurpose, OperatorId, Owner, Within};
use appkeep_keys::NewSecret;
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::{FirstOperator, OPERATOR_EMAIL, OWNER};
use crate::error::Error;
use crate::registry::Registry;
use crate::tokens::{Authority, LINK_PREFIX};

/// A one-time link that was made just now.
pub struct SetUpLink {
    /// Whom it lets choose a password.
    pub email: String,
    /// What stands in it, and nowhere else.
    pub token: NewSecret,
    pub lifetime: Lifetime,
}

impl fmt::Debug for SetUpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetUpLink").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Made before the transaction, which may run more than once.
struct Plan {
    first: FirstOperator,
    link: Link,
    created: AuditEntry,
    told: AuditEntry,
}

impl Registry {
    /// A link by which the first operator chooses a password, who is made where
    /// there is none; links that were made before are good no more. Nothing once
    /// there is a password, or somebody else owns the platform.
    pub async fn set_up_link(&self) -> Result<Option<SetUpLink>, Error> {
        let email = Email::parse(OPERATOR_EMAIL).expect("is an address");
        if !is_wanting(&mut self.store().read().await?, &email).await? {
            return Ok(None);
        }
        let tenant = self.ensure_default_tenant().await?;
        let by = self.by_system(tenant.id);
        let token = NewSecret::generate(LINK_PREFIX, &*self.entropy());
        let (first, now) = (self.draft_operator(&email), self.now());
        let link = Link {
            hash: token.hash(),
            directory: first.directory.id,
            user: first.user.id,
            purpose: LinkPurpose::ResetPassword,
            email: email.clone(),
            created_at: now,
            expires_at: now.plus(Authority::RESET_WITHIN),
        };
        let created = self.operator_entry(&by);
        let told = AuditEntry { action: "operator.set_up_link_made".to_owned(), ..self.operator_entry(&by) };
        let plan = Arc::new(Plan { first, link, created, told });
        // Another process may have been quicker.
        let is_made = self.store().write(async move |tx: &mut WriteTx| write(tx, &plan).await).await?;
        let email = email.as_str().to_owned();
        Ok(is_made.then_some(SetUpLink { email, token, lifetime: Authority::RESET_WITHIN }))
    }
}

/// Whether nobody has chosen a password yet who owns the platform: neither the first
/// operator, nor is there another.
async fn is_wanting(tx: &mut ReadTx, email: &Email) -> Result<bool, StorageError> {
    let within = Within::Platform;
    let Some(directory) = tx.tenant_directory(within, Owner::Global).await? else { return Ok(true) };
    let owners = tx.count_platform_owners(within).await?;
    let Some(user) = tx.user_by_email(within, &directory, email).await? else { return Ok(owners == 0) };
    if !user.may_sign_in() || tx.password(within, &directory, user.id).await?.is_some() {
        return Ok(false);
    }
    let held = tx.roles(within, OperatorId::from_bytes(user.id.as_bytes())).await?;
    Ok(owners == i64::from(held.iter().any(|held| held.grant == OWNER)))
}

async fn write(tx: &mut WriteTx, plan: &Plan) -> Result<bool, StorageError> {
    let within = Within::Platform;
    if !is_wanting(tx, &plan.first.user.email).await? {
        return Ok(false);
    }
    let directory = tx.tenant_directory_or_insert(within, &plan.first.directory).await?;
    let user = match tx.user_by_email(within, &directory, &plan.first.user.email).await? {
        Some(user) => user,
        None => plan.first.insert(tx, &directory, &plan.created).await?,
    };
    tx.delete_links_of(within, &directory, user.id, LinkPurpose::ResetPassword).await?;
    let link = Link { directory: directory.id, user: user.id, ..plan.link.clone() };
    tx.insert_link(within, &directory, &link).await?;
    tx.insert_audit_entry(within, &plan.told).await?;
    Ok(true)
}
