//! Whether a secret may go: whether nobody would notice that it ended.

use crate::{Credential, CredentialUse, Lifetime, Timestamp, UsedCredential};

/// Whether ending a credential would stop anybody who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafeToRetire {
    /// The newest has been used and this one has been quiet for long, or it is
    /// dead already.
    Yes,
    No,
    /// Nothing speaks against it, but a node may have seen uses that nobody
    /// knows of.
    Unknown,
}

/// How far what is known of uses reaches.
///
/// Nodes gather uses in memory and write them down together. One that stopped
/// without doing so once more took with it what it had gathered; but it took
/// no secret any more [`Self::SILENT_AFTER`] its last word, since a node that
/// does not reach the database refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Until when every running node has told of every use; absent when none runs.
    pub complete_until: Option<Timestamp>,
    /// When the last of the nodes that fell silent was last heard of.
    pub last_silent: Option<Timestamp>,
}

impl Coverage {
    /// A node that has not been heard of for so long does not run any more.
    pub const SILENT_AFTER: Lifetime = Lifetime::from_seconds(60);

    /// How long a credential has to be quiet at the least.
    const LEAST_QUIET: Lifetime = Lifetime::from_hours(24);

    /// As of when answers hold.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        self.complete_until.map_or(now, |until| until.min(now))
    }

    /// Whether `one` may go, where `newest` is the newest live credential of
    /// its application.
    pub fn safe_to_retire(
        &self,
        one: &UsedCredential,
        newest: Option<&UsedCredential>,
        now: Timestamp,
    ) -> SafeToRetire {
        if !one.credential.is_live(now) {
            return SafeToRetire::Yes;
        }
        let replaced_by = newest.filter(|newest| newest.credential.id != one.credential.id);
        if replaced_by.is_none_or(|newest| newest.used.is_none()) {
            return SafeToRetire::No;
        }
        let (since, quiet) = (quiet_since(one), quiet_for(one.used.as_ref()));
        if now < since.plus(quiet) {
            return SafeToRetire::No;
        }
        let lost_until = self.last_silent.map_or(since, |silent| silent.plus(Self::SILENT_AFTER));
        match self.complete_until {
            Some(known) if since.max(lost_until).plus(quiet) <= known.min(now) => SafeToRetire::Yes,
            _ => SafeToRetire::Unknown,
        }
    }
}

/// A credential that was never used is as quiet as it is old.
fn quiet_since(one: &UsedCredential) -> Timestamp {
    let Credential { created_at, .. } = one.credential;
    one.used.as_ref().map_or(created_at, |used| used.last_used_at.max(created_at))
}

