//! Somebody new.

use std::fmt;

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, AuthMethod, Directory, KeptPassword, PasswordPolicy, User,
};
use appkeep_storage::WriteTx;
use serde_json::json;
use zeroize::Zeroizing;

use super::session::begin;
use super::{EndUserRefused, EndUserSession, EndUsers};
use crate::error::{Error, ErrorCode, Fault};
use crate::people::{MemberEdits, UserFields, blank_user, changed_user_fields, draft_user, user_taken};
use crate::registry::Edit;
use crate::registry::faults::Faults;
use crate::tenancy::caps::check_users;
use crate::tokens::browser::Browser;
use crate::tokens::people::People;

/// Who somebody says to be.
#[derive(Clone)]
pub struct NewEndUser {
    pub email: String,
    pub password: Zeroizing<String>,
    pub name: Edit<String>,
    pub metadata: Edit<MemberEdits>,
}

/// A person's data is not for logs.
impl fmt::Debug for NewEndUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewEndUser(…)")
    }
}

impl EndUsers {
    /// Registers somebody, and signs them in. `email_taken` where somebody has
    /// the address: whoever has the secret key may know who there is.
    pub async fn register(
        &self,
        new: NewEndUser,
        browser: &Browser,
    ) -> Result<EndUserSession, EndUserRefused> {
        self.must_be_proved()?;
        let directory = self.directory().await?;
        let (user, created) = self.draft_user(&directory, &new, browser)?;
        self.must_be_free(&directory, &user).await?;
        let hash = self.here.passwords.hash(new.password).await?;
        let kept = KeptPassword { hash, changed_at: user.created_at };
        let opening = self.opening((&directory, &user), vec![AuthMethod::Password], browser).await?;
        let ((session, grant, told), people) = (opening.rows(), self.people);
        let inserted = user.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            insert(tx, people, (&directory, &inserted), (&kept, &created)).await?;
            tx.record_sign_in(people.within, &directory, inserted.id, session.created_at).await?;
            Ok(begin(tx, people.within, (&session, &grant, &told)).await?)
        };
        self.here.store.write(write).await?;
        self.issue(opening, user).await
    }

    /// The user as they are to be, and what is told of it.
    fn draft_user(
        &self,
        directory: &Directory,
        new: &NewEndUser,
        browser: &Browser,
    ) -> Result<(User, AuditEntry), EndUserRefused> {
        let fields = UserFields {
            email: Some(new.email.clone()),
            name: new.name.clone(),
            metadata: new.metadata.clone(),
            ..UserFields::default()
        };
        let mut faults = Faults::default();
        let drafted = self.draft_new(directory, &fields, (&mut faults, browser));
        check_password("password", directory.policy, (&new.password, &mut faults));
        faults.check()?;
        Ok(drafted)
    }

    /// Somebody as the fields say, and what is told of them when they are there;
    /// what cannot be is told in the faults.
    pub(super) fn draft_new(
        &self,
        directory: &Directory,
        fields: &UserFields,
        (faults, browser): (&mut Faults, &Browser),
    ) -> (User, AuditEntry) {
        let now = self.here.now();
        let blank = blank_user(self.here.make_id(), directory.id, now);
        let user = draft_user(blank.clone(), fields, now, faults);
        let fields = changed_user_fields(&blank, &user);
        let after =
            json!({ "user_id": user.id.to_string(), "status": user.status.as_str(), "fields": fields });
        let event = self.event("user.created", &user);
        // Nothing can be sealed for somebody who is not there yet.
        let application = Actor { kind: ActorKind::Application, id: self.application().to_string() };
        let entry = self.here.entry_about_person((application, event), after, &browser.origin);
        (user, AuditEntry { address: None, ..entry })
    }

    /// Asked before the password is hashed, which takes long.
    async fn must_be_free(&self, directory: &Directory, user: &User) -> Result<(), EndUserRefused> {
        let mut tx = self.here.store.read().await?;
        if tx.user_by_email(self.people.within, directory, &user.email).await?.is_some() {
            let fault = Fault::new("email", ErrorCode::EmailTaken, "another user has it");
            return Err(Error::invalid(fault).into());
        }
        Ok(())
    }
}

async fn insert(
    tx: &mut WriteTx,
    people: People,
    (directory, user): (&Directory, &User),
    (kept, created): (&KeptPassword, &AuditEntry),
) -> Result<(), Error> {
    check_users(tx, directory).await?;
    tx.insert_user(people.within, directory, user).await.map_err(user_taken)?;
    tx.set_password(people.within, directory, user.id, kept).await?;
    Ok(tx.insert_audit_entry(people.within, created).await?)
}

/// Told with what else is wrong.
pub(super) fn check_password(field: &str, policy: PasswordPolicy, (password, faults): (&str, &mut Faults)) {
    if let Err(reason) = policy.check(password) {
        faults.add(field, ErrorCode::PasswordTooWeak, reason);
    }
}
