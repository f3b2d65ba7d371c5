//! Users: written whole, found by id, address or user name.

mod attributes;
mod keys;
mod list;
mod passwords;
mod second_factors;

use appkeep_domain::{
    CustomAttributes, Directory, Email, Ending, Locale, Metadata, Name, Phone, Timestamp, User, UserId,
    UserStatus, Username, Within,
};

use self::attributes::{parse_members, print_members};
use crate::changes::{Change, Topic};
use crate::directories::memberships_changed;
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::totals::Noun;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

pub use self::keys::WrappedUserKey;
pub use self::list::{UserFilter, UserPage};
pub use self::second_factors::{BackupTag, SealedTotp};

/// What `read_user` reads, of `users u`.
macro_rules! user_columns {
    () => {
        "u.directory_id, u.id, u.email, u.email_verified_at, u.username, u.phone, u.name, u.given_name,
        u.family_name, u.picture, u.locale, u.status, u.metadata, u.custom_attributes, u.last_sign_in_at,
        u.version, u.created_at, u.updated_at"
    };
}
pub(crate) use user_columns;

impl ReadTx {
    pub async fn user(&mut self, within: Within, directory: &Directory, id: UserId) -> Result<Option<User>> {
        const BY_ID: Sql = sql!(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.directory_id = $1 AND u.id = $2"
        ));
        self.user_by(BY_ID, within, directory, id.into()).await
    }

    /// Whoever has this address, case aside. An operator who was invited has it
    /// once mail has arrived there.
    pub async fn user_by_email(
        &mut self,
        within: Within,
        directory: &Directory,
        email: &Email,
    ) -> Result<Option<User>> {
        const BY_EMAIL: Sql = sql!(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.directory_id = $1 AND u.email_key = $2"
        ));
        self.user_by(BY_EMAIL, within, directory, email.folded().into()).await
    }

    /// Whoever has this user name, case aside.
    pub async fn user_by_username(
        &mut self,
        within: Within,
        directory: &Directory,
        username: &Username,
    ) -> Result<Option<User>> {
        const BY_USERNAME: Sql = sql!(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.directory_id = $1 AND u.username_key = $2"
        ));
        self.user_by(BY_USERNAME, within, directory, username.folded().into()).await
    }

    async fn user_by(
        &mut self,
        sql: Sql,
        within: Within,
        directory: &Directory,
        key: Value<'_>,
    ) -> Result<Option<User>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(sql, &[directory.id.into(), key], read_user).await
    }
}

