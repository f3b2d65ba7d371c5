//! Actions as types, so that a handler's signature says what it does.

use appkeep_domain::Action;

/// What a request wants to do.
pub trait Asked {
    const ACTION: Action;
}

#[derive(Debug, Clone, Copy)]
pub struct ReadApplication;
#[derive(Debug, Clone, Copy)]
pub struct CreateApplication;
#[derive(Debug, Clone, Copy)]
pub struct UpdateApplication;
#[derive(Debug, Clone, Copy)]
pub struct RotateSecret;
#[derive(Debug, Clone, Copy)]
pub struct DisableApplication;
#[derive(Debug, Clone, Copy)]
pub struct EnableApplication;
#[derive(Debug, Clone, Copy)]
pub struct ArchiveApplication;
#[derive(Debug, Clone, Copy)]
pub struct RestoreApplication;
#[derive(Debug, Clone, Copy)]
pub struct DeleteApplication;
#[derive(Debug, Clone, Copy)]
pub struct RevokeTokens;
#[derive(Debug, Clone, Copy)]
pub struct ReadAudit;
#[derive(Debug, Clone, Copy)]
pub struct ReadScopes;
#[derive(Debug, Clone, Copy)]
pub struct ChangeScopes;
#[derive(Debug, Clone, Copy)]
pub struct ReadTenant;
#[derive(Debug, Clone, Copy)]
pub struct UpdateTenant;
#[derive(Debug, Clone, Copy)]
pub struct ManageTenants;
#[derive(Debug, Clone, Copy)]
pub struct ReadPartner;
#[derive(Debug, Clone, Copy)]
pub struct ManagePartners;
#[derive(Debug, Clone, Copy)]
pub struct ReadOperators;
#[derive(Debug, Clone, Copy)]
pub struct ManageOperators;
#[derive(Debug, Clone, Copy)]
pub struct ReadUsers;
#[derive(Debug, Clone, Copy)]
pub struct ManageUsers;
#[derive(Debug, Clone, Copy)]
pub struct ReadGroups;
#[derive(Debug, Clone, Copy)]
pub struct ManageGroups;
#[derive(Debug, Clone, Copy)]
pub struct ReadAssignments;
#[derive(Debug, Clone, Copy)]
pub struct ManageAssignments;
#[derive(Debug, Clone, Copy)]
pub struct ReadEffectiveUsers;
#[derive(Debug, Clone, Copy)]
pub struct ReadSessions;
#[derive(Debug, Clone, Copy)]
pub struct EndSessions;
#[derive(Debug, Clone, Copy)]
pub struct Impersonate;
#[derive(Debug, Clone, Copy)]
pub struct ReadImpersonations;
#[derive(Debug, Clone, Copy)]
pub struct VerifyKeys;
#[derive(Debug, Clone, Copy)]
pub struct ReadVault;
#[derive(Debug, Clone, Copy)]
pub struct WriteVault;
#[derive(Debug, Clone, Copy)]
pub struct ReadIntegrations;
#[derive(Debug, Clone, Copy)]
pub struct ManageIntegrations;

impl Asked for ReadApplication {
    const ACTION: Action = Action::ReadApplication;
}
impl Asked for CreateApplication {
    const ACTION: Action = Action::CreateApplication;
}
impl Asked for UpdateApplication {
    const ACTION: Action = Action::UpdateApplication;
}
impl Asked for RotateSecret {
    const ACTION: Action = Action::RotateSecret;
}
impl Asked for DisableApplication {
    const ACTION: Action = Action::DisableApplication;
}
impl Asked for EnableApplication {
    const ACTION: Action = Action::EnableApplication;
}
impl Asked for ArchiveApplication {
    const ACTION: Action = Action::ArchiveApplication;
}
impl Asked for RestoreApplication {
    const ACTION: Action = Action::RestoreApplication;
}
impl Asked for DeleteApplication {
    const ACTION: Action = Action::DeleteApplication;
}
impl Asked for RevokeTokens {
    const ACTION: Action = Action::RevokeTokens;
}
impl Asked for ReadAudit {
    const ACTION: Action = Action::ReadAudit;
}
impl Asked for ReadScopes {
    const ACTION: Action = Action::ReadScopes;
}
impl Asked for ChangeScopes {
    const ACTION: Action = Action::ChangeScopes;
}
impl Asked for ReadTenant {
    const ACTION: Action = Action::ReadTenant;
}
impl Asked for UpdateTenant {
    const ACTION: Action = Action::UpdateTenant;
}
impl Asked for ManageTenants {
    const ACTION: Action = Action::ManageTenants;
}
impl Asked for ReadPartner {
    const ACTION: Action = Action::ReadPartner;
}
impl Asked for ManagePartners {
    const ACTION: Action = Action::ManagePartners;
}
impl Asked for ReadOperators {
    const ACTION: Action = Action::ReadOperators;
}
impl Asked for ManageOperators {
    const ACTION: Action = Action::ManageOperators;
}
impl Asked for ReadUsers {
    const ACTION: Action = Action::ReadUsers;
}
impl Asked for ManageUsers {
    const ACTION: Action = Action::ManageUsers;
}
impl Asked for ReadGroups {
    const ACTION: Action = Action::ReadGroups;
}
impl Asked for ManageGroups {
    const ACTION: Action = Action::ManageGroups;
}
impl Asked for ReadAssignments {
    const ACTION: Action = Action::ReadAssignments;
}
impl Asked for ManageAssignments {
    const ACTION: Action = Action::ManageAssignments;
}
impl Asked for ReadEffectiveUsers {
    const ACTION: Action = Action::ReadEffectiveUsers;
}
impl Asked for ReadSessions {
    const ACTION: Action = Action::ReadSessions;
}
impl Asked for Impersonate {
    const ACTION: Action = Action::Impersonate;
}
impl Asked for ReadImpersonations {
    const ACTION: Action = Action::ReadImpersonations;
}
impl Asked for VerifyKeys {
    const ACTION: Action = Action::VerifyKeys;
}
impl Asked for ReadVault {
    const ACTION: Action = Action::ReadVault;
}
impl Asked for WriteVault {
    const ACTION: Action = Action::WriteVault;
}
impl Asked for EndSessions {
    const ACTION: Action = Action::EndSessions;
}
impl Asked for ReadIntegrations {
    const ACTION: Action = Action::ReadIntegrations;
}
impl Asked for ManageIntegrations {
    const ACTION: Action = Action::ManageIntegrations;
}
