//! From what a caller said to a user as they may be kept.

use std::collections::BTreeMap;
use std::fmt;

use appkeep_domain::{
    CustomAttributes, DirectoryId, Email, Locale, Metadata, Name, Phone, Timestamp, User, UserId, UserStatus,
    Username,
};

use crate::registry::Edit;
use crate::registry::draft::{edit, https_url};
use crate::registry::faults::Faults;

/// The fields that a caller names; what it leaves out stays as it is, or is
/// empty when the user is new.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserFields {
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub username: Edit<String>,
    pub phone: Edit<String>,
    pub name: Edit<String>,
    pub given_name: Edit<String>,
    pub family_name: Edit<String>,
    pub picture: Edit<String>,
    pub locale: Edit<String>,
    pub status: Option<String>,
    pub metadata: Edit<MemberEdits>,
    pub custom_attributes: Edit<MemberEdits>,
}

/// What becomes of the members of an object: a JSON text, or nothing where one
/// is to be removed. Those that are not named stay.
pub type MemberEdits = BTreeMap<String, Option<String>>;

/// A person's data is not for logs.
impl fmt::Debug for UserFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserFields").finish_non_exhaustive()
    }
}

/// A new user, where whoever makes them says nothing.
pub(crate) fn blank(id: UserId, directory: DirectoryId, now: Timestamp) -> User {
    User {
        id,
        directory,
        email: stand_in(),
        email_verified_at: None,
        username: None,
        phone: None,
        name: None,
        given_name: None,
        family_name: None,
        picture: None,
        locale: None,
        status: UserStatus::Active,
        metadata: Metadata::default(),
        custom_attributes: CustomAttributes::default(),
        last_sign_in_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Holds the place of an address until one was given; a user without is refused.
fn stand_in() -> Email {
    Email::parse("nobody@invalid").expect("has two sides of one @")
}

/// `base` with what the fields say; what cannot be is told in `faults`.
pub(crate) fn apply(mut base: User, fields: &UserFields, now: Timestamp, faults: &mut Faults) -> User {
    address(&mut base, fields, now, faults);
    edit(&mut base.username, "username", &fields.username, faults, Username::parse);
    edit(&mut base.phone, "phone", &fields.phone, faults, Phone::parse);
    edit(&mut base.name, "name", &fields.name, faults, Name::parse);
    edit(&mut base.given_name, "given_name", &fields.given_name, faults, Name::parse);
    edit(&mut base.family_name, "family_name", &fields.family_name, faults, Name::parse);
    edit(&mut base.picture, "picture", &fields.picture, faults, https_url);
    edit(&mut base.locale, "locale", &fields.locale, faults, Locale::parse);
    if let Some(raw) = &fields.status {
        let parsed = UserStatus::parse(raw).map_err(|reason| format!("is {reason}"));
        base.status = faults.take("status", parsed).unwrap_or(base.status);
    }
    let metadata = merged(base.metadata.members(), &fields.metadata).map(Metadata::parse);
    if let Some(metadata) = metadata.and_then(|parsed| faults.take("metadata", parsed)) {
        base.metadata = metadata;
    }
    let attributes = merged(base.custom_attributes.members(), &fields.custom_attributes);
    let attributes = attributes.map(CustomAttributes::parse);
    if let Some(attributes) = attributes.and_then(|parsed| faults.take("custom_attributes", parsed)) {
        base.custom_attributes = attributes;
    }
    base
}

/// That mail reaches somebody was shown of one address, and not of the next.
fn address(base: &mut User, fields: &UserFields, now: Timestamp, faults: &mut Faults) {
    if let Some(email) = fields.email.as_deref().and_then(|raw| faults.take("email", Email::parse_new(raw))) {
        if email.folded() != base.email.folded() {
            base.email_verified_at = None;
        }
        base.email = email;
    }
    base.email_verified_at = match fields.email_verified {
        Some(true) => base.email_verified_at.or(Some(now)),
        Some(false) => None,
        None => base.email_verified_at,
    };
}

/// The members as they become; `None` when nothing is said of them.
fn merged<'a>(
    current: impl Iterator<Item = (&'a str, &'a str)>,
    edit: &Edit<MemberEdits>,
) -> Option<BTreeMap<String, String>> {
    let edits = match edit {
        Edit::Keep => return None,
        Edit::Clear => return Some(BTreeMap::new()),
        Edit::Set(edits) => edits,
    };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut members: BTreeMap<String, String> = current.map(owned).collect();
    for (name, value) in edits {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn now() -> Timestamp {
        Timestamp::from_seconds(9)
    }

    fn ada() -> User {
        let fields = UserFields { email: Some("ada@example.com".to_owned()), ..UserFields::default() };
        applied(blank(UserId::from_bytes([1; 16]), DirectoryId::from_bytes([2; 16]), now()), &fields)
    }

    fn applied(base: User, fields: &UserFields) -> User {
        let mut faults = Faults::default();
        let user = apply(base, fields, now(), &mut faults);
        faults.check().expect("nothing is wrong");
        user
    }

    fn refused(fields: &UserFields) -> Error {
        let mut faults = Faults::default();
        apply(ada(), fields, now(), &mut faults);
        faults.check().expect_err("something is wrong")
    }

    #[test]
    fn an_address_that_changes_is_verified_no_longer() {
        let verified = User { email_verified_at: Some(Timestamp::from_seconds(3)), ..ada() };
        for (email, is_verified, expected) in [
            (None, None, Some(3)),
            (None, Some(true), Some(3)),
            (None, Some(false), None),
            (Some("ADA@example.com"), None, Some(3)),
            (Some("b@example.com"), None, None),
            (Some("b@example.com"), Some(true), Some(9)),
        ] {
            let email = email.map(str::to_owned);
            let fields =
                UserFields { email: email.clone(), email_verified: is_verified, ..UserFields::default() };
            let changed = applied(verified.clone(), &fields);
            let expected = expected.map(Timestamp::from_seconds);
            assert_eq!(changed.email_verified_at, expected, "{email:?} {is_verified:?}");
        }
    }

    #[test]
    fn members_are_added_replaced_and_removed_by_name() {
        let edits = |all: &[(&str, Option<&str>)]| {
            let owned = |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
            Edit::Set(all.iter().map(owned).collect())
        };
        let of = |user: &User| {
            user.metadata.members().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        let set = |base: User, metadata| applied(base, &UserFields { metadata, ..UserFields::default() });
        let first = set(ada(), edits(&[("a", Some("1")), ("b", Some("2")), ("c", None)]));
        assert_eq!(of(&first), ["a=1", "b=2"]);
        assert_eq!(of(&set(first.clone(), edits(&[("a", None), ("b", Some("[]"))]))), ["b=[]"]);
        assert_eq!(of(&set(first.clone(), edits(&[]))), ["a=1", "b=2"]);
        assert_eq!(of(&set(first.clone(), Edit::Keep)), ["a=1", "b=2"]);
        assert_eq!(of(&set(first, Edit::Clear)), [] as [&str; 0]);
    }

    #[test]
    fn every_field_that_cannot_be_is_named_at_once() {
        let wrong = |text: &str| Edit::Set(text.to_owned());
        let huge = || Edit::Set(BTreeMap::from([("n".to_owned(), Some("1".repeat(20_000)))]));
        let fields = UserFields {
            email: Some("ada".to_owned()),
            email_verified: None,
            username: wrong("a@b"),
            phone: wrong("030"),
            name: wrong(""),
            given_name: wrong(" "),
            family_name: wrong("\t"),
            picture: wrong("http://example.com/a.png"),
            locale: wrong("de_CH"),
            status: Some("gone".to_owned()),
            metadata: huge(),
            custom_attributes: huge(),
        };
        let error = refused(&fields);
        let told: Vec<&str> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
        let expected = [
            "email",
            "username",
            "phone",
            "name",
            "given_name",
            "family_name",
            "picture",
            "locale",
            "status",
            "metadata",
            "custom_attributes",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_persons_data_is_not_shown() {
        let fields = UserFields { email: Some("ada@example.com".to_owned()), ..UserFields::default() };
        assert!(!format!("{fields:?}").contains("ada"));
    }
}
