//! Somebody who was invited to run something, and is an operator already: what
//! they accept is added to the account that has their address.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, Directory, Ending, Link, OperatorId, RoleGrant, Timestamp, User, UserId,
    UserStatus,
};
use appkeep_storage::WriteTx;

use super::links::LinkRefused;
use super::people::People;
use super::{Inner, RequestOrigin};
use crate::Error;
use crate::tenancy::{MOST_ROLES, describe_role, owner_of, print_place};

/// Who accepts, and what there was to be accepted, with what is told of each.
pub(super) struct Joining {
    pub(super) holder: UserId,
    roles: Vec<(RoleGrant, AuditEntry)>,
}

impl Inner {
    /// Nothing for whoever is nobody else by their address.
    pub(super) async fn joining(
        &self,
        people: People,
        (directory, link): (&Directory, &Link),
        origin: &RequestOrigin,
    ) -> Result<Option<Joining>, Error> {
        if !people.are_operators() {
            return Ok(None);
        }
        let mut tx = self.store.read().await?;
        let holder = tx.user_by_email(people.within, directory, &link.email).await?;
        let Some(holder) = holder.filter(|holder| holder.id != link.user) else { return Ok(None) };
        let offered = tx.roles(people.within, operator(link.user)).await?;
        let told = |grant: RoleGrant| (grant, self.entry_of_acceptance(holder.id, grant, origin));
        let roles = offered.into_iter().map(|held| told(held.grant)).collect();
        Ok(Some(Joining { holder: holder.id, roles }))
    }

    fn entry_of_acceptance(&self, holder: UserId, grant: RoleGrant, origin: &RequestOrigin) -> AuditEntry {
        let actor = Actor { kind: ActorKind::Operator, id: operator(holder).to_string() };
        let after = describe_role(operator(holder), grant.role, &print_place(grant.at));
        self.entry_by((actor, owner_of(grant.at)), "operator.role_given", None, (after, origin))
    }
}

/// The account gets the roles, as many as it has room for, and what was made to
/// invite by goes. Whoever is suspended stays out.
pub(super) async fn join(
    tx: &mut WriteTx,
    (people, directory): (People, &Directory),
    (invited, joining): (&User, &Joining),
    now: Timestamp,
) -> Result<User, LinkRefused> {
    let holder = tx.user(people.within, directory, joining.holder).await?;
    let holder = holder.filter(|holder| holder.status != UserStatus::Suspended).ok_or(LinkRefused::Gone)?;
    let held = tx.roles(people.within, operator(holder.id)).await?;
    let offered = tx.roles(people.within, operator(invited.id)).await?;
    let among = |roles: &[appkeep_storage::HeldRole], grant: &RoleGrant| {
        roles.iter().any(|held| (held.grant.role, place(&held.grant)) == (grant.role, place(grant)))
    };
    let new = joining.roles.iter().filter(|(grant, _)| among(&offered, grant) && !among(&held, grant));
    for (grant, entry) in new.take(MOST_ROLES.saturating_sub(held.len())) {
        tx.insert_role(people.within, operator(holder.id), *grant).await?;
        tx.insert_audit_entry(people.within, entry).await?;
    }
    tx.delete_user(people.within, directory, invited.id, Ending::at(now)).await?;
    Ok(holder)
}

/// Whosever tenant it is at the moment.
fn place(grant: &RoleGrant) -> String {
    print_place(grant.at)
}

fn operator(user: UserId) -> OperatorId {
    OperatorId::from_bytes(user.as_bytes())
}
