//! How much a partner and its tenants may have. Asked in the transaction that
//! adds one more, so that of several who come last one is in time.

use appkeep_domain::{Directory, Owner, Partner, Within};
use appkeep_storage::ReadTx;

use crate::error::{Error, ErrorCode, Fault};

/// Whether the partner may have one more tenant.
pub(super) async fn check_tenants(tx: &mut ReadTx, partner: &Partner) -> Result<(), Error> {
    let Some(cap) = partner.caps.max_tenants else { return Ok(()) };
    let present = tx.count_tenants(Within::Platform, partner.id).await?;
    check("max_tenants", cap, present)
}

/// Whether the owner may have one more application that is not archived. Only
/// tenants of partners are capped. What registered itself and was never used takes
/// up no room of anybody else's, and is asked about when it is.
pub(crate) async fn check_applications(tx: &mut ReadTx, owner: Owner) -> Result<(), Error> {
    check_room(tx, owner, Unused::AreNone).await
}

/// Whether one more may register itself: beside all that there are, those included
/// that nobody used yet.
pub(crate) async fn check_registrations(tx: &mut ReadTx, owner: Owner) -> Result<(), Error> {
    check_room(tx, owner, Unused::Count).await
}

/// What registered itself and never got a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unused {
    Count,
    AreNone,
}

async fn check_room(tx: &mut ReadTx, owner: Owner, unused: Unused) -> Result<(), Error> {
    let Owner::Tenant(tenant) = owner else { return Ok(()) };
    let within = Within::Tenant(tenant);
    let caps = tx.caps_of_tenant(within, tenant).await?;
    let Some(cap) = caps.max_applications_per_tenant else { return Ok(()) };
    let archived = tx.archived_applications(within, owner).await?;
    let mut present = tx.application_total(within, owner).await? - archived;
    if unused == Unused::AreNone {
        let most = u32::try_from(present).unwrap_or_default();
        present -= i64::from(tx.unused_application_count(within, tenant, most).await?);
    }
    check("max_applications_per_tenant", cap, present)
}

/// Whether there may be one more user in this directory of a tenant's.
pub(crate) async fn check_users(tx: &mut ReadTx, directory: &Directory) -> Result<(), Error> {
    let Owner::Tenant(tenant) = directory.owner else { return Ok(()) };
    let within = Within::Tenant(tenant);
    let caps = tx.caps_of_tenant(within, tenant).await?;
    let Some(cap) = caps.max_users_per_tenant else { return Ok(()) };
    let present = tx.count_users(within, directory).await?;
    check("max_users_per_tenant", cap, present)
}

fn check(name: &str, cap: u32, present: i64) -> Result<(), Error> {
    if present < i64::from(cap) {
        return Ok(());
    }
    let message = format!("the partner's cap of {cap} is reached");
    Err(Error::invalid(Fault::new(name, ErrorCode::CapReached, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_how_many_there_may_be() {
        for (cap, present, passes) in
            [(1, 0, true), (1, 1, false), (0, 0, false), (u32::MAX, 7, true), (2, 5, false)]
        {
            let outcome = check("max_tenants", cap, present);
            assert_eq!(outcome.is_ok(), passes, "{present} of {cap}");
            let code = outcome.err().map(|error| (error.code(), error.faults()[0].field.clone()));
            let refused = (ErrorCode::CapReached, "max_tenants".to_owned());
            assert_eq!(code, (!passes).then_some(refused));
        }
    }
}
