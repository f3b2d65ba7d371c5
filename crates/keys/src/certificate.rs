//! X.509 certificates of SAML service providers.

use std::fmt::Write;

use appkeep_domain::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

use crate::rsa::{self, RsaPublicKey};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const LABEL: &str = "CERTIFICATE";

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A certificate whose public key can verify signatures.
///
/// Who issued it and whether it is in date is not judged: in SAML a
/// certificate is trusted because it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

/// Why a text is not taken as a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    #[error("the certificate is empty")]
    Empty,
    #[error("there is more than one certificate")]
    Several,
    #[error("this is no certificate but a {0}")]
    Label(String),
    #[error("the line `-----END CERTIFICATE-----` is missing")]
    Unfinished,
    #[error("a certificate is PEM, or base64 of DER")]
    Encoding,
    #[error("this is not an X.509 certificate")]
    Form,
    #[error("the certificate ends before it begins to be valid")]
    Validity,
    #[error("its public key must be RSA, or EC on P-256, P-384 or P-521")]
    KeyType,
    #[error("its public key is malformed")]
    Key,
    #[error("an RSA key has at least {least} bits, that of this certificate {0}", least = rsa::MIN_BITS)]
    WeakRsa(usize),
}

impl Certificate {
    /// Reads one certificate: PEM (RFC 7468 §5), text around it ignored, or
    /// bare base64 of its DER, as it stands in SAML metadata.
    pub fn parse(raw: &str) -> Result<Self, InvalidCertificate> {
        let text: String = base64_text(raw)?.split_ascii_whitespace().collect();
        if text.is_empty() {
            return Err(InvalidCertificate::Empty);
        }
        let der = STANDARD.decode(text).map_err(|_| InvalidCertificate::Encoding)?;
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|_| InvalidCertificate::Form)?;
        let parsed = parsed.tbs_certificate();
        check_key(parsed.subject_public_key_info())?;
        let not_before = moment(parsed.validity().not_before);
        let not_after = moment(parsed.validity().not_after);
        if not_after < not_before {
            return Err(InvalidCertificate::Validity);
        }
        Ok(Self { subject: parsed.subject().to_string(), der, not_before, not_after })
    }

    /// PEM with lines of 64 characters, as strict readers want it.
    pub fn pem(&self) -> String {
        let mut pem = format!("{BEGIN}{LABEL}{DASHES}\n");
        let mut rest = STANDARD.encode(&self.der);
        while !rest.is_empty() {
            let tail = rest.split_off(rest.len().min(64));
            pem.push_str(&rest);
            pem.push('\n');
            rest = tail;
        }
        pem + "-----END CERTIFICATE-----\n"
    }

    /// The distinguished name as RFC 4514 writes it; it may be empty.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The SHA-256 of the DER in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        let mut hex = String::with_capacity(64);
        for byte in digest(&SHA256, &self.der).as_ref() {
            // Writing to a text cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// What stands between the PEM lines, or all when there are none.
fn base64_text(raw: &str) -> Result<&str, InvalidCertificate> {
    let Some((_, from_label)) = raw.split_once(BEGIN) else {
        return Ok(raw);
    };
    let (label, body) = from_label.split_once(DASHES).ok_or(InvalidCertificate::Encoding)?;
    if label != LABEL {
        return Err(InvalidCertificate::Label(label.chars().filter(|c| !c.is_control()).take(40).collect()));
    }
    let (body, after) = body.split_once("-----END CERTIFICATE-----").ok_or(InvalidCertificate::Unfinished)?;
    if after.contains(BEGIN) || body.contains(BEGIN) {
        return Err(InvalidCertificate::Several);
    }
    Ok(body)
}

fn check_key(info: &SubjectPublicKeyInfoOwned) -> Result<(), InvalidCertificate> {
    let key = info.subject_public_key.as_bytes().ok_or(InvalidCertificate::Key)?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => check_rsa(key),
        EC_PUBLIC_KEY => check_point(info, key),
        _ => Err(InvalidCertificate::KeyType),
    }
}

fn check_rsa(key: &[u8]) -> Result<(), InvalidCertificate> {
    let key = RsaPublicKey::from_der(key).ok_or(InvalidCertificate::Key)?;
    match key.bits() {
        weak if weak < rsa::MIN_BITS => Err(InvalidCertificate::WeakRsa(weak)),
        bits if bits > rsa::MAX_BITS || !key.has_sound_exponent() => Err(InvalidCertificate::Key),
        _ => Ok(()),
    }
}

fn check_point(info: &SubjectPublicKeyInfoOwned, point: &[u8]) -> Result<(), InvalidCertificate> {
    let curve =
        info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    let algorithm: &'static dyn VerificationAlgorithm = match curve {
        Some(P256) => &ECDSA_P256_SHA256_ASN1,
        Some(P384) => &ECDSA_P384_SHA384_ASN1,
        Some(P521) => &ECDSA_P521_SHA512_ASN1,
        _ => return Err(InvalidCertificate::KeyType),
    };
    ParsedPublicKey::new(algorithm, point).map(drop).map_err(|_| InvalidCertificate::Key)
}

fn moment(time: Time) -> Timestamp {
    // X.509 knows no moment before 1950 or after 9999, and this type none before 1970.
    Timestamp::from_seconds(time.to_unix_duration().as_secs().try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
