//! The certificate that the server shows.

use std::path::PathBuf;

use crate::faults::Faults;
use crate::settings::Settings;

/// The files of a certificate and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsFiles {
    /// Both or neither.
    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Option<Self> {
        match (settings.tls_certificate.clone(), settings.tls_key.clone()) {
            (Some(certificate), Some(key)) => Some(Self { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                faults.add("tls_key", "must be set with `tls_certificate`");
                None
            }
            (None, Some(_)) => {
                faults.add("tls_certificate", "must be set with `tls_key`");
                None
            }
        }
    }
}
