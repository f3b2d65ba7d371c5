//! What a connection may take, over a real listener.

use std::time::Duration;

use appkeep_http::{ConnectionLimits, Tls, TlsError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::requests::Server;

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(20);
const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

const LIMITS: ConnectionLimits = ConnectionLimits {
    most: 1_000,
    header_timeout: LONG,
    body_timeout: LONG,
    idle_timeout: LONG,
    shutdown_timeout: LONG,
};

async fn connect(server: &Server) -> TcpStream {
    let address = server.url.split("://").nth(1).expect("a URL");
    TcpStream::connect(address).await.expect("it listens")
}

/// What comes until the connection is closed, and how long that takes.
async fn rest(mut stream: TcpStream) -> (String, Duration) {
    let (begun, mut text) = (Instant::now(), Vec::new());
    // Being cut off is an end too.
    let _ = timeout(LONG, stream.read_to_end(&mut text)).await.expect("it is closed");
    (String::from_utf8_lossy(&text).into_owned(), begun.elapsed())
}

/// The head of one answer, whose short body comes with it.
async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 2_048];
    let length = timeout(LONG, stream.read(&mut buffer)).await.expect("in time").expect("an answer");
    String::from_utf8(buffer[..length].to_vec()).expect("ASCII")
}

#[tokio::test]
async fn a_connection_that_brings_no_request_is_closed() {
    let server = Server::start_with(ConnectionLimits { header_timeout: SHORT, ..LIMITS }, None).await;
    for begun in ["", "GET /heal", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = connect(&server).await;
        stream.write_all(begun.as_bytes()).await.expect("written");
        let (_, took) = rest(stream).await;
        assert!(SHORT <= took + Duration::from_millis(50) && took < SHORT * 6, "{begun:?} {took:?}");
    }
}

#[tokio::test]
async fn a_pause_between_requests_may_be_longer_than_a_head() {
    let server = Server::start_with(ConnectionLimits { header_timeout: SHORT, ..LIMITS }, None).await;
    let mut stream = connect(&server).await;
    for _ in 0..2 {
        stream.write_all(ASK.as_bytes()).await.expect("written");
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
        tokio::time::sleep(SHORT * 3).await;
    }
    stream.write_all(b"GET /heal").await.expect("written");
    let (said, took) = rest(stream).await;
    assert!(said.is_empty() && took < SHORT * 6, "{said} {took:?}");
}

#[tokio::test]
async fn a_pause_between_requests_ends() {
    let server = Server::start_with(ConnectionLimits { idle_timeout: SHORT, ..LIMITS }, None).await;
    let mut stream = connect(&server).await;
    stream.write_all(ASK.as_bytes()).await.expect("written");
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    let (said, took) = rest(stream).await;
    assert!(said.is_empty() && took < SHORT * 6, "{said} {took:?}");
    // One that is worked on is not silent.
    let mut stream = connect(&server).await;
    stream.write_all(ASK.replace("healthz", "slow").as_bytes()).await.expect("written");
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_body_must_be_there_in_time() {
    let server = Server::start_with(ConnectionLimits { body_timeout: SHORT, ..LIMITS }, None).await;
    let mut stream = connect(&server).await;
    let head = "POST /drafts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                connection: close\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.expect("written");
    let (said, took) = rest(stream).await;
    assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("did not arrive in time"), "{said}");
    assert!(took < SHORT * 6, "{took:?}");
}

