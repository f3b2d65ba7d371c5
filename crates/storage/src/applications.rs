//! Applications: written whole, found by owner and id.

pub(crate) mod access;
mod registrations;
pub(crate) mod totals;

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Name, Owner, PublicKey, Slug, Timestamp,
    UserPool, Within,
};

use self::access::{parse_access, print_access};
pub use self::registrations::RegistrationTokenPage;
use crate::changes::{Change, Topic};
use crate::credentials::read_creator;
use crate::error::{Result, one_row};
use crate::facets::{parse_oauth, parse_saml, parse_tags, print_oauth, print_saml, print_tags};
use crate::owners::{bounding_owner, owner_key, owner_level, reaches, read_owner};
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What `read_application` reads, of `applications a`.
macro_rules! application_columns {
    () => {
        "a.owner, a.owner_level, a.id, a.kind, a.user_pool, a.public_key, a.slug, a.name, a.description, a.logo_url,
        a.tags, a.state, a.archived_at, a.expires_at, a.oauth, a.saml, a.access, a.version, a.created_at, a.updated_at,
        a.created_by_kind, a.created_by_id"
    };
}
pub(crate) use application_columns;

impl ReadTx {
    /// The application, if it is within the boundary; archived and expired ones too.
    ///
    /// For a tenant or partner one that is elsewhere costs what one costs that
    /// never was: the same seek that finds nothing.
    pub async fn application(&mut self, within: Within, id: ApplicationId) -> Result<Option<Application>> {
        const OWNED: Sql = sql!(concat!(
            "SELECT ",
            application_columns!(),
            " FROM applications a WHERE a.owner = $1 AND a.id = $2"
        ));
        const ANY: Sql = sql!(concat!(
            "SELECT ",
            application_columns!(),
            " FROM application_ids i JOIN applications a ON a.owner = i.owner AND a.id = i.id WHERE i.id = $1"
        ));
        match bounding_owner(within) {
            Some(owner) => {
                self.fetch_optional(OWNED, &[owner_key(owner).into(), id.into()], read_application).await
            }
            None => self.fetch_optional(ANY, &[id.into()], read_application).await,
        }
    }
}

impl ReadTx {
    /// The owner's application with this slug, if the owner is within the boundary.
    pub async fn application_by_slug(
        &mut self,
        within: Within,
        owner: Owner,
        slug: &Slug,
    ) -> Result<Option<Application>> {
        const BY_SLUG: Sql = sql!(concat!(
            "SELECT ",
            application_columns!(),
            " FROM applications a WHERE a.owner = $1 AND a.slug = $2"
        ));
        if !reaches(within, owner) {
            return Ok(None);
        }
        self.fetch_optional(BY_SLUG, &[owner_key(owner).into(), slug.as_str().into()], read_application).await
    }
}

