//! What other servers are asked, without letting them choose what else is
//! reached: an address is a stranger's choice.

mod address;
mod events;
mod resolver;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use appkeep_service::{FetchBounds, FetchError, FetchRequest, FetchText, FetchedText};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::{Host, Url};
use zeroize::Zeroizing;

use self::address::Reach;
use self::events::Events;
pub use self::resolver::Lookup;
use self::resolver::{GuardedResolver, NotPublic};

const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest document, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// Where nobody says otherwise.
const USUAL: FetchBounds = FetchBounds { patience: TIMEOUT, most: BODY_LIMIT };
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Fetches over https from the public internet: no redirect is followed, no
/// proxy asked, and no address inside a network is reached, though a name may
/// lead to it.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    reach: Reach,
}

/// Why there can be no outbound client.
#[derive(Debug, thiserror::Error)]
#[error("the client for other servers cannot be made")]
pub struct OutboundError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Outbound {
    pub fn new() -> Result<Self, OutboundError> {
        Self::reaching(Reach::Internet, resolver::by_the_system())
    }

    /// Reaches this machine too, and that over http as well: for development.
    pub fn with_loopback() -> Result<Self, OutboundError> {
        Self::reaching(Reach::InternetAndLoopback, resolver::by_the_system())
    }

    /// The same, where names lead to what is said here: for tests.
    pub fn looking_up(self, lookup: Lookup) -> Result<Self, OutboundError> {
        Self::reaching(self.reach, lookup)
    }

    fn reaching(reach: Reach, lookup: Lookup) -> Result<Self, OutboundError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls_settings()?)
            .dns_resolver(GuardedResolver { reach, lookup })
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .user_agent("appkeep")
            .build()
            .map_err(|error| OutboundError(error.into()))?;
        Ok(Self { client, reach })
    }

    async fn send(&self, request: FetchRequest) -> Result<FetchedText, FetchError> {
        let FetchRequest { url, authorization, form, call, headers, bounds } = request;
        let bounds = bounds.unwrap_or(USUAL);
        let url = self.check(&url)?;
        let is_call = call.is_some();
        let mut request = match (call, form) {
            (Some(call), _) => {
                self.client.post(url).header(CONTENT_TYPE, JSON).body(call.as_bytes().to_vec())
            }
            (None, Some(form)) => {
                self.client.post(url).header(CONTENT_TYPE, FORM).body(form.as_bytes().to_vec())
            }
            (None, None) => self.client.get(url),
        };
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = authorization {
            let failed = |_| FetchError::new("cannot be sent such a header");
            let mut value = HeaderValue::from_str(&authorization).map_err(failed)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let accepted = if is_call { JSON_OR_EVENTS } else { JSON };
        let response =
            request.header(ACCEPT, accepted).timeout(bounds.patience).send().await.map_err(told)?;
        let status = response.status().as_u16();
        let texts = |name: &HeaderName| texts(response.headers(), name);
        let (challenges, session) = (texts(&WWW_AUTHENTICATE), texts(&SESSION).into_iter().next());
        let is_stream = is_call && texts(&CONTENT_TYPE).first().is_some_and(|said| events::is_stream(said));
        let most = bounds.most;
        let text = if is_stream {
            read_reply(response, most).await?
        } else {
            read(response, most, |_| false).await?
        };
        let text = String::from_utf8(text).map_err(|_| FetchError::new("is not UTF-8"))?;
        Ok(FetchedText { status, text: Zeroizing::new(text), challenges, session })
    }

    /// An address as a host never meets the resolver, so it is looked at here.
    fn check(&self, url: &str) -> Result<Url, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::refused("is not a URL"))?;
        let host = url.host().ok_or_else(|| FetchError::refused("names no host"))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && self.reach.allows_http(&host)) {
            return Err(FetchError::refused("is not an https URL"));
        }
        let allowed = match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => self.reach.allows(address.into()),
            Host::Ipv6(address) => self.reach.allows(address.into()),
        };
        if allowed { Ok(url) } else { Err(not_public()) }
    }
}

impl FetchText for Outbound {
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedText, FetchError>> + Send + '_>> {
        Box::pin(self.send(request))
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// The provider is named: with two in one program rustls would not choose. Made
/// once, since every certificate that the machine trusts is read for it.
fn tls_settings() -> Result<ClientConfig, OutboundError> {
    static MADE: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made.clone());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let failed = |error: rustls::Error| OutboundError(error.into());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let made = builder.with_platform_verifier().map_err(failed)?.with_no_client_auth();
    Ok(MADE.get_or_init(|| made).clone())
}

fn not_public() -> FetchError {
    FetchError::refused("is not on the public internet")
}

/// A name that leads inside is as an address that does.
fn told(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(one) = cause {
        if one.is::<NotPublic>() {
            return not_public();
        }
        cause = one.source();
    }
    FetchError::new(chain(&error))
}

/// The headers of this name that are text.
fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
}

