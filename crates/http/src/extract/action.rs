//! Actions as types, so that a handler's signature says what it does.

use appkeep_domain::Action;

/// What a request wants to do.
pub(crate) trait Asked {
    const ACTION: Action;
}

pub(crate) struct ReadApplication;
pub(crate) struct CreateApplication;
pub(crate) struct UpdateApplication;
pub(crate) struct RotateSecret;
pub(crate) struct DisableApplication;
pub(crate) struct EnableApplication;
pub(crate) struct ArchiveApplication;
pub(crate) struct RestoreApplication;
pub(crate) struct DeleteApplication;
pub(crate) struct RevokeTokens;
pub(crate) struct ReadAudit;
pub(crate) struct ReadScopes;
pub(crate) struct ChangeScopes;
pub(crate) struct ReadTenant;
pub(crate) struct UpdateTenant;
pub(crate) struct ManageTenants;
pub(crate) struct ReadPartner;
pub(crate) struct ManagePartners;
pub(crate) struct ReadOperators;
pub(crate) struct ManageOperators;
pub(crate) struct ReadUsers;
pub(crate) struct ManageUsers;
pub(crate) struct ReadGroups;
pub(crate) struct ManageGroups;
pub(crate) struct ReadAssignments;
pub(crate) struct ManageAssignments;
pub(crate) struct ReadEffectiveUsers;
pub(crate) struct ReadSessions;
pub(crate) struct EndSessions;

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
impl Asked for EndSessions {
    const ACTION: Action = Action::EndSessions;
}