#[tokio::test]
async fn a_head_is_of_a_bounded_length() {
    let server = Server::start_with(LIMITS, None).await;
    for (length, status) in [(1_000, "200"), (100_000, "431")] {
        let mut stream = connect(&server).await;
        let head =
            ASK.replace("\r\n\r\n", &format!("\r\nx: {}\r\nconnection: close\r\n\r\n", "x".repeat(length)));
        // It may be refused before it has been written whole.
        let _ = stream.write_all(head.as_bytes()).await;
        let said = answer(&mut stream).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
    }
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_place() {
    let server = Server::start_with(ConnectionLimits { most: 2, ..LIMITS }, None).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        stream.write_all(ASK.as_bytes()).await.expect("written");
        answer(&mut stream).await;
        held.push(stream);
    }
    let mut waiting = connect(&server).await;
    waiting.write_all(ASK.as_bytes()).await.expect("written");
    let mut buffer = [0; 1];
    assert!(timeout(SHORT, waiting.read(&mut buffer)).await.is_err(), "there is no place yet");
    held.pop();
    assert!(answer(&mut waiting).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_request_without_end_does_not_keep_the_server_from_stopping() {
    let mut server = Server::start_with(ConnectionLimits { shutdown_timeout: SHORT, ..LIMITS }, None).await;
    let (mut endless, mut idle) = (connect(&server).await, connect(&server).await);
    endless.write_all(ASK.replace("healthz", "never").as_bytes()).await.expect("written");
    idle.write_all(ASK.as_bytes()).await.expect("written");
    answer(&mut idle).await;
    server.stop.take().expect("not yet used").send(()).expect("it listens");
    assert!(rest(idle).await.1 < SHORT, "it is closed at once");
    let begun = Instant::now();
    timeout(LONG, server.running.join_next()).await.expect("in time").expect("it ran").expect("no panic");
    assert!(begun.elapsed() < SHORT * 6);
    assert!(rest(endless).await.0.is_empty());
}

/// The files of a certificate for localhost.
struct Certificate {
    folder: tempfile::TempDir,
}

impl Certificate {
    fn new() -> (Self, reqwest::Certificate) {
        let made = Self { folder: tempfile::tempdir().expect("a folder") };
        let root = made.write();
        (made, root)
    }

    /// Puts another pair in the place of the files, and answers with what
    /// clients trust then.
    fn write(&self) -> reqwest::Certificate {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let write = |name: &str, text: String| {
            std::fs::write(self.folder.path().join(name), text).expect("written");
        };
        write("cert.pem", pair.cert.pem());
        write("key.pem", pair.signing_key.serialize_pem());
        reqwest::Certificate::from_pem(pair.cert.pem().as_bytes()).expect("a certificate")
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.folder.path().join("cert.pem"), &self.folder.path().join("key.pem"))
    }
}

/// What a client that trusts this certificate alone is answered over TLS, by
/// which version of HTTP.
async fn asked(server: &Server, root: &reqwest::Certificate) -> Option<(u16, reqwest::Version)> {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root.clone()]).build();
    let url = server.url.replace("http://127.0.0.1", "https://localhost");
    let answer = client.expect("a client").get(format!("{url}/healthz")).send().await.ok()?;
    Some((answer.status().as_u16(), answer.version()))
}

#[tokio::test]
async fn a_certificate_is_shown_and_exchanged_when_its_files_are() {
    let (files, root) = Certificate::new();
    let server = Server::start_with(LIMITS, Some(files.load().expect("fits"))).await;
    assert_eq!(asked(&server, &root).await, Some((200, reqwest::Version::HTTP_2)), "by ALPN");
    let newer = files.write();
    let exchanged = async {
        while asked(&server, &newer).await.is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, exchanged).await.expect("is exchanged");
    assert_eq!(asked(&server, &root).await, None, "the one before is not shown");

    std::fs::write(files.folder.path().join("cert.pem"), "broken").expect("written");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(asked(&server, &newer).await.is_some(), "what cannot be shown is not");
}

#[tokio::test]
async fn a_handshake_must_be_there_in_time() {
    let (files, _) = Certificate::new();
    let limits = ConnectionLimits { header_timeout: SHORT, ..LIMITS };
    let server = Server::start_with(limits, Some(files.load().expect("fits"))).await;
    for begun in ["", "\u{16}\u{3}\u{1}", ASK] {
        let mut stream = connect(&server).await;
        stream.write_all(begun.as_bytes()).await.expect("written");
        let (_, took) = rest(stream).await;
        assert!(took < SHORT * 6, "{begun:?} {took:?}");
    }
}

#[test]
fn files_that_cannot_be_shown_are_told_by_name() {
    let (files, _) = Certificate::new();
    let (other, _) = Certificate::new();
    let key = |of: &Certificate| std::fs::read(of.folder.path().join("key.pem")).expect("written");
    let write = |name: &str, text: &[u8]| {
        std::fs::write(files.folder.path().join(name), text).expect("written");
    };
    write("key.pem", &key(&other));
    assert!(matches!(files.load(), Err(TlsError::Unfit(_))));
    write("key.pem", b"no key");
    assert!(matches!(files.load(), Err(TlsError::NoKey(path)) if path.ends_with("key.pem")));
    write("cert.pem", b"no certificate");
    assert!(matches!(files.load(), Err(TlsError::NoCertificate(path)) if path.ends_with("cert.pem")));
    std::fs::remove_file(files.folder.path().join("cert.pem")).expect("written");
    assert!(matches!(files.load(), Err(TlsError::Unreadable { path, .. }) if path.ends_with("cert.pem")));
}
