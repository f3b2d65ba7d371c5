//! Somebody else's server, which answers as it is told to over a real listener.

use std::sync::Arc;

use appkeep_http::{ConnectionLimits, serve};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A server at an address of its own.
pub(crate) struct Elsewhere {
    /// Without a slash at its end.
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<AskedThere>>>,
    _stop: oneshot::Sender<()>,
    _running: JoinSet<()>,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct AskedThere {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) accept: String,
    pub(crate) authorization: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What it answers.
pub(crate) struct Sent {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body }
    }
}

impl Elsewhere {
    /// Answers what `answer` says, which is told the server's own URL.
    pub(crate) async fn start(answer: impl Fn(&str, &AskedThere) -> Sent + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked: Arc<Mutex<Vec<AskedThere>>> = Arc::default();
        let (here, noted, answer) = (url.clone(), Arc::clone(&asked), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (here, noted, answer) = (here.clone(), Arc::clone(&noted), Arc::clone(&answer));
            async move {
                let asked = read(request).await;
                noted.lock().push(asked.clone());
                write(answer(&here, &asked))
            }
        });
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let mut running = JoinSet::new();
        running.spawn(serve(listener, router, (ConnectionLimits::DEFAULT, None), stopped));
        Self { url, asked, _stop: stop, _running: running }
    }

    /// Everything so far.
    pub(crate) fn asked(&self) -> Vec<AskedThere> {
        self.asked.lock().clone()
    }
}

async fn read(request: Request) -> AskedThere {
    let (parts, body) = request.into_parts();
    let header =
        |name: &str| parts.headers.get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
    let body = body.collect().await.expect("a body").to_bytes();
    AskedThere {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        accept: header("accept"),
        authorization: header("authorization"),
        headers: parts.headers.clone(),
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

fn write(sent: Sent) -> Response {
    let mut response = Response::builder().status(sent.status);
    for (name, value) in sent.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(sent.body)).expect("an answer")
}
