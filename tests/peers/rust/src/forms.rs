//! A browser that knows cookies, forms and redirects, and nothing else: how a
//! person signs in when the test is about the client.

use std::collections::BTreeMap;

use openidconnect::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use openidconnect::http::{Method, Request, StatusCode, Uri};
use openidconnect::url::{Url, form_urlencoded};
use openidconnect::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::Outcome;

pub struct Person {
    pub email: String,
    password: String,
}

impl Person {
    pub fn given(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self { email: text("email"), password: text("password") }
    }
}

/// One exchange, without following it anywhere, and without TLS.
pub fn fetch(mut request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let plain = request.uri().to_string().replacen("https:", "http:", 1);
    *request.uri_mut() = plain.parse::<Uri>().map_err(openidconnect::http::Error::from)?;
    let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
    let (parts, mut body) = config.new_agent().run(request)?.into_parts();
    Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
}

#[derive(Default)]
pub struct FormsBrowser {
    cookies: BTreeMap<String, String>,
}

impl FormsBrowser {
    /// The status, where it would lead, and the page.
    pub fn open(&mut self, url: &str, form: Option<String>) -> Outcome<(StatusCode, Option<Url>, String)> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(COOKIE, cookies.join("; "))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.unwrap_or_default().into_bytes())?;
        let answer = fetch(request)?;
        for line in answer.headers().get_all(SET_COOKIE) {
            self.keep(line.to_str()?);
        }
        let location = answer.headers().get(LOCATION).map(|location| location.to_str()).transpose()?;
        let location = location.map(|location| Url::parse(url)?.join(location)).transpose()?;
        Ok((answer.status(), location, String::from_utf8(answer.into_body())?))
    }

    /// From an authorization request to the answer that the application gets.
    pub fn sign_in(&mut self, authorization_url: &str, person: &Person) -> Outcome<Url> {
        let (_, _, page) = self.open(authorization_url, None)?;
        let action = after(&page, "<form method=\"post\" action=\"").ok_or("a page without a form")?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        for input in page.split("<input type=\"hidden\" ").skip(1) {
            let member = |name: &str| after(input, &format!("{name}=\"")).map(unescaped);
            form.append_pair(&member("name").ok_or("a name")?, &member("value").ok_or("a value")?);
        }
        form.append_pair("identifier", &person.email).append_pair("password", &person.password);
        let action = Url::parse(authorization_url)?.join(&unescaped(action))?;
        let (status, location, page) = self.open(action.as_str(), Some(form.finish()))?;
        location.ok_or_else(|| format!("{status}: {page}").into())
    }

    fn keep(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap_or((line, ""));
        let value = rest.split(';').next().unwrap_or_default();
        if line.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// What stands between that opening and the next quotation mark.
fn after<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    text.split_once(opening)?.1.split('"').next()
}

fn unescaped(html: &str) -> String {
    let references = [("&#38;", "&"), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">")];
    references.iter().fold(html.to_owned(), |text, (reference, character)| text.replace(reference, character))
}