impl WriteTx {
    /// A slug that its owner uses already is `Taken("applications.owner,
    /// applications.slug")`, an id that was ever used `Taken("application_ids.id")`.
    pub async fn insert_application(&mut self, within: Within, application: &Application) -> Result<()> {
        const ID: Sql = sql!("INSERT INTO application_ids (id, owner) VALUES ($1, $2)");
        const APPLICATION: Sql = sql!(
            "INSERT INTO applications (owner, owner_level, id, kind, slug, name, description, logo_url, tags,
                state, archived, archived_at, expires_at, oauth, saml, access, search_text, version, created_at,
                updated_at, user_pool, public_key, created_by_kind, created_by_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                $23, $24)"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        let owner = owner_key(application.owner);
        self.execute(ID, &[application.id.into(), owner.into()]).await?;
        let mut values: Vec<Value<'_>> = vec![
            owner.into(),
            owner_level(application.owner).into(),
            application.id.into(),
            application.kind.as_str().into(),
        ];
        values.extend(changeable(application));
        values.extend([
            application.version.into(),
            application.created_at.into(),
            application.updated_at.into(),
            application.user_pool.as_str().into(),
            application.public_key.as_ref().map(PublicKey::as_str).into(),
            application.made_by.as_ref().map(|by| by.kind.as_str()).into(),
            application.made_by.as_ref().map(|by| by.id.as_str()).into(),
        ]);
        self.execute(APPLICATION, &values).await?;
        self.count_application(application, 1).await?;
        self.insert_tags(application).await?;
        self.insert_origins(application).await?;
        self.insert_audience(application).await?;
        self.insert_grams(application).await?;
        self.announce(change_of(application.id));
        Ok(())
    }

    /// Writes the application over the version before its own; `Stale` when
    /// somebody else was quicker, or it is not there.
    pub async fn update_application(&mut self, within: Within, application: &Application) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE applications SET slug = $5, name = $6, description = $7, logo_url = $8, tags = $9, state = $10,
                archived = $11, archived_at = $12, expires_at = $13, oauth = $14, saml = $15, access = $16,
                search_text = $17, version = $3, updated_at = $4
            WHERE owner = $1 AND id = $2 AND version = $3 - 1"
        );
        const SEARCHED: Sql = sql!("SELECT search_text FROM applications WHERE owner = $1 AND id = $2");
        one_row(u64::from(reaches(within, application.owner)))?;
        let key: [Value<'_>; 2] = [owner_key(application.owner).into(), application.id.into()];
        let searched = self.fetch_optional(SEARCHED, &key, |row| row.get::<String>("search_text")).await?;
        let mut values = key.to_vec();
        values.extend([application.version.into(), application.updated_at.into()]);
        values.extend(changeable(application));
        one_row(self.execute(UPDATE, &values).await?)?;
        if searched != Some(application.search_text()) {
            self.delete_grams(application).await?;
            self.insert_grams(application).await?;
        }
        self.delete_tags(application).await?;
        self.insert_tags(application).await?;
        self.delete_origins(application).await?;
        self.insert_origins(application).await?;
        self.delete_audience(application).await?;
        self.insert_audience(application).await?;
        self.announce(change_of(application.id));
        Ok(())
    }

    /// Leaves nothing of the application but its id, its audit entries and what
    /// was revoked of it; the directories that serve it alone go with it.
    /// `Stale` when it is not there. Of many sessions and people the last
    /// remains go with the sweep, and are not to be reached any more.
    pub async fn delete_application(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<()> {
        const TOMBSTONE: Sql =
            sql!("UPDATE application_ids SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL");
        const APPLICATION: Sql = sql!("DELETE FROM applications WHERE owner = $1 AND id = $2");
        one_row(u64::from(reaches(within, application.owner)))?;
        one_row(self.execute(TOMBSTONE, &[application.id.into(), now.into()]).await?)?;
        self.delete_audit_total(application.id).await?;
        self.delete_tags(application).await?;
        self.delete_origins(application).await?;
        self.delete_audience(application).await?;
        self.delete_grams(application).await?;
        self.delete_environments(application).await?;
        self.delete_directories_of(within, application).await?;
        let owner = owner_key(application.owner);
        one_row(self.execute(APPLICATION, &[owner.into(), application.id.into()]).await?)?;
        self.count_application(application, -1).await?;
        self.delete_remains(Remains::of_application(application)).await?;
        self.announce(change_of(application.id));
        Ok(())
    }

    async fn insert_tags(&mut self, application: &Application) -> Result<()> {
        const INSERT: Sql =
            sql!("INSERT INTO tags (owner, tag, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        let owner = owner_key(application.owner);
        for tag in &application.tags {
            self.execute(INSERT, &[owner.into(), tag.as_str().into(), application.id.into()]).await?;
        }
        Ok(())
    }

    async fn delete_tags(&mut self, application: &Application) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM tags WHERE owner = $1 AND id = $2");
        let owner = owner_key(application.owner);
        self.execute(DELETE, &[owner.into(), application.id.into()]).await?;
        Ok(())
    }
}

const fn change_of(id: ApplicationId) -> Change {
    Change { topic: Topic::Application, key: id.as_bytes() }
}

/// The columns that an update may change, from `slug` to `search_text`.
fn changeable(application: &Application) -> [Value<'_>; 13] {
    [
        application.slug.as_str().into(),
        application.name.as_str().into(),
        application.description.as_deref().into(),
        application.logo_url.as_deref().into(),
        print_tags(&application.tags).into(),
        application.state.as_str().into(),
        application.archived_at.is_some().into(),
        application.archived_at.into(),
        application.expires_at.into(),
        application.oauth.as_ref().map(print_oauth).into(),
        application.saml.as_ref().map(print_saml).into(),
        application.access.as_ref().map(print_access).into(),
        application.search_text().into(),
    ]
}

pub(crate) fn read_application(row: &Row<'_>) -> Result<Application> {
    let kind = row.parse("kind", ApplicationKind::parse)?;
    Ok(Application {
        id: row.get("id")?,
        owner: read_owner(row)?,
        kind,
        user_pool: row.parse("user_pool", UserPool::parse)?,
        public_key: row.parse_optional("public_key", PublicKey::parse)?,
        slug: row.parse("slug", Slug::parse)?,
        name: row.parse("name", Name::parse)?,
        description: row.get("description")?,
        logo_url: row.get("logo_url")?,
        tags: row.parse("tags", parse_tags)?,
        state: row.parse("state", ApplicationState::parse)?,
        archived_at: row.get("archived_at")?,
        expires_at: row.get("expires_at")?,
        oauth: row.parse_optional("oauth", |text| parse_oauth(kind, text))?,
        saml: row.parse_optional("saml", parse_saml)?,
        access: row.parse_optional("access", parse_access)?,
        made_by: read_creator(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
