//! Keys: whether they open, and whether there is one to sign with.

use appkeep_config::Config;
use appkeep_domain::{Clock as _, Issuer, Lifetime, SigningAlgorithm, Timestamp, Within};
use appkeep_service::{KeyringError, SigningKeyUse, SigningKeyView, list_signing_keys, open_every_key};
use appkeep_storage::{StorageError, Store};

use super::Finding;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::master_key;

const MASTER_KEY: &str = "master_key";
const SIGNING_KEYS: &str = "signing_keys";

/// A key that ends sooner, and has no successor, should have been replaced.
const SOON: Lifetime = Lifetime::from_days(7);
/// For how long a key that is due may wait for a server that replaces it.
const GRACE: Lifetime = Lifetime::from_days(1);

pub(super) async fn master_key(config: &Config, store: &Store) -> Finding {
    let is_sealed =
        async || -> Result<bool, StorageError> { store.read().await?.has_data_keys(Within::Platform).await };
    match is_sealed().await {
        Ok(true) => {}
        Ok(false) => return Finding::ok(MASTER_KEY, "nothing is sealed yet; the first start does so"),
        Err(error) => return Finding::unread(MASTER_KEY, error),
    }
    let key = match master_key::present(config).await {
        Ok(key) => key,
        Err(failure) => {
            return Finding::failed(MASTER_KEY, &failure, "put it back from where you keep it");
        }
    };
    match open_every_key(store, key).await {
        Ok(count) => Finding::ok(MASTER_KEY, format!("it opens all {count} signing keys")),
        Err(error) => {
            let remedy = match &error {
                KeyringError::Storage(_) | KeyringError::Interrupted => "see that the database answers",
                KeyringError::WrongMasterKey(_) => "name the master key that the database was sealed with",
                KeyringError::Damaged(_) => {
                    "restore a backup, or replace the key with `appkeep keys rotate --at-once`"
                }
                KeyringError::Unopened(_) => "restore a backup",
            };
            Finding::failed(MASTER_KEY, &Failure::because("the keys do not open", error), remedy)
        }
    }
}

/// What is to be said of the keys, or that nothing is.
pub(super) async fn signing_keys(config: &Config, store: &Store) -> Vec<Finding> {
    let every = config.signing_keys.rotation.map(|span| Lifetime::from_seconds(span.as_seconds()));
    let now = SystemClock.now();
    let found = match of_everybody(store, now).await {
        Ok(found) => found,
        Err(error) => {
            return vec![Finding::unread(SIGNING_KEYS, error)];
        }
    };
    let look = |(issuer, keys): &(Issuer, Vec<SigningKeyView>)| {
        SigningAlgorithm::ALL
            .into_iter()
            .filter_map(|one| examine(*issuer, keys, (one, every), now))
            .collect()
    };
    let findings: Vec<Finding> = found.iter().flat_map::<Vec<_>, _>(look).collect();
    if findings.is_empty() { vec![well(&found, every)] } else { findings }
}

async fn of_everybody(
    store: &Store,
    now: Timestamp,
) -> Result<Vec<(Issuer, Vec<SigningKeyView>)>, KeyringError> {
    let issuers = store.read().await?.issuers(Within::Platform).await?;
    let mut found = Vec::new();
    for issuer in issuers {
        found.push((issuer, list_signing_keys(store, issuer, now).await?));
    }
    Ok(found)
}

fn well(found: &[(Issuer, Vec<SigningKeyView>)], every: Option<Lifetime>) -> Finding {
    let next = found.iter().filter_map(|(_, keys)| next_rotation(keys, every)).min();
    let next = next.map_or_else(String::new, |next| {
        format!("; the next is replaced from {} on", Timestamp::from_seconds(next.as_seconds()))
    });
    let message = match found {
        [] => "there are none yet; the first start makes them".to_owned(),
        [_] => format!("the issuer has one to sign with for each algorithm{next}"),
        _ => format!("all {} issuers have one to sign with for each algorithm{next}", found.len()),
    };
    Finding::ok(SIGNING_KEYS, message)
}

