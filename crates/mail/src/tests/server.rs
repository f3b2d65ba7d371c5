//! A mail server of a few lines (RFC 5321), which notes what it is told.

use std::sync::Arc;

use parking_lot::Mutex;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Takes,
    /// Answers so many recipients with this code first.
    Refuses(usize, &'static str),
    /// Says nothing after the greeting.
    FallsSilent,
}

/// Whether it speaks TLS, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    Plainly,
    TlsWhenAsked,
    TlsFromTheStart,
}

pub(super) struct MailServer {
    pub(super) port: u16,
    /// Its certificate, in PEM.
    pub(super) certificate: String,
    heard: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl MailServer {
    pub(super) async fn start(manner: Manner, speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (acceptor, certificate) = tls();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (noted, mut tasks) = (Arc::clone(&heard), JoinSet::new());
        tasks.spawn(async move {
            let mut refused = 0;
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let mut talk = Talk { manner, offers_tls: false, refused, heard: Arc::clone(&noted) };
                talk.begin(stream, speaks, &acceptor).await;
                refused = talk.refused;
            }
        });
        Self { port, certificate, heard, _tasks: tasks }
    }

    /// Every line that it was told, in all connections.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().clone()
    }

    pub(super) fn count(&self, line: &str) -> usize {
        self.heard().iter().filter(|heard| heard.as_str() == line).count()
    }
}

fn tls() -> (TlsAcceptor, String) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("there are some")
            .with_no_client_auth()
            .with_single_cert(vec![pair.cert.der().clone()], key)
            .expect("they fit");
    (TlsAcceptor::from(Arc::new(config)), pair.cert.pem())
}

/// One connection.
struct Talk {
    manner: Manner,
    offers_tls: bool,
    refused: usize,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    async fn begin(&mut self, stream: TcpStream, speaks: Speaks, acceptor: &TlsAcceptor) {
        if speaks == Speaks::TlsFromTheStart {
            if let Ok(stream) = acceptor.accept(stream).await {
                self.speak(stream, true).await;
            }
            return;
        }
        self.offers_tls = speaks == Speaks::TlsWhenAsked;
        if let Some(stream) = self.speak(stream, true).await {
            self.offers_tls = false;
            if let Ok(stream) = acceptor.accept(stream).await {
                self.speak(stream, false).await;
            }
        }
    }

    /// Until the client leaves, or asks for TLS.
    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: S, greets: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greets {
            stream.write_all(b"220 mail.example ready\r\n").await.ok()?;
        }
        let (mut line, mut is_data) = (String::new(), false);
        while stream.read_line(&mut line).await.is_ok_and(|length| length > 0) {
            let told = std::mem::take(&mut line).trim_end().to_owned();
            self.heard.lock().push(told.clone());
            is_data = match (is_data, told.as_str()) {
                (true, ".") => false,
                (true, _) => continue,
                (false, told) => told == "DATA",
            };
            let answer = self.answer(&told);
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            if told == "STARTTLS" {
                return Some(stream.into_inner());
            }
        }
        None
    }

    fn answer(&mut self, told: &str) -> String {
        if self.manner == Manner::FallsSilent {
            return String::new();
        }
        match told.split(' ').next().unwrap_or_default() {
            "EHLO" if self.offers_tls => "250-mail.example\r\n250 STARTTLS\r\n".to_owned(),
            "EHLO" => "250-mail.example\r\n250 AUTH PLAIN\r\n".to_owned(),
            "STARTTLS" => "220 go on\r\n".to_owned(),
            "AUTH" => "235 welcome\r\n".to_owned(),
            "RCPT" => self.answer_recipient(told),
            "DATA" => "354 go on\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 fine\r\n".to_owned(),
        }
    }

    fn answer_recipient(&mut self, told: &str) -> String {
        match self.manner {
            Manner::Refuses(times, code) if self.refused < times => {
                self.refused += 1;
                format!("{code} not now: {told}\r\n")
            }
            _ => "250 fine\r\n".to_owned(),
        }
    }
}
