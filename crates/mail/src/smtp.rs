//! Mail over SMTP (RFC 5321), to the server that takes it from there.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::mailer::Undelivered;
use crate::message::{Composed, Sender};

/// Where mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// A name, or an address without brackets. Its certificate is for this.
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub account: Option<Account>,
}

/// How what is said to the server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte on (RFC 8314 §3.3).
    Implicit,
    /// After `STARTTLS` (RFC 3207). A server that does not offer it gets
    /// nothing, neither mail nor password.
    StartTls,
    /// Not at all: for a server on the same machine.
    None,
}

/// As whom mail is handed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why a server cannot even be asked.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be spoken with the mail server")]
pub struct InvalidServer(#[source] lettre::transport::smtp::Error);

/// Hands in mails, with a connection for each: there are few of them.
#[derive(Debug, Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    /// How long each word of the server may take.
    const WORD_TIMEOUT: Duration = Duration::from_secs(20);
    /// How long handing in a mail may take altogether.
    const TIMEOUT: Duration = Duration::from_mins(1);

    pub fn new(server: SmtpServer, sender: &Sender) -> Result<Self, InvalidServer> {
        Self::trusting(server, sender, &[])
    }

    /// Trusts these certificates besides those that the system does.
    pub(crate) fn trusting(
        server: SmtpServer,
        sender: &Sender,
        roots: &[Certificate],
    ) -> Result<Self, InvalidServer> {
        let SmtpServer { host, port, encryption, account } = server;
        let tls = tls(&host, encryption, roots).map_err(InvalidServer)?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .hello_name(ClientId::Domain(sender.host().to_owned()))
            .timeout(Some(Self::WORD_TIMEOUT));
        if let Some(Account { user, password }) = account {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build() })
    }

    pub(crate) async fn take(&self, composed: &Composed) -> Result<(), Undelivered> {
        let sending = self.transport.send(composed.message.clone());
        match tokio::time::timeout(Self::TIMEOUT, sending).await {
            Ok(Ok(_)) => Ok(()),
            // RFC 5321 §4.2.1: what is answered with 5yz will be so again.
            Ok(Err(error)) if error.is_permanent() => Err(Undelivered::for_good(error)),
            Ok(Err(error)) => Err(Undelivered::for_now(error)),
            Err(_) => Err(Undelivered::for_now("the mail server took too long")),
        }
    }
}

fn tls(
    host: &str,
    encryption: Encryption,
    roots: &[Certificate],
) -> Result<Tls, lettre::transport::smtp::Error> {
    let parameters = || {
        let builder = TlsParameters::builder(host.to_owned());
        roots.iter().fold(builder, |builder, root| builder.add_root_certificate(root.clone())).build()
    };
    Ok(match encryption {
        Encryption::Implicit => Tls::Wrapper(parameters()?),
        Encryption::StartTls => Tls::Required(parameters()?),
        Encryption::None => Tls::None,
    })
}
