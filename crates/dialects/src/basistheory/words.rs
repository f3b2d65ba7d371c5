//! Ids and moments as Basis Theory writes them.

use appkeep_domain::{Actor, ActorKind, ApplicationId, OperatorId, Owner, Timestamp};
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// Longest name of an application, in characters.
pub(super) const LONGEST_NAME: usize = 200;

/// With an offset, which is always that of UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let written = at.to_string();
    written.strip_suffix('Z').map_or_else(|| written.clone(), |local| format!("{local}+00:00"))
}

/// Which application or which person it was; of the product itself nothing.
pub(super) fn actor(by: Option<&Actor>) -> Option<String> {
    let Actor { kind, id } = by?;
    match kind {
        ActorKind::Application => ApplicationId::parse(id).ok().map(|id| id.to_uuid()),
        ActorKind::Operator => OperatorId::parse(id).ok().map(|id| id.to_uuid()),
        _ => None,
    }
}

pub(super) const fn actor_type(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Application | ActorKind::ServiceAccount | ActorKind::Registration => "application",
        ActorKind::Operator | ActorKind::User => "user",
        ActorKind::System => "system",
        ActorKind::Anonymous => "anonymous",
    }
}

/// An id without the word before it that says of what it is; what has none is
/// as it was.
pub(super) fn uuid(id: String) -> String {
    let bare = id.split_once('_').and_then(|(_, body)| ApplicationId::parse(&format!("app_{body}")).ok());
    bare.map_or(id, |bare| bare.to_uuid())
}

/// Nothing of what belongs to no tenant.
pub(super) fn tenant_id(owner: Owner) -> Option<String> {
    match owner {
        Owner::Tenant(id) => Some(id.to_uuid()),
        Owner::Global | Owner::Partner(_) => None,
    }
}

/// As RFC 3339 writes it, whichever of its spellings a moment has: without an
/// offset it is in UTC, and `8/26/2030 7:23:57 PM -07:00` is one too. What is
/// none stays as it is, for the service to refuse.
pub(super) fn rfc_3339(raw: String) -> String {
    let american = || strtime::parse("%m/%d/%Y %I:%M:%S %p %:z", &raw).ok()?.to_timestamp().ok();
    let without_offset =
        || raw.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    if raw.parse::<jiff::Timestamp>().is_ok() {
        return raw;
    }
    american().or_else(without_offset).map_or_else(|| raw.clone(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_an_offset() {
        for (raw, written) in [
            ("2020-09-15T15:53:00Z", "2020-09-15T15:53:00+00:00"),
            ("2020-09-15T15:53:00.125Z", "2020-09-15T15:53:00.125+00:00"),
        ] {
            assert_eq!(moment(Timestamp::parse(raw).expect(raw)), written);
        }
    }

    #[test]
    fn a_moment_is_read_in_each_of_its_spellings() {
        for (raw, read) in [
            ("2030-08-26T19:23:57Z", "2030-08-26T19:23:57Z"),
            ("2030-08-26T19:23:57.1234567+02:00", "2030-08-26T19:23:57.1234567+02:00"),
            ("2030-08-26T19:23:57", "2030-08-26T19:23:57Z"),
            ("8/26/2030 7:23:57 PM -07:00", "2030-08-27T02:23:57Z"),
            ("12/01/2030 12:00:00 AM +00:00", "2030-12-01T00:00:00Z"),
            ("26/8/2030 7:23:57 PM -07:00", "26/8/2030 7:23:57 PM -07:00"),
            ("tomorrow", "tomorrow"),
            ("", ""),
        ] {
            assert_eq!(rfc_3339(raw.to_owned()), read);
        }
    }

    #[test]
    fn an_id_is_shown_without_its_word() {
        let id = ApplicationId::from_bytes([1; 16]);
        let credential = id.to_string().replace("app_", "cred_");
        for (raw, shown) in [
            (id.to_string().as_str(), id.to_uuid().as_str()),
            (&credential, &id.to_uuid()),
            ("order_7", "order_7"),
            ("7", "7"),
        ] {
            assert_eq!(uuid(raw.to_owned()), shown);
        }
    }

    #[test]
    fn whoever_did_something_has_a_uuid() {
        let id = ApplicationId::from_bytes([1; 16]);
        let by = Actor { kind: ActorKind::Application, id: id.to_string() };
        assert_eq!(actor(Some(&by)), Some(id.to_uuid()));
        let system = Actor { kind: ActorKind::System, id: "system".to_owned() };
        assert_eq!((actor(Some(&system)), actor(None)), (None, None));
    }
}