/// When the first of the keys that nothing follows yet is replaced.
fn next_rotation(keys: &[SigningKeyView], every: Option<Lifetime>) -> Option<Timestamp> {
    let last = keys.iter().filter(|key| key.retires_at.is_none());
    last.map(|key| key.activates_at).min().zip(every).map(|(since, every)| since.plus(every))
}

/// What is wrong with the keys of one algorithm, if anything is.
fn examine(
    issuer: Issuer,
    keys: &[SigningKeyView],
    (algorithm, every): (SigningAlgorithm, Option<Lifetime>),
    now: Timestamp,
) -> Option<Finding> {
    let (name, who) = (algorithm.as_str(), name(issuer));
    let rotate = format!("run `appkeep keys rotate --alg {name}`");
    let used = |used_for| keys.iter().find(|key| key.algorithm == algorithm && key.used_for == used_for);
    let Some(signing) = used(SigningKeyUse::Signing) else {
        let message = format!("{who} has no {name} key to sign with");
        return Some(Finding::error(SIGNING_KEYS, message, "start a server, which makes one"));
    };
    if signing.created_at > now.plus(Lifetime::from_minutes(1)) {
        let message = format!("the {name} key of {who} is from {}, which is yet to come", signing.created_at);
        return Some(Finding::error(SIGNING_KEYS, message, "set the clock of this machine"));
    }
    if used(SigningKeyUse::Published).is_some() {
        return None;
    }
    if let Some(end) = signing.retires_at.filter(|&end| end <= now.plus(SOON)) {
        let message = format!("the {name} key of {who} ends on {end}, and none follows");
        return Some(Finding::warning(SIGNING_KEYS, message, rotate));
    }
    let overdue = every.filter(|&every| signing.activates_at.plus(every).plus(GRACE) < now);
    overdue.map(|_| {
        let message = format!("the {name} key of {who} signs since {} and is overdue", signing.activates_at);
        Finding::warning(SIGNING_KEYS, message, format!("{rotate}; a server that runs does so by itself"))
    })
}

fn name(issuer: Issuer) -> String {
    match issuer {
        Issuer::Platform => "the platform".to_owned(),
        Issuer::Tenant(id) => format!("tenant {id}"),
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::SigningKeyId;

    use super::super::Level;
    use super::*;

    const ES256: SigningAlgorithm = SigningAlgorithm::Es256;

    fn day(number: u32) -> Timestamp {
        Timestamp::from_seconds(1_000_000_000).plus(Lifetime::from_days(number))
    }

    fn key(used_for: SigningKeyUse, since: u32, until: Option<u32>) -> SigningKeyView {
        SigningKeyView {
            id: SigningKeyId::from_bytes([1; 16]),
            algorithm: ES256,
            used_for,
            created_at: day(since),
            activates_at: day(since),
            retires_at: until.map(day),
        }
    }

    #[test]
    fn keys_that_lack_end_or_are_overdue_are_told_of() {
        use SigningKeyUse::{Published, Signing, Verifying};
        let every = Some(Lifetime::from_days(90));
        for (keys, every, expected) in [
            (vec![key(Signing, 50, None)], every, None),
            (vec![key(Signing, 10, None)], every, None),
            (vec![key(Signing, 8, None)], every, Some((Level::Warning, "is overdue"))),
            (vec![key(Signing, 8, None)], None, None),
            (vec![key(Signing, 8, Some(140)), key(Published, 101, None)], every, None),
            (vec![key(Signing, 50, Some(106))], every, Some((Level::Warning, "none follows"))),
            (vec![key(Verifying, 1, Some(106))], every, Some((Level::Error, "no ES256 key"))),
            (vec![], every, Some((Level::Error, "no ES256 key"))),
            (vec![key(Signing, 101, None)], every, Some((Level::Error, "yet to come"))),
        ] {
            let found = examine(Issuer::Platform, &keys, (ES256, every), day(100));
            assert_eq!(found.as_ref().map(|found| found.level), expected.map(|(level, _)| level), "{keys:?}");
            let told = found.map(|found| found.message).unwrap_or_default();
            assert!(told.contains(expected.map_or("", |(_, words)| words)), "{told}");
        }
    }
}
