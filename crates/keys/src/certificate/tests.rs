use proptest::prelude::*;

use super::*;

const RSA_2048: &str = include_str!("../../tests/data/rsa-2048.pem");
const RSA_1024: &str = include_str!("../../tests/data/rsa-1024.pem");
const P_256: &str = include_str!("../../tests/data/p-256.pem");
const P_384: &str = include_str!("../../tests/data/p-384.pem");
const SECP256K1: &str = include_str!("../../tests/data/secp256k1.pem");
const ED25519: &str = include_str!("../../tests/data/ed25519.pem");

fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn a_certificate_says_what_it_says_elsewhere() {
    // Compared with what openssl prints of the same file.
    let certificate = Certificate::parse(RSA_2048).expect("parses");
    assert_eq!(certificate.subject(), "CN=sp.example,O=Example AB,C=SE");
    assert_eq!(certificate.not_before().to_string(), "2026-11-21T04:40:39Z");
    assert_eq!(certificate.not_after().to_string(), "2126-10-28T04:40:39Z");
    assert_eq!(certificate.sha256(), "0ab856ef4f6f5bba6d87326f0097e0f33c829e88440fd492209d4b12507b772c");
}

#[test]
fn every_spelling_is_the_same_certificate() {
    for pem in [RSA_2048, P_256, P_384] {
        let certificate = Certificate::parse(pem).expect("parses");
        assert_eq!(certificate.pem(), pem);
        for spelling in [
            body(pem),
            format!("\n  {}\t\n", body(pem)),
            pem.replace('\n', "\r\n"),
            pem.trim_end().to_owned(),
            format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", body(pem)),
            format!("subject=CN = sp.example\n{pem}and more text"),
        ] {
            assert_eq!(Certificate::parse(&spelling).as_ref(), Ok(&certificate), "{spelling}");
        }
    }
}

#[test]
fn what_is_not_one_usable_certificate_is_refused() {
    let der = STANDARD.decode(body(P_256)).expect("is base64");
    let encoded = |der: &[u8]| STANDARD.encode(der);
    let point = der.windows(3).position(|bytes| bytes == [0x42, 0x00, 0x04]).expect("has a point") + 3;
    let mut off_curve = der.clone();
    off_curve[point] ^= 1;
    for (text, reason) in [
        (String::new(), InvalidCertificate::Empty),
        (" \n".to_owned(), InvalidCertificate::Empty),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(), InvalidCertificate::Empty),
        (format!("{P_256}{P_384}"), InvalidCertificate::Several),
        (format!("{P_256}-----BEGIN PRIVATE KEY-----"), InvalidCertificate::Several),
        (P_256.replace("-----END CERTIFICATE-----", P_384), InvalidCertificate::Several),
        (P_256.replace("CERTIFICATE", "PRIVATE KEY"), InvalidCertificate::Label("PRIVATE KEY".to_owned())),
        (P_256.replace("-----END CERTIFICATE-----", ""), InvalidCertificate::Unfinished),
        ("-----BEGIN ".to_owned(), InvalidCertificate::Encoding),
        ("not base64!".to_owned(), InvalidCertificate::Encoding),
        (encoded(b"hello"), InvalidCertificate::Form),
        (encoded(&der[..der.len() - 1]), InvalidCertificate::Form),
        (encoded(&[&der[..], &[0]].concat()), InvalidCertificate::Form),
        (ED25519.to_owned(), InvalidCertificate::KeyType),
        (SECP256K1.to_owned(), InvalidCertificate::KeyType),
        (RSA_1024.to_owned(), InvalidCertificate::WeakRsa(1024)),
        (encoded(&off_curve), InvalidCertificate::Key),
    ] {
        assert_eq!(Certificate::parse(&text), Err(reason), "{text}");
    }
}

#[test]
fn a_certificate_must_not_end_before_it_begins() {
    let mut der = STANDARD.decode(body(P_256)).expect("is base64");
    let begin = der.windows(4).position(|bytes| bytes == b"2611").expect("begins in November 2026");
    // The year of the UTCTime: 26 becomes 49, and the end is a GeneralizedTime of 2126; swap that to 2026.
    let end = der.windows(4).position(|bytes| bytes == b"2126").expect("ends in 2126");
    der[begin..begin + 2].copy_from_slice(b"49");
    der[end..end + 4].copy_from_slice(b"2026");
    assert_eq!(Certificate::parse(&STANDARD.encode(der)), Err(InvalidCertificate::Validity));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(raw in any::<String>(), at in 0_usize..300, bit in 0_u8..8) {
        let _ = Certificate::parse(&raw);
        let mut der = STANDARD.decode(body(P_256)).expect("is base64");
        if let Some(byte) = der.get_mut(at) {
            *byte ^= 1 << bit;
        }
        let _ = Certificate::parse(&STANDARD.encode(der));
    }
}
