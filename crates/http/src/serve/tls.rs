//! TLS: the certificate that clients are shown, exchanged when its files are.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A server's side of TLS. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read `{}`", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("`{}` holds no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),

    #[error("`{}` holds no private key in PEM", .0.display())]
    NoKey(PathBuf),

    #[error("the certificate and the private key do not belong together, or are of an unknown kind")]
    Unfit(#[source] rustls::Error),
}

impl Tls {
    /// Reads the certificates, the server's own first, and their private key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let read = files.read()?;
        let shown = Arc::new(Shown {
            current: RwLock::new(Arc::new(files.certified(&read, &provider)?)),
            seen: RwLock::new(read.fingerprint()),
            provider: Arc::clone(&provider),
            files,
        });
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unfit)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&shown);
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = [b"h2".as_slice(), b"http/1.1"].map(<[u8]>::to_vec).to_vec();
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), shown })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Looks at the files for ever. Handshakes from then on show what is new
    /// there; what cannot be shown is told once, and the one before stays.
    pub(super) async fn follow_files(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let shown = Arc::clone(&self.shown);
            let looked = tokio::task::spawn_blocking(move || shown.look()).await;
            match looked {
                Ok(Ok(true)) => tracing::info!("the TLS certificate was exchanged"),
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(error)) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the new TLS certificate cannot be used; the one before is shown on"
                ),
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.shown.files).finish_non_exhaustive()
    }
}

/// What clients are shown at the moment.
struct Shown {
    files: Files,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    /// The fingerprint of the files when they were last read.
    seen: RwLock<u64>,
}

impl Shown {
    /// Whether something else is shown from now on.
    fn look(&self) -> Result<bool, TlsError> {
        // Files that are being exchanged may be away for a moment.
        let Ok(read) = self.files.read() else { return Ok(false) };
        let fingerprint = read.fingerprint();
        if *self.seen.read() == fingerprint {
            return Ok(false);
        }
        *self.seen.write() = fingerprint;
        *self.current.write() = Arc::new(self.files.certified(&read, &self.provider)?);
        Ok(true)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read()))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("files", &self.files).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// The text of both files.
struct Read {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(&self) -> Result<Read, TlsError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })
        };
        Ok(Read { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    fn certified(&self, read: &Read, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let no_certificate = || TlsError::NoCertificate(self.certificate.clone());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read.certificate).collect();
        let chain = chain.map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let key = PrivateKeyDer::from_pem_slice(&read.key).map_err(|_| TlsError::NoKey(self.key.clone()))?;
        CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Unfit)
    }
}

impl Read {
    /// Notices that the files have changed, and no more is asked of it.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.certificate, &self.key).hash(&mut hasher);
        hasher.finish()
    }
}
