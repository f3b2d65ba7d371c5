//! Which members the bodies of requests must have.

use appkeep_api_types::{
    AccessQuestion, ApplicationOauthPatch, ApplicationPatch, BulkIds, ConnectionPatch, DirectoryPatch,
    GroupPatch, IntegrationArrival, IntegrationDeparture, IntegrationIds, IntegrationPatch, NewAccess,
    NewApiKey, NewApplication, NewConnection, NewGroup, NewImpersonation, NewIntegration,
    NewIntegrationOauth, NewOperator, NewPartner, NewRegistrationToken, NewScope, NewSecret,
    NewServiceAccount, NewTenant, NewUser, NewVaultToken, Nothing, OperatorPatch, OwnIntegrationToken,
    PartnerPatch, RotateSecret, ServiceAccountPatch, SetPassword, ShownApiKey, TenantChange, TenantPatch,
    TransferTenant, UserPatch, VaultDocument, VaultSearch, VaultSessionAuthorization, VaultTokenPatch,
};

use crate::extract::Body;

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name", "type"];
}
impl Body for ApplicationPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for RotateSecret {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for AccessQuestion {
    const REQUIRED: &'static [&'static str] = &["permission"];
}
impl Body for NewAccess {
    const REQUIRED: &'static [&'static str] = &["kind"];
}
impl Body for NewApiKey {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for ShownApiKey {
    const REQUIRED: &'static [&'static str] = &["key"];
}
impl Body for NewSecret {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewImpersonation {
    const REQUIRED: &'static [&'static str] = &["user_id", "reason"];
}
impl Body for Nothing {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for BulkIds {
    const REQUIRED: &'static [&'static str] = &["ids"];
}
impl Body for NewVaultToken {
    const REQUIRED: &'static [&'static str] = &["type", "data"];
}
impl Body for VaultTokenPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for VaultSearch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for VaultDocument {
    const REQUIRED: &'static [&'static str] = &["document"];
}
impl Body for NewRegistrationToken {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewScope {
    const REQUIRED: &'static [&'static str] = &["scope"];
}
impl Body for TenantPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewUser {
    const REQUIRED: &'static [&'static str] = &["email"];
}
impl Body for UserPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for SetPassword {
    const REQUIRED: &'static [&'static str] = &["password"];
}
impl Body for NewGroup {
    const REQUIRED: &'static [&'static str] = &["name"];
}
impl Body for GroupPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for DirectoryPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewConnection {
    const REQUIRED: &'static [&'static str] = &["provider", "client_id"];
}
impl Body for ConnectionPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewIntegration {
    const REQUIRED: &'static [&'static str] = &["name", "url"];
}
impl Body for IntegrationPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewIntegrationOauth {
    const REQUIRED: &'static [&'static str] = &["client_id"];
}
impl Body for OwnIntegrationToken {
    const REQUIRED: &'static [&'static str] = &["token"];
}
impl Body for IntegrationDeparture {
    const REQUIRED: &'static [&'static str] = &["return_to"];
}
impl Body for IntegrationArrival {
    const REQUIRED: &'static [&'static str] = &["state"];
}
impl Body for IntegrationIds {
    const REQUIRED: &'static [&'static str] = &["integration_ids"];
}
impl Body for NewPartner {
    const REQUIRED: &'static [&'static str] = &["name"];
}
impl Body for PartnerPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewTenant {
    const REQUIRED: &'static [&'static str] = &["name"];
}
impl Body for TenantChange {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for TransferTenant {
    const REQUIRED: &'static [&'static str] = &["partner_id"];
}
impl Body for NewOperator {
    const REQUIRED: &'static [&'static str] = &["email", "role", "at"];
}
impl Body for OperatorPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for VaultSessionAuthorization {
    const REQUIRED: &'static [&'static str] = &["nonce"];
}
impl Body for ApplicationOauthPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewServiceAccount {
    const REQUIRED: &'static [&'static str] = &["name"];
}
impl Body for ServiceAccountPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
