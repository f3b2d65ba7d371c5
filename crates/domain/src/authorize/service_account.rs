//! Programs that administer a tenant in their own name.

use crate::{
    Actor, Level, Name, PartnerId, Role, RoleGrant, SecretHash, ServiceAccountId, TenantId, Timestamp,
};

/// A program with a role in one tenant. It is no application: nobody signs in to
/// it, and its tokens are for our management API only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    pub id: ServiceAccountId,
    pub tenant: TenantId,
    pub name: Name,
    pub description: Option<String>,
    pub role: Role,
    pub secret: ServiceSecret,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// From then on it gets no token, nor is there a way back.
    pub archived_at: Option<Timestamp>,
}

/// The one secret that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSecret {
    pub hash: SecretHash,
    pub last_four: String,
    pub created_at: Timestamp,
}

impl ServiceAccountId {
    /// What stands before its UUID, and before nothing else that asks for tokens.
    pub const CLIENT_PREFIX: &str = "sa_";

    /// As it is shown, and names itself when it asks for a token.
    pub fn client_id(&self) -> String {
        format!("{}{}", Self::CLIENT_PREFIX, self.to_uuid())
    }

    /// Of what names a service account, and no application.
    pub fn of_client(client_id: &str) -> Option<Self> {
        let start = client_id.get(..Self::CLIENT_PREFIX.len())?;
        if start.eq_ignore_ascii_case(Self::CLIENT_PREFIX) { Self::parse(client_id).ok() } else { None }
    }
}

impl ServiceAccount {
    /// Most that a tenant has at one time, without those that are archived.
    pub const MOST: u32 = 200;

    /// What it may do, and where; `partner` is whose its tenant is.
    pub const fn grant(&self, partner: Option<PartnerId>) -> RoleGrant {
        RoleGrant { role: self.role, at: Level::Tenant { id: self.tenant, partner } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_told_from_an_application() {
        let id = ServiceAccountId::from_bytes([1; 16]);
        assert_eq!(id.client_id(), "sa_01010101-0101-0101-0101-010101010101");
        for named in [id.client_id(), id.client_id().to_uppercase(), id.to_string()] {
            assert_eq!(ServiceAccountId::of_client(&named), Some(id), "{named}");
        }
        for named in [id.to_uuid(), format!("app_{}", id.to_uuid()), "sa_".to_owned(), "é".to_owned()] {
            assert_eq!(ServiceAccountId::of_client(&named), None, "{named}");
        }
    }
}
