//! Whoever came back from a provider gets the account that is theirs.

use appkeep_domain::{
    Accounts, Asking, AuditEntry, Challenge, Connection, Directory, Grant, Holder, Identity, Linking,
    Outsider, Session, Timestamp, User, UserId,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::oauth::Joined;
use super::session::{Opening, Proof, begin};
use super::{EndUserEntered, EndUserRefused, EndUsers};
use crate::error::Error;
use crate::people::UserFields;
use crate::people::identities::told;
use crate::registry::Edit;
use crate::registry::faults::Faults;
use crate::tenancy::caps::check_users;
use crate::tokens::browser::Browser;
use crate::tokens::people::People;
use crate::tokens::proof::SignInRefused;
use crate::tokens::second_factors::has_device;

/// How often somebody may be quicker before we give up.
const TRIES: usize = 3;

/// Somebody whom a provider vouches for.
#[derive(Clone)]
pub(super) struct Arrived {
    pub(super) directory: Directory,
    pub(super) connection: Connection,
    pub(super) outsider: Outsider,
    /// Who wants the account there to be theirs.
    pub(super) asking: Option<User>,
}

/// What is to be written, made before the transaction that may run twice.
#[derive(Clone)]
struct Plan {
    linking: Linking,
    user: User,
    /// What is told of a user who is new.
    created: Option<AuditEntry>,
    identity: Identity,
    /// What is told of an identity that is.
    linked: AuditEntry,
    entrance: Entrance,
}

/// How far they come.
#[derive(Clone)]
enum Entrance {
    /// They are signed in already.
    None,
    Session(Box<(Session, Grant, [AuditEntry; 2])>),
    /// They have a device, whose code is wanted.
    Challenge(Challenge),
}

/// What they get of it when it is written.
enum Handed {
    Nothing,
    Tokens(Box<Opening>),
    Challenge(NewSecret),
}

/// Why nothing was written.
enum Unsettled {
    /// It is not as it was when the plan was made.
    Changed,
    Refused(EndUserRefused),
}

impl From<StorageError> for Unsettled {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Stale | StorageError::Taken(_) => Self::Changed,
            other => Self::Refused(other.into()),
        }
    }
}

impl From<Error> for Unsettled {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl EndUsers {
    /// Decides again when something changed meanwhile.
    pub(super) async fn settle(&self, arrived: Arrived, browser: &Browser) -> Result<Joined, EndUserRefused> {
        for _ in 0..TRIES {
            let accounts = arrived.accounts(&mut self.here.store.read().await?, self.people).await?;
            let linking = arrived.outsider.linking(&accounts).map_err(EndUserRefused::NotLinked)?;
            let (plan, handed) = self.plan(&arrived, linking, browser).await?;
            let (people, kept, written) = (self.people, arrived.clone(), plan.clone());
            let write = async move |tx: &mut WriteTx| kept.write(tx, people, &written).await;
            match self.here.store.write(write).await {
                Ok(()) => return self.joined(plan, handed).await,
                Err(Unsettled::Changed) => {}
                Err(Unsettled::Refused(refused)) => return Err(refused),
            }
        }
        Err(StorageError::Stale.into())
    }

    async fn plan(
        &self,
        arrived: &Arrived,
        linking: Linking,
        browser: &Browser,
    ) -> Result<(Plan, Handed), EndUserRefused> {
        let (user, created) = match linking {
            Linking::Known(user) | Linking::Link(user) => (self.user_of(arrived, user).await?, None),
            Linking::Register => {
                let (user, created) = self.draft_outsider(arrived, browser)?;
                (user, Some(created))
            }
        };
        let identity = arrived.identity(user.id, self.here.now());
        let event = self.event("user.identity_linked", &user);
        let after = told(user.id, &arrived.connection.provider);
        let linked = self.here.entry_of_person(event, after, browser).await?;
        let (entrance, handed) = self.entrance(arrived, &user, browser).await?;
        Ok((Plan { linking, user, created, identity, linked, entrance }, handed))
    }

    /// Whoever may not sign in is told so: the provider has proved who they are.
    async fn user_of(&self, arrived: &Arrived, user: UserId) -> Result<User, EndUserRefused> {
        let mut tx = self.here.store.read().await?;
        let found = tx.user(self.people.within, &arrived.directory, user).await?;
        Ok(found.filter(User::may_sign_in).ok_or(SignInRefused::Suspended)?)
    }

    /// A user as the provider tells of them. The address is verified when it
    /// proved it.
    fn draft_outsider(
        &self,
        arrived: &Arrived,
        browser: &Browser,
    ) -> Result<(User, AuditEntry), EndUserRefused> {
        let Outsider { email, email_verified, name, .. } = &arrived.outsider;
        let fields = UserFields {
            email: email.as_ref().map(|email| email.as_str().to_owned()),
            email_verified: Some(*email_verified),
            name: name.as_ref().map_or(Edit::Keep, |name| Edit::Set(name.as_str().to_owned())),
            ..UserFields::default()
        };
        let mut faults = Faults::default();
        let drafted = self.draft_new(&arrived.directory, &fields, (&mut faults, browser));
        faults.check()?;
        Ok(drafted)
    }

