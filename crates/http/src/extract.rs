//! The shape of what comes in. Every rejection here is a [`Problem`], or a
//! [`Refused`] at the OAuth endpoints.
//!
//! [`Problem`]: crate::Problem
//! [`Refused`]: crate::refusal::Refused

mod access;
pub mod action;
mod bearer;
mod claimed_client;
mod device;
mod if_match;
mod json;
mod key;
mod members;
mod oauth_request;
mod path;
mod query;
mod registration;
mod requester;
mod visitor;

pub(crate) use access::read_token;
pub use access::{Access, Dialect, SpeaksTo, read_caller};
pub(crate) use action::{
    ArchiveApplication, Asked, ChangeScopes, CreateApplication, DeleteApplication, DisableApplication,
    EnableApplication, EndSessions, Impersonate, ManageAssignments, ManageGroups, ManageIntegrations,
    ManageOperators, ManagePartners, ManageTenants, ManageUsers, ReadApplication, ReadAssignments, ReadAudit,
    ReadEffectiveUsers, ReadGroups, ReadImpersonations, ReadIntegrations, ReadOperators, ReadPartner,
    ReadScopes, ReadSessions, ReadTenant, ReadUsers, ReadVault, RestoreApplication, RevokeTokens,
    RotateSecret, UpdateApplication, UpdateTenant, VerifyKeys, WriteVault,
};
pub(crate) use bearer::Bearer;
pub use claimed_client::read_claimed_client;
pub use device::Device;
pub(crate) use device::user_agent;
pub(crate) use if_match::IfMatch;
pub(crate) use json::unreadable;
pub use json::{Body, Json, OptionalJson};
pub(crate) use key::is_key;
pub use key::{Key, read_key};
pub(crate) use oauth_request::OauthRequest;
pub use path::ThreeSegments;
pub use path::{Segment, Segments};
pub use query::Query;
pub(crate) use registration::{InitialToken, RegistrationBearer, Said};
pub(crate) use requester::Requester;
pub(crate) use visitor::Visitor;
