//! What people have with integrations: brought or allowed by themselves, by an
//! access token of an application that reaches the integration.

use std::fmt;
use std::sync::Arc;

use appkeep_domain::integration::{AuthMode, Integration, Unreachable};
use appkeep_domain::{
    Action, Actor, ActorKind, Application, ApplicationId, DirectoryId, IntegrationId, OwnAction, Owner,
    RequestId, Timestamp, UserId, Within,
};
use appkeep_storage::{LinkedAccount, ReadTx, SealedLink, Seek, WriteTx};
use serde_json::json;
use zeroize::Zeroizing;

use super::exchange::{Given, LinkTokens, TokenText};
use super::{Integrations, draft, find, no_such_integration, parse_id};
use crate::Authority;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::Told;
use crate::tokens::TokenHolder;

/// Somebody who comes with an access token of theirs.
#[derive(Clone, Copy)]
pub struct PersonAsks<'a> {
    /// At whose address they ask.
    pub here: &'a Authority,
    pub bearer: &'a str,
    pub request_id: RequestId,
}

/// What somebody has with an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationLink {
    pub user: UserId,
    pub status: LinkStatus,
    pub connected_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    Connected,
    /// What they have is no longer taken, and no other can be had without them.
    Expired,
    None,
}

/// A token that somebody brings.
pub struct OwnToken {
    pub token: Zeroizing<String>,
    /// RFC 3339.
    pub expires_at: Option<String>,
}

/// An integration that an application reaches, and who asks by it.
pub(super) struct Asked {
    pub(super) holder: TokenHolder,
    pub(super) application: Application,
    pub(super) integration: Integration,
}

/// Whose it is, and by which application they have it.
#[derive(Clone, Copy)]
pub(super) struct LinkBy {
    pub(super) directory: DirectoryId,
    pub(super) user: UserId,
    pub(super) client: ApplicationId,
    pub(super) request_id: RequestId,
}

impl LinkBy {
    fn of(who: PersonAsks<'_>, holder: &TokenHolder) -> Self {
        let (directory, user, client) = (holder.directory.id, holder.user.id, holder.client);
        Self { directory, user, client, request_id: who.request_id }
    }
}

impl Integrations {
    /// What they have, if anything, and whether it is of use.
    pub async fn own_link(&self, who: PersonAsks<'_>, id: &str) -> Result<IntegrationLink, Error> {
        let asked = self.asked(who, OwnAction::Read, id).await?;
        let (user, integration) = (asked.holder.user.id, &asked.integration);
        let mut tx = self.store().read().await?;
        let found = tx.linked_account(within(integration), integration, user).await?;
        let none = IntegrationLink { user, status: LinkStatus::None, connected_at: None, expires_at: None };
        Ok(found.map_or(none, |(account, _)| view(&account, self.now())))
    }

    /// Keeps a token that they bring, in the place of the one before.
    pub async fn bring_token(
        &self,
        who: PersonAsks<'_>,
        id: &str,
        own: OwnToken,
    ) -> Result<IntegrationLink, Error> {
        let asked = self.asked(who, OwnAction::ChangeConnections, id).await?;
        must_be(&asked.integration, AuthMode::UserToken)?;
        let mut faults = crate::registry::faults::Faults::default();
        if !draft::is_token(&own.token) {
            faults.add("token", ErrorCode::InvalidField, "is not visible characters of ASCII");
        }
        let expires_at =
            own.expires_at.as_deref().and_then(|raw| faults.take("expires_at", Timestamp::parse(raw)));
        faults.check()?;
        let given = Given { tokens: LinkTokens { access: TokenText(own.token), refresh: None }, expires_at };
        self.keep(who, &asked, given).await
    }