fn quiet_for(used: Option<&CredentialUse>) -> Lifetime {
    used.map_or(Coverage::LEAST_QUIET, |used| used.longest_gap.twice().max(Coverage::LEAST_QUIET))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CredentialClass, CredentialId, CredentialOrigin, SecretHash};

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    /// Made at 0.
    fn secret(number: u8, used: Option<(i64, u32)>) -> UsedCredential {
        let credential = Credential {
            class: CredentialClass::ClientSecret,
            id: CredentialId::from_bytes([number; 16]),
            origin: CredentialOrigin::Rotation,
            name: None,
            prefix: "ias_".to_owned(),
            hash: SecretHash::from_bytes([number; 32]),
            last_four: "abcd".to_owned(),
            created_at: at(0),
            created_by: None,
            expires_at: None,
            revoked_at: None,
        };
        let used = used.map(|(last, gap)| CredentialUse {
            last_used_at: at(last),
            last_used_from: None,
            longest_gap: Lifetime::from_seconds(gap),
        });
        UsedCredential { credential, used }
    }

    fn coverage(complete_until: Option<i64>, last_silent: Option<i64>) -> Coverage {
        Coverage { complete_until: complete_until.map(at), last_silent: last_silent.map(at) }
    }

    /// All running nodes have told everything until now.
    fn decide(used: Option<(i64, u32)>, newest: Option<(i64, u32)>, now: i64) -> SafeToRetire {
        coverage(Some(now), None).safe_to_retire(&secret(1, used), Some(&secret(2, newest)), at(now))
    }

    #[test]
    fn the_newest_must_have_been_used_and_the_old_one_been_quiet() {
        use SafeToRetire::{No, Yes};
        let fresh = Some((1, 0));
        for (used, newest, now, expected) in [
            // Never used: as quiet as it is old.
            (None, fresh, DAY - 1, No),
            (None, fresh, DAY, Yes),
            (None, None, 9 * DAY, No),
            (Some((50, 0)), None, 9 * DAY, No),
            // At the least a day.
            (Some((50, 10)), fresh, DAY + 49, No),
            (Some((50, 10)), fresh, DAY + 50, Yes),
            (Some((50, 43_200)), fresh, DAY + 50, Yes),
            // Twice the longest gap, when that is longer.
            (Some((50, 43_201)), fresh, DAY + 51, No),
            (Some((50, 43_201)), fresh, DAY + 52, Yes),
            (Some((50, 604_800)), fresh, 14 * DAY + 49, No),
            (Some((50, 604_800)), fresh, 14 * DAY + 50, Yes),
        ] {
            assert_eq!(decide(used, newest, now), expected, "{used:?} {newest:?} at {now}");
        }
    }

    #[test]
    fn the_newest_and_the_only_one_stay() {
        let (one, now) = (secret(1, Some((50, 0))), at(9 * DAY));
        let all = coverage(Some(9 * DAY), None);
        assert_eq!(all.safe_to_retire(&one, Some(&one), now), SafeToRetire::No);
        assert_eq!(all.safe_to_retire(&one, None, now), SafeToRetire::No);
    }

    #[test]
    fn what_is_dead_may_go_whatever_is_known() {
        let mut one = secret(1, Some((50, 0)));
        one.credential.revoked_at = Some(at(60));
        for coverage in [Coverage::default(), coverage(Some(70), Some(69))] {
            assert_eq!(coverage.safe_to_retire(&one, None, at(70)), SafeToRetire::Yes);
        }
        let mut one = secret(1, None);
        one.credential.expires_at = Some(at(60));
        let newest = secret(2, None);
        for (now, expected) in [(59, SafeToRetire::No), (60, SafeToRetire::Yes)] {
            assert_eq!(Coverage::default().safe_to_retire(&one, Some(&newest), at(now)), expected, "{now}");
        }
    }

    #[test]
    fn what_nodes_have_not_told_makes_it_unknown() {
        use SafeToRetire::{No, Unknown, Yes};
        let (one, newest, quiet_at) = (secret(1, Some((50, 0))), secret(2, Some((1, 0))), DAY + 50);
        let silent = Coverage::SILENT_AFTER.as_seconds();
        let silent = i64::from(silent);
        for (complete_until, last_silent, now, expected) in [
            // No node runs, or one has not told yet.
            (None, None, quiet_at, Unknown),
            (Some(quiet_at - 1), None, quiet_at, Unknown),
            (Some(quiet_at), None, quiet_at, Yes),
            // A clock that is ahead proves nothing.
            (Some(quiet_at + 5), None, quiet_at, Yes),
            // A use that is known is known, whatever else is not.
            (None, Some(60), quiet_at - 1, No),
            // What a node took with it lies before its end.
            (Some(quiet_at), Some(50 - silent), quiet_at, Yes),
            (Some(quiet_at), Some(51 - silent), quiet_at, Unknown),
            (Some(quiet_at + 1), Some(51 - silent), quiet_at + 1, Yes),
            (Some(9 * DAY), Some(8 * DAY), 9 * DAY, Unknown),
            (Some(9 * DAY + silent), Some(8 * DAY), 9 * DAY + silent, Yes),
        ] {
            let found = coverage(complete_until, last_silent).safe_to_retire(&one, Some(&newest), at(now));
            assert_eq!(found, expected, "{complete_until:?} {last_silent:?} at {now}");
        }
    }

    #[test]
    fn an_answer_is_as_old_as_what_it_stands_on() {
        for (complete_until, as_of) in [(None, 9), (Some(7), 7), (Some(11), 9)] {
            assert_eq!(coverage(complete_until, None).as_of(at(9)), at(as_of));
        }
    }
}
