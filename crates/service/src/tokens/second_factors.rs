//! A device that shows a person codes: given, confirmed, asked for, taken away.

use std::fmt;

use appkeep_domain::{Directory, FactorCode, FactorId, Timestamp, User, UserId};
use appkeep_keys::{Aad, MacKey, TotpSecret, generate_backup_code};
use appkeep_storage::{BackupTag, ReadTx, SealedTotp, StorageError, WriteTx};
use serde_json::json;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::Inner;
use super::browser::Browser;
use super::history::PersonEvent;
use super::people::People;
use crate::error::{Error, ErrorCode, Fault};

const BACKUP_PURPOSE: &str = "backup codes";
/// How many codes stand in for a lost device.
const BACKUP_CODES: usize = 8;

/// A device that is to show somebody codes, told this one time.
pub struct NewDevice {
    /// For whoever types it in, in base 32.
    pub secret: Zeroizing<String>,
    /// For whoever scans it: an `otpauth` address that authenticator apps read.
    pub uri: Zeroizing<String>,
    pub backup_codes: Vec<Zeroizing<String>>,
}

/// Whose device it is, among whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) people: People,
    pub(super) directory: &'a Directory,
    pub(super) user: &'a User,
}

/// A code that was right when it was looked at, and is used up by using it.
#[derive(Debug, Clone)]
pub(super) enum RightCode {
    Shown { factor: FactorId, step: i64 },
    StandsIn(BackupTag),
}

impl Inner {
    /// Nobody is asked for a code before the device has shown a right one.
    /// `mfa_already_enabled` once it has.
    pub(super) async fn enrol_device(
        &self,
        holder: Holder<'_>,
        called: &str,
        browser: &Browser,
    ) -> Result<NewDevice, Error> {
        let Holder { people, directory, user } = holder;
        let (id, secret): (FactorId, _) = (self.make_id(), TotpSecret::generate(&*self.entropy));
        let backup_codes: Vec<_> = (0..BACKUP_CODES).map(|_| generate_backup_code(&*self.entropy)).collect();
        let key = self.backup_key().await?;
        let tags: Vec<BackupTag> = backup_codes
            .iter()
            .filter_map(|code| FactorCode::parse(code))
            .filter_map(|code| tag(&key, user.id, &code))
            .collect();
        let place = place(directory, user.id, id);
        let (data_key_version, sealed) = self.keyring.seal(self.issuer(), &place, secret.as_bytes()).await?;
        let totp = SealedTotp {
            id,
            directory: directory.id,
            user: user.id,
            issuer: self.issuer(),
            data_key_version,
            sealed,
            created_at: self.now(),
            confirmed_at: None,
            last_step: None,
        };
        let event = PersonEvent { people, action: "user.mfa_enrolled", user: user.id, application: None };
        let entry = self.entry_of_person(event, json!({ "factor_id": id.to_string() }), browser).await?;
        let kept = directory.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            if has_device(tx, people, (&kept, totp.user)).await? {
                return Err(Error::new(
                    ErrorCode::MfaAlreadyEnabled,
                    "a device is in use already; remove it first",
                ));
            }
            tx.put_totp(people.within, &kept, (&totp, &tags)).await?;
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await?;
        let uri = address_of(called, user, &secret);
        Ok(NewDevice { secret: secret.base32(), uri, backup_codes })
    }