/// The reply among the events, for which a stream is not read to its end; all
/// of it when there is none.
async fn read_reply(response: Response, most: usize) -> Result<Vec<u8>, FetchError> {
    let (mut events, mut reply) = (Events::default(), None);
    let is_reply = |chunk: &[u8]| {
        reply = events.read(chunk);
        reply.is_some()
    };
    let read = read(response, most, is_reply).await?;
    Ok(reply.map_or(read, String::into_bytes))
}

/// Stops at the limit, whatever length was promised, or when what came last is
/// enough.
async fn read(
    mut response: Response,
    most: usize,
    mut is_enough: impl FnMut(&[u8]) -> bool,
) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::new(chain(&error)))? {
        if body.len() + chunk.len() > most {
            return Err(FetchError::new(format_args!("is longer than {} KiB", most / 1_024)));
        }
        body.extend_from_slice(&chunk);
        if is_enough(&chunk) {
            break;
        }
    }
    Ok(body)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with these bytes; says where, and what was asked.
    async fn answering(answer: Vec<u8>) -> (String, impl Future<Output = String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let serving = async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.expect("a request");
            // Whoever has read enough hangs up.
            let _ = stream.write_all(&answer).await;
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        (format!("http://127.0.0.1:{port}/keys"), serving)
    }

    async fn fetched(answer: impl Into<Vec<u8>>) -> Result<String, String> {
        let (url, serving) = answering(answer.into()).await;
        let outbound = Outbound::with_loopback().expect("a client");
        let fetching = async {
            let answer = outbound.fetch(FetchRequest::get(url)).await.and_then(FetchedText::ok);
            answer.map(|text| text.to_string()).map_err(|error| error.to_string())
        };
        tokio::join!(fetching, serving).0
    }

    /// Why nothing is sent there.
    async fn refused(outbound: &Outbound, url: &str) -> String {
        outbound.fetch(FetchRequest::get(url)).await.expect_err("refused").to_string()
    }

    fn document(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn a_document_is_fetched() {
        assert_eq!(fetched(document("{\"keys\":[]}")).await.as_deref(), Ok("{\"keys\":[]}"));
    }

    #[tokio::test]
    async fn a_form_is_sent_with_what_proves_who_we_are() {
        let (url, serving) =
            answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}".to_vec()).await;
        let outbound = Outbound::with_loopback().expect("a client");
        let form = Zeroizing::new("code=abc".to_owned());
        let request = FetchRequest::post(url, form).authorized_by("Basic hush".to_owned());
        assert_eq!(format!("{request:?}"), "FetchRequest(…)");
        let (answer, asked) = tokio::join!(outbound.fetch(request), serving);
        let answer = answer.expect("an answer");
        assert_eq!((answer.status, answer.text.as_str()), (400, "{}"));
        assert!(
            asked.starts_with("POST /keys HTTP/1.1\r\n") && asked.ends_with("\r\n\r\ncode=abc"),
            "{asked}"
        );
        for header in [
            "content-type: application/x-www-form-urlencoded\r\n",
            "authorization: Basic hush\r\n",
            "accept: application/json\r\n",
        ] {
            assert!(asked.contains(header), "{asked}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(fetched(moved).await.expect_err("refused"), "answered with status 302");
    }

    #[tokio::test]
    async fn a_document_is_bounded() {
        let whole = "x".repeat(BODY_LIMIT);
        assert_eq!(fetched(document(&whole)).await.map(|text| text.len()), Ok(BODY_LIMIT));
        let too_long = document(&format!("{whole}x"));
        assert_eq!(fetched(too_long).await.expect_err("refused"), "is longer than 256 KiB");
        let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{whole}{whole}");
        assert_eq!(fetched(endless).await.expect_err("refused"), "is longer than 256 KiB");
    }

    #[tokio::test]
    async fn what_is_no_text_is_refused() {
        let garbage = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe".to_vec();
        assert_eq!(fetched(garbage).await.expect_err("refused"), "is not UTF-8");
    }

    #[tokio::test]
    async fn nothing_inside_a_network_is_reached() {
        let outbound = Outbound::new().expect("a client");
        for (url, reason) in [
            ("not a url", "is not a URL"),
            ("mailto:a@example.com", "names no host"),
            ("http://example.com/", "is not an https URL"),
            ("http://127.0.0.1/", "is not an https URL"),
            ("ftp://127.0.0.1/", "is not an https URL"),
            ("https://127.0.0.1/", "is not on the public internet"),
            ("https://2130706433/", "is not on the public internet"),
            ("https://0x7f.1/", "is not on the public internet"),
            ("https://169.254.169.254/latest/meta-data/", "is not on the public internet"),
            ("https://[::1]/", "is not on the public internet"),
            ("https://[::ffff:93.184.216.34]/", "is not on the public internet"),
        ] {
            assert_eq!(refused(&outbound, url).await, reason, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let outbound = Outbound::new().expect("a client");
        let refused = refused(&outbound, "https://localhost/").await;
        assert!(refused.contains("not on the public internet"), "{refused}");
    }

    #[tokio::test]
    async fn plain_http_is_for_this_machine_only() {
        let outbound = Outbound::with_loopback().expect("a client");
        for url in ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/"] {
            assert_eq!(refused(&outbound, url).await, "is not an https URL", "{url}");
        }
    }
}