impl WriteTx {
    /// What somebody else has is `Taken("users.directory_id, users.email_key")`
    /// or `Taken("users.directory_id, users.username_key")`; `Stale` when the
    /// directory is not there, or not within the boundary.
    pub async fn insert_user(&mut self, within: Within, directory: &Directory, user: &User) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO users (directory_id, id, version, updated_at, email, email_key, email_verified_at,
                username, username_key, phone, name, given_name, family_name, picture, locale, status,
                metadata, custom_attributes, search_text, created_at, last_sign_in_at)
            SELECT d.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20, $21
            FROM directories d WHERE d.id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner) && user.directory == directory.id))?;
        let mut values = changeable(directory, user)?;
        values.extend([user.created_at.into(), user.last_sign_in_at.into()]);
        one_row(self.execute(INSERT, &values).await?)?;
        self.insert_user_grams(user).await?;
        self.count_one(user.directory, Noun::User, user.id.as_bytes(), 1).await?;
        self.announce(change_of(user.id));
        Ok(())
    }

    /// Writes the user over the version before their own, without when they
    /// signed in; `Stale` when somebody else was quicker, or they are not there.
    pub async fn update_user(&mut self, within: Within, directory: &Directory, user: &User) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE users SET version = $3, updated_at = $4, email = $5, email_key = $6,
                email_verified_at = $7, username = $8, username_key = $9, phone = $10, name = $11,
                given_name = $12, family_name = $13, picture = $14, locale = $15, status = $16,
                metadata = $17, custom_attributes = $18, search_text = $19
            WHERE directory_id = $1 AND id = $2 AND version = $3 - 1"
        );
        const SEARCHED: Sql = sql!("SELECT search_text FROM users WHERE directory_id = $1 AND id = $2");
        one_row(u64::from(reaches(within, directory.owner) && user.directory == directory.id))?;
        let key = [user.directory.into(), user.id.into()];
        let searched = self.fetch_optional(SEARCHED, &key, |row| row.get::<String>("search_text")).await?;
        one_row(self.execute(UPDATE, &changeable(directory, user)?).await?)?;
        if searched != Some(user.search_text()) {
            self.delete_user_grams(user.directory, user.id).await?;
            self.insert_user_grams(user).await?;
        }
        self.announce(change_of(user.id));
        Ok(())
    }

    /// Notes that the user signed in, which is no change of theirs; `Stale`
    /// when they are not there.
    pub async fn record_sign_in(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        now: Timestamp,
    ) -> Result<()> {
        const RECORD: Sql = sql!("UPDATE users SET last_sign_in_at = $3 WHERE directory_id = $1 AND id = $2");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(RECORD, &[directory.id.into(), user.into(), now.into()]).await?)
    }

    /// Leaves nothing of the user, and refuses what was issued for them; of many
    /// sessions and sign-ins some are left to the sweep, which nobody reaches.
    /// `Stale` when they are not there.
    pub async fn delete_user(
        &mut self,
        within: Within,
        directory: &Directory,
        id: UserId,
        ending: Ending,
    ) -> Result<()> {
        const ASSIGNMENTS: Sql =
            sql!("DELETE FROM assignments WHERE directory_id = $1 AND kind = 'user' AND id = $2");
        const MEMBERS: Sql = sql!("DELETE FROM members WHERE directory_id = $1 AND user_id = $2");
        const PASSWORD: Sql = sql!("DELETE FROM passwords WHERE directory_id = $1 AND user_id = $2");
        const CONSENTS: Sql = sql!("DELETE FROM consents WHERE directory_id = $1 AND user_id = $2");
        const LINKS: Sql = sql!("DELETE FROM links WHERE directory_id = $1 AND user_id = $2");
        const KEY: Sql = sql!("DELETE FROM user_keys WHERE directory_id = $1 AND user_id = $2");
        const LOCKOUT: Sql =
            sql!("DELETE FROM lockouts WHERE directory_id = $1 AND kind = 'account' AND subject = $2");
        const USER: Sql = sql!("DELETE FROM users WHERE directory_id = $1 AND id = $2");
        self.end_sessions_of_user(within, directory, id, ending).await?;
        self.delete_remains(Remains::of_user(directory.id, id)).await?;
        let key = [directory.id.into(), id.into()];
        for sql in [ASSIGNMENTS, MEMBERS, PASSWORD, CONSENTS, LINKS, LOCKOUT, KEY] {
            self.execute(sql, &key).await?;
        }
        self.delete_totp(within, directory, id).await?;
        self.delete_identities_of(directory, id).await?;
        self.delete_roles(id).await?;
        self.delete_user_grams(directory.id, id).await?;
        one_row(self.execute(USER, &key).await?)?;
        self.count_one(directory.id, Noun::User, id.as_bytes(), -1).await?;
        self.announce(change_of(id));
        self.announce(memberships_changed(directory.id));
        Ok(())
    }
}

pub(crate) const fn change_of(id: UserId) -> Change {
    Change { topic: Topic::User, key: id.as_bytes() }
}

/// The key, and the columns that an update may change, up to `search_text`.
fn changeable<'a>(directory: &Directory, user: &'a User) -> Result<Vec<Value<'a>>> {
    Ok(vec![
        user.directory.into(),
        user.id.into(),
        user.version.into(),
        user.updated_at.into(),
        user.email.as_str().into(),
        email_key(directory, user).into(),
        user.email_verified_at.into(),
        user.username.as_ref().map(Username::as_str).into(),
        user.username.as_ref().map(Username::folded).into(),
        user.phone.as_ref().map(Phone::as_str).into(),
        user.name.as_ref().map(Name::as_str).into(),
        user.given_name.as_ref().map(Name::as_str).into(),
        user.family_name.as_ref().map(Name::as_str).into(),
        user.picture.as_deref().into(),
        user.locale.as_ref().map(Locale::as_str).into(),
        user.status.as_str().into(),
        print_members("metadata", user.metadata.members())?.into(),
        print_members("custom_attributes", user.custom_attributes.members())?.into(),
        user.search_text().into(),
    ])
}

/// By which their address finds them; with the id behind it, and a space, which
/// no address has, nobody's.
fn email_key(directory: &Directory, user: &User) -> String {
    let folded = user.email.folded();
    if user.has_address(directory) { folded.clone() } else { format!("{folded} {}", user.id) }
}

pub(crate) fn read_user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.get("id")?,
        directory: row.get("directory_id")?,
        email: row.parse("email", Email::parse)?,
        email_verified_at: row.get("email_verified_at")?,
        username: row.parse_optional("username", Username::parse)?,
        phone: row.parse_optional("phone", Phone::parse)?,
        name: row.parse_optional("name", Name::parse)?,
        given_name: row.parse_optional("given_name", Name::parse)?,
        family_name: row.parse_optional("family_name", Name::parse)?,
        picture: row.get("picture")?,
        locale: row.parse_optional("locale", Locale::parse)?,
        status: row.parse("status", UserStatus::parse)?,
        metadata: row.parse("metadata", |text| parse_members(text, Metadata::parse))?,
        custom_attributes: row
            .parse("custom_attributes", |text| parse_members(text, CustomAttributes::parse))?,
        last_sign_in_at: row.get("last_sign_in_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
