//! A person's browser: keeps cookies, reads pages, fills in forms.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode};
use parking_lot::Mutex;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::{Answer, TestApp};

/// Somebody who looks at our pages, with cookies of their own.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
    address: IpAddr,
}

/// What a browser was shown, or where it was sent.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl<'a> Browser<'a> {
    pub(super) const fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: Mutex::new(BTreeMap::new()), address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)) }
    }

    /// The same at another place.
    pub(crate) fn at(mut self, address: &str) -> Self {
        self.address = address.parse().expect("an address");
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::builder().method(Method::GET).uri(path), String::new()).await
    }

    /// Presses a button of the form on the page, with what was typed.
    pub(crate) async fn submit(&self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let mut fields = page.hidden_fields();
        fields.extend(typed.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        self.post(&page.form_action(), &fields).await
    }

    /// A form as a browser sends it, wherever it came from.
    pub(crate) async fn post(&self, path: &str, fields: &[(String, String)]) -> Page {
        self.post_from(path, fields, &[]).await
    }

    /// The same with what a browser says of the page that sent it.
    pub(crate) async fn post_from(
        &self,
        path: &str,
        fields: &[(String, String)],
        headers: &[(&str, &str)],
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, body).await
    }

    /// What a form with `enctype=text/plain` sends.
    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Page {
        let request = Request::builder().method(Method::POST).uri(path);
        self.send(request.header("content-type", "text/plain"), body.to_owned()).await
    }

    /// Types a name and a password on the page of a sign-in.
    pub(crate) async fn type_password(&self, page: &Page, identifier: &str, password: &str) -> Page {
        self.submit(page, &[("identifier", identifier), ("password", password)]).await
    }

    /// A browser with the same cookies, at another node perhaps.
    pub(crate) fn copied_to<'b>(&self, app: &'b TestApp) -> Browser<'b> {
        Browser { app, cookies: Mutex::new(self.cookies.lock().clone()), address: self.address }
    }

    /// Puts a cookie there, as somebody with the browser at hand could.
    pub(crate) fn plant_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().insert(name.to_owned(), value.to_owned());
    }

    /// The value of a cookie, by the end of its name.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock();
        cookies.iter().find(|(known, _)| known.ends_with(name)).map(|(_, value)| value.clone())
    }

    async fn send(&self, request: http::request::Builder, body: String) -> Page {
        let mut request = request
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
            .header("cookie", self.cookies())
            .body(Body::from(body))
            .expect("a request");
        let peer = SocketAddr::new(self.address, 40_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.app.router.clone().oneshot(request).await.expect("cannot fail");
        let Answer { status, headers, text, .. } = Answer::read(response).await;
        self.keep_cookies(&headers);
        Page { status, headers, html: text }
    }

    fn cookies(&self) -> String {
        let cookies = self.cookies.lock();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock();
        for header in headers.get_all("set-cookie") {
            let header = header.to_str().expect("text");
            let pair = header.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if header.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Page {
    /// Where the browser is sent, if it is.
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get("location")?.to_str().expect("text");
        Some(Url::parse(location).expect("an address"))
    }

    /// The same where it is one of our own; empty when it is sent nowhere.
    pub(crate) fn location_path(&self) -> &str {
        self.headers.get("location").map_or("", |location| location.to_str().expect("text"))
    }

    /// A parameter of where the browser is sent.
    pub(crate) fn sent(&self, name: &str) -> Option<String> {
        let location = self.location()?;
        let found = location.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// What it sends the browser back with, in whatever way: `code` or `error`,
    /// and whatever is beside it.
    pub(crate) fn answered(&self) -> BTreeMap<String, String> {
        match self.location() {
            Some(location) => location.query_pairs().into_owned().collect(),
            None => self.hidden_fields().into_iter().collect(),
        }
    }

    /// What stands at the top of the page.
    pub(crate) fn heading(&self) -> String {
        between(&self.html, "<h1>", "</h1>").map(plain).unwrap_or_default()
    }

    /// Where its form leads.
    #[track_caller]
    pub(crate) fn form_action(&self) -> String {
        let action = between(&self.html, "<form method=\"post\" action=\"", "\"");
        plain(action.unwrap_or_else(|| panic!("{} is no page with a form: {}", self.status, self.html)))
    }

    /// The one of its forms that has this in it, as a page of its own.
    #[track_caller]
    pub(crate) fn form_with(&self, part: &str) -> Self {
        let forms = self.html.split("<form ").skip(1).filter_map(|rest| rest.split_once("</form>"));
        let mut found = forms.map(|(form, _)| form).filter(|form| form.contains(part));
        let form = found.next().unwrap_or_else(|| panic!("no form has `{part}`: {}", self.html));
        assert!(found.next().is_none(), "several forms have `{part}`: {}", self.html);
        Self { status: self.status, headers: self.headers.clone(), html: format!("<form {form}</form>") }
    }

    /// What its form carries without showing it.
    pub(crate) fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.html.split("<input type=\"hidden\" ").skip(1);
        let field = |input: &str| {
            let name = between(input, "name=\"", "\"").expect("has a name");
            let value = between(input, "value=\"", "\"").expect("has a value");
            (plain(name), plain(value))
        };
        inputs.map(field).collect()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Without the escapes that a template writes.
fn plain(text: &str) -> String {
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    let named = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    escapes.iter().chain(&named).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