    /// From now on codes are asked for. `totp_invalid` for a wrong one.
    pub(super) async fn confirm_device(
        &self,
        holder: Holder<'_>,
        code: &str,
        browser: &Browser,
    ) -> Result<(), Error> {
        let Holder { people, directory, user } = holder;
        let now = self.now();
        let Some(RightCode::Shown { factor, step }) = self.judge_code(holder, code).await? else {
            return Err(wrong_code());
        };
        let event = PersonEvent { people, action: "user.mfa_enabled", user: user.id, application: None };
        let entry = self.entry_of_person(event, json!({ "factor_id": factor.to_string() }), browser).await?;
        let (directory, user) = (directory.clone(), user.id);
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            if has_device(tx, people, (&directory, user)).await? {
                return Err(Error::new(ErrorCode::MfaAlreadyEnabled, "a device is in use already"));
            }
            if !tx.use_totp(people.within, &directory, (user, factor), (step, now)).await? {
                return Err(wrong_code());
            }
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Whoever showed a right code is asked for none from now on.
    pub(super) async fn remove_device(
        &self,
        Holder { people, directory, user }: Holder<'_>,
        right: RightCode,
        browser: &Browser,
    ) -> Result<(), Error> {
        let now = self.now();
        let event = PersonEvent { people, action: "user.mfa_disabled", user: user.id, application: None };
        let entry = self.entry_of_person(event, json!({}), browser).await?;
        let (directory, user) = (directory.clone(), user.id);
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            if !use_code(tx, people, (&directory, user), (&right, now)).await? {
                return Err(wrong_code());
            }
            tx.delete_totp(people.within, &directory, user).await?;
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// What the code is, if it is right at this moment; whoever uses it looks
    /// again whether nobody else has.
    pub(super) async fn judge_code(
        &self,
        holder: Holder<'_>,
        code: &str,
    ) -> Result<Option<RightCode>, Error> {
        let Holder { people, directory, user } = holder;
        let Some(code) = FactorCode::parse(code) else { return Ok(None) };
        let found = self.store.read().await?.totp(people.within, directory, user.id).await?;
        let Some(totp) = found else { return Ok(None) };
        let FactorCode::Totp(digits) = &code else {
            // One that stands in does not confirm the device that it stands in for.
            let key = self.backup_key().await?;
            let tag = totp.confirmed_at.and_then(|_| tag(&key, user.id, &code));
            return Ok(tag.map(RightCode::StandsIn));
        };
        let sealed = (totp.data_key_version, totp.sealed.as_slice());
        let opened = self.keyring.open(totp.issuer, &place(directory, user.id, totp.id), sealed).await?;
        let step = TotpSecret::from_bytes(&opened).and_then(|secret| secret.step_of(digits, self.now()));
        let step = step.filter(|step| totp.last_step.is_none_or(|last| last < *step));
        Ok(step.map(|step| RightCode::Shown { factor: totp.id, step }))
    }

    async fn backup_key(&self) -> Result<MacKey, Error> {
        Ok(self.keyring.mac_key(self.issuer(), BACKUP_PURPOSE).await?)
    }
}

/// Whether codes are asked for.
pub(super) async fn has_device(
    tx: &mut ReadTx,
    people: People,
    (directory, user): (&Directory, UserId),
) -> Result<bool, StorageError> {
    let totp = tx.totp(people.within, directory, user).await?;
    Ok(totp.is_some_and(|totp| totp.confirmed_at.is_some()))
}

/// Uses the code up; false when somebody was quicker, or there is no such code.
pub(super) async fn use_code(
    tx: &mut WriteTx,
    people: People,
    (directory, user): (&Directory, UserId),
    (right, now): (&RightCode, Timestamp),
) -> Result<bool, StorageError> {
    match right {
        RightCode::Shown { factor, step } => {
            tx.use_totp(people.within, directory, (user, *factor), (*step, now)).await
        }
        RightCode::StandsIn(tag) => tx.use_backup_code(people.within, directory, (user, tag)).await,
    }
}

pub(super) fn wrong_code() -> Error {
    let message = "is wrong, was used before, or is too old";
    Error::invalid(Fault::new("code", ErrorCode::TotpInvalid, message))
}

/// The same code is another for another person.
fn tag(key: &MacKey, user: UserId, code: &FactorCode) -> Option<BackupTag> {
    let FactorCode::Backup(text) = code else { return None };
    let message = [user.as_bytes().as_slice(), text.as_bytes()].concat();
    let mut tag = BackupTag::default();
    tag.copy_from_slice(&key.tag(&message)[..16]);
    Some(tag)
}

fn place(directory: &Directory, user: UserId, factor: FactorId) -> Aad {
    let row = [directory.id.as_bytes(), user.as_bytes(), factor.as_bytes()].concat();
    Aad::new("totp_factors", &row, "sealed")
}

/// As authenticator apps read it: whose account it is, at whose.
fn address_of(called: &str, user: &User, secret: &TotpSecret) -> Zeroizing<String> {
    let secret = secret.base32();
    let mut url = Url::parse("otpauth://totp/").expect("is an address");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&format!("{called}:{}", user.email.as_str()));
    }
    let mut query = Serializer::new(String::new());
    query.append_pair("secret", &secret).append_pair("issuer", called);
    query.append_pair("algorithm", "SHA1").append_pair("digits", "6").append_pair("period", "30");
    // An app that knows nothing of forms shows a plus as it is.
    url.set_query(Some(&query.finish().replace('+', "%20")));
    Zeroizing::new(url.into())
}

/// Whoever knows it makes every code.
impl fmt::Debug for NewDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewDevice(…)")
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{DirectoryId, Email};

    use super::*;
    use crate::people::blank_user;

    #[test]
    fn an_app_reads_whose_account_it_is() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").expect("is as long as one");
        let email = Email::parse("ada+1@example.com").expect("is an address");
        let blank = blank_user(
            UserId::from_bytes([1; 16]),
            DirectoryId::from_bytes([2; 16]),
            Timestamp::from_seconds(0),
        );
        let user = User { email, ..blank };
        assert_eq!(
            address_of("My SaaS & Co", &user, &secret).as_str(),
            "otpauth://totp/My%20SaaS%20&%20Co:ada+1@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&\
             issuer=My%20SaaS%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_code_has_one_tag_for_a_person_and_another_for_another() {
        let (key, [ada, eve]) =
            (MacKey::new(&[1; 32]), [1, 2].map(|number| UserId::from_bytes([number; 16])));
        let code = |raw: &str| FactorCode::parse(raw).expect("is a code");
        assert_eq!(tag(&key, ada, &code("abcde-fgh27")), tag(&key, ada, &code("ABCDEFGH27")));
        assert_ne!(tag(&key, ada, &code("abcde-fgh27")), tag(&key, eve, &code("abcde-fgh27")));
        assert_eq!(tag(&key, ada, &code("123456")), None);
    }
}