    async fn entrance(
        &self,
        arrived: &Arrived,
        user: &User,
        browser: &Browser,
    ) -> Result<(Entrance, Handed), EndUserRefused> {
        if arrived.asking.is_some() {
            return Ok((Entrance::None, Handed::Nothing));
        }
        let mut tx = self.here.store.read().await?;
        let has_device = has_device(&mut tx, self.people, (&arrived.directory, user.id)).await?;
        drop(tx);
        let place = (&arrived.directory, user);
        if has_device {
            let drafted = self.here.draft_challenge(place, Vec::new(), Some(self.application()));
            return Ok((Entrance::Challenge(drafted.1), Handed::Challenge(drafted.0)));
        }
        let proof = Proof::vouched_for_by(arrived.connection.provider.clone());
        let opening = self.opening(place, proof, browser).await?;
        Ok((Entrance::Session(Box::new(opening.rows())), Handed::Tokens(Box::new(opening))))
    }

    async fn joined(&self, plan: Plan, handed: Handed) -> Result<Joined, EndUserRefused> {
        let is_new = plan.linking == Linking::Register;
        let entered = match handed {
            Handed::Nothing => return Ok(Joined::Linked(Box::new((plan.user, plan.identity)))),
            Handed::Tokens(opening) => {
                EndUserEntered::SignedIn(Box::new(self.issue(*opening, plan.user).await?))
            }
            Handed::Challenge(secret) => EndUserEntered::CodeWanted(secret),
        };
        Ok(Joined::Entered { entered, is_new })
    }
}

impl Arrived {
    fn identity(&self, user: UserId, now: Timestamp) -> Identity {
        Identity {
            connection: self.connection.id,
            directory: self.directory.id,
            user,
            provider: self.connection.provider.clone(),
            subject: self.outsider.subject.clone(),
            email: self.outsider.email.clone(),
            email_verified: self.outsider.email_verified,
            name: self.outsider.name.clone(),
            created_at: now,
            last_used_at: now,
        }
    }

    /// The accounts that they may have something to do with.
    async fn accounts(&self, tx: &mut ReadTx, people: People) -> Result<Accounts, StorageError> {
        let (within, directory) = (people.within, &self.directory);
        let known = tx.identity(within, directory, (self.connection.id, &self.outsider.subject)).await?;
        let asking = match &self.asking {
            Some(user) => {
                let theirs = tx.identities_of(within, directory, user.id).await?;
                Some(Asking { user: user.id, is_connected: self.is_among(&theirs) })
            }
            None => None,
        };
        let linked = known.map(|identity| identity.user);
        Ok(Accounts { linked, asking, holder: self.holder(tx, people).await? })
    }

    async fn holder(&self, tx: &mut ReadTx, people: People) -> Result<Option<Holder>, StorageError> {
        let (within, directory) = (people.within, &self.directory);
        let Some(email) = &self.outsider.email else { return Ok(None) };
        let Some(user) = tx.user_by_email(within, directory, email).await? else { return Ok(None) };
        let has_password = tx.password(within, directory, user.id).await?.is_some();
        let has_device = has_device(tx, people, (directory, user.id)).await?;
        let others = tx.identities_of(within, directory, user.id).await?;
        let is_guarded =
            has_password || has_device || others.iter().any(|identity| !identity.proves(&user.email));
        Ok(Some(Holder {
            user: user.id,
            is_verified: user.email_verified_at.is_some(),
            is_guarded,
            is_connected: self.is_among(&others),
        }))
    }

    fn is_among(&self, identities: &[Identity]) -> bool {
        identities.iter().any(|identity| identity.connection == self.connection.id)
    }

    /// Looks once more whether all is as it was.
    async fn write(&self, tx: &mut WriteTx, people: People, plan: &Plan) -> Result<(), Unsettled> {
        let (within, directory) = (people.within, &self.directory);
        let accounts = self.accounts(tx, people).await?;
        if self.outsider.linking(&accounts) != Ok(plan.linking) {
            return Err(Unsettled::Changed);
        }
        if let Some(created) = &plan.created {
            check_users(tx, directory).await?;
            tx.insert_user(within, directory, &plan.user).await?;
            tx.insert_audit_entry(within, created).await?;
        } else {
            let still = tx.user(within, directory, plan.user.id).await?;
            still.filter(User::may_sign_in).ok_or(Unsettled::Changed)?;
        }
        if matches!(plan.linking, Linking::Known(_)) {
            tx.touch_identity(within, directory, &plan.identity).await?;
        } else {
            tx.insert_identity(within, directory, &plan.identity).await?;
            tx.insert_audit_entry(within, &plan.linked).await?;
        }
        self.enter(tx, people, plan).await
    }

    async fn enter(&self, tx: &mut WriteTx, people: People, plan: &Plan) -> Result<(), Unsettled> {
        let (within, whose) = (people.within, (&self.directory, plan.user.id));
        let has_device = has_device(tx, people, whose).await?;
        match &plan.entrance {
            Entrance::None => Ok(()),
            Entrance::Session(_) if has_device => Err(Unsettled::Changed),
            Entrance::Challenge(_) if !has_device => Err(Unsettled::Changed),
            Entrance::Challenge(challenge) => {
                Ok(tx.insert_challenge(within, &self.directory, challenge).await?)
            }
            Entrance::Session(rows) => {
                let (session, grant, told) = &**rows;
                tx.record_sign_in(within, &self.directory, plan.user.id, session.created_at).await?;
                Ok(begin(tx, within, (session, grant, told)).await?)
            }
        }
    }
}