    /// They have nothing with the integration any more, which is fine when they
    /// had nothing; also by the application by which they connected it, though it
    /// does not reach it any more.
    pub async fn drop_link(&self, who: PersonAsks<'_>, id: &str) -> Result<(), Error> {
        let holder = who.here.token_holder(who.bearer, OwnAction::ChangeConnections).await?;
        let (id, user) = (parse_id(id)?, holder.user.id);
        let mut tx = self.store().read().await?;
        let (application, integration) = self.of_application(&mut tx, (&holder, id)).await?;
        let found = tx.linked_account(within(&integration), &integration, user).await?;
        let connected = found.is_some_and(|(account, _)| account.connected_by == Some(holder.client));
        if !connected && !tx.is_attached(within(&integration), &application, id).await? {
            return Err(no_such_integration());
        }
        drop(tx);
        let entry = self.entry_of(LinkBy::of(who, &holder), &integration, "integration.disconnected");
        let what = Arc::new((integration, entry));
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            let (integration, entry) = &*what;
            if tx.delete_linked_account(within(integration), integration, user).await? {
                tx.insert_audit_entry(within(integration), entry).await?;
            }
            Ok(())
        };
        self.store().write(write).await
    }

    /// Who has something with an integration, by their ids: never what.
    pub async fn links(&self, by: &By, id: &str, query: PageQuery) -> Result<Page<IntegrationLink>, Error> {
        by.decide_of_tenant(Action::ReadUsers)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::IntegrationLinks, id_key, &mut faults).map(UserId::from_bytes);
        page::check(faults)?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let integration = find(&mut tx, by, id).await?;
        let seek = Seek { after, limit: limit as usize };
        let found = tx.linked_accounts(by.within(), &integration, seek).await?;
        let now = self.now();
        Ok(Page {
            items: found.accounts.iter().map(|account| view(account, now)).collect(),
            next_cursor: found.next.map(|user| List::IntegrationLinks.cursor(&user.as_bytes())),
            limit,
        })
    }

    pub(super) async fn keep(
        &self,
        who: PersonAsks<'_>,
        asked: &Asked,
        given: Given,
    ) -> Result<IntegrationLink, Error> {
        self.keep_for(LinkBy::of(who, &asked.holder), &asked.integration, given).await
    }

    /// Keeps what somebody has from now on.
    pub(super) async fn keep_for(
        &self,
        by: LinkBy,
        integration: &Integration,
        given: Given,
    ) -> Result<IntegrationLink, Error> {
        let now = self.now();
        let account = LinkedAccount {
            integration: integration.id,
            tenant: integration.tenant,
            generation: integration.generation,
            directory: by.directory,
            user: by.user,
            is_refreshable: given.tokens.refresh.is_some(),
            expires_at: given.expires_at,
            refused_at: None,
            refreshing_until: None,
            version: 1,
            connected_by: Some(by.client),
            connected_at: now,
            updated_at: now,
        };
        let link = self.seal_link(integration, by.user, &given.tokens).await?;
        let entry = self.entry_of(by, integration, "integration.connected");
        let (within, view) = (within(integration), view(&account, now));
        let what = Arc::new((account, link, entry));
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            let (account, link, entry): &(LinkedAccount, SealedLink, _) = &what;
            tx.put_linked_account(within, account, link).await?;
            Ok(tx.insert_audit_entry(within, entry).await?)
        };
        self.store().write(write).await?;
        Ok(view)
    }

    pub(super) async fn asked(&self, who: PersonAsks<'_>, own: OwnAction, id: &str) -> Result<Asked, Error> {
        let holder = who.here.token_holder(who.bearer, own).await?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let (application, integration) = self.of_application(&mut tx, (&holder, id)).await?;
        let is_attached = tx.is_attached(within(&integration), &application, id).await?;
        drop(tx);
        if integration.is_archived() || !is_attached {
            return Err(no_such_integration());
        }
        who.here.must_be_firm().await?;
        let is_archived = application.archived_at.is_some();
        application.state.must_be_in_use(is_archived).map_err(|_| {
            Error::new(ErrorCode::Forbidden, "the application is not in use, and connects nobody")
        })?;
        Ok(Asked { holder, application, integration })
    }

    /// The application that the token was given to, and an integration of its
    /// tenant's.
    async fn of_application(
        &self,
        tx: &mut ReadTx,
        (holder, id): (&TokenHolder, IntegrationId),
    ) -> Result<(Application, Integration), Error> {
        let owned = tx.owned_application(Within::Platform, holder.client).await?;
        let application = owned.ok_or_else(no_such_integration)?.application;
        let Owner::Tenant(tenant) = application.owner else { return Err(no_such_integration()) };
        let found = tx.integration(application.owner.within(), tenant, id).await?;
        Ok((application, found.ok_or_else(no_such_integration)?))
    }

    /// Where somebody was is for none to read here.
    fn entry_of(&self, by: LinkBy, integration: &Integration, action: &str) -> appkeep_domain::AuditEntry {
        let actor = Actor { kind: ActorKind::User, id: by.user.to_string() };
        let after = json!({ "integration_id": integration.id.to_string() });
        let told = Told { action, application: Some(by.client), before: None, after: Some(after) };
        let entry = self.registry.stamp().entry(Owner::Tenant(integration.tenant), actor, told);
        appkeep_domain::AuditEntry { request_id: by.request_id.to_string(), ..entry }
    }
}

pub(super) const fn within(integration: &Integration) -> Within {
    Within::Tenant(integration.tenant)
}

fn view(account: &LinkedAccount, now: Timestamp) -> IntegrationLink {
    let is_over = account.expires_at.is_some_and(|at| at <= now) && !account.is_refreshable;
    let status =
        if is_over || account.refused_at.is_some() { LinkStatus::Expired } else { LinkStatus::Connected };
    IntegrationLink {
        user: account.user,
        status,
        connected_at: Some(account.connected_at),
        expires_at: account.expires_at,
    }
}

/// Refuses what is no longer taken, and of which no other can be had without
/// them.
pub(super) fn must_be_of_use(account: &LinkedAccount, now: Timestamp) -> Result<(), Unreachable> {
    match view(account, now).status {
        LinkStatus::Connected => Ok(()),
        LinkStatus::Expired => Err(Unreachable::ReauthorizationRequired),
        LinkStatus::None => Err(Unreachable::IntegrationRequired),
    }
}

pub(super) fn must_be(integration: &Integration, auth: AuthMode) -> Result<(), Error> {
    if integration.auth == auth {
        return Ok(());
    }
    let message = format!("the integration is none whose `auth_mode` is `{}`", auth.as_str());
    Err(Error::new(ErrorCode::NotApplicable, message))
}

impl fmt::Debug for PersonAsks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonAsks(…)")
    }
}

impl fmt::Debug for OwnToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnToken(…)")
    }
}
