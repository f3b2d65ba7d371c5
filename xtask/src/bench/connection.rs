//! A client for what prepares a measurement: one connection, one request at a time.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;

/// A connection that is kept (RFC 9112 §9.3).
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

/// What a request is, besides its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) cookie: Option<&'a str>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it sends a browser.
    pub(crate) location: Option<String>,
    /// What a browser is to keep, with the attributes.
    pub(crate) cookies: Vec<String>,
    body: Vec<u8>,
}

const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";

impl<'a> Head<'a> {
    pub(crate) const fn get(path: &'a str, authorization: Option<&'a str>) -> Self {
        Self { method: "GET", path, content_type: None, authorization, cookie: None }
    }

    pub(crate) const fn post_form(path: &'a str) -> Self {
        Self { method: "POST", path, content_type: Some(FORM), authorization: None, cookie: None }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl Connection {
    pub(crate) fn open(address: &str) -> Result<Self, Failure> {
        Self::try_open(address).map_err(|error| Failure::new(format!("{address}: {error}")))
    }

    pub(crate) fn try_open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned() })
    }

    /// The members of an answer that must be a good one.
    pub(crate) fn ask(&mut self, head: Head<'_>, body: &str) -> Result<Value, Failure> {
        let answer = self.answered(head, body, &[200, 201])?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::new(format!("{} answered no JSON: {error}", head.path)))
    }

    /// An answer that must have one of these statuses.
    pub(crate) fn answered(
        &mut self,
        head: Head<'_>,
        body: &str,
        statuses: &[u16],
    ) -> Result<Answer, Failure> {
        let answer = self.send(head, body);
        let answer = answer.map_err(|error| Failure::new(format!("{}: {error}", head.path)))?;
        if statuses.contains(&answer.status) {
            return Ok(answer);
        }
        Err(Failure::new(format!("{} answered {}: {}", head.path, answer.status, answer.text())))
    }

    pub(crate) fn send(&mut self, head: Head<'_>, body: &str) -> io::Result<Answer> {
        let mut request = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", head.method, head.path, self.address);
        let optional = [
            ("Content-Type", head.content_type),
            ("Authorization", head.authorization),
            ("Cookie", head.cookie),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                let _ = write!(request, "{name}: {value}\r\n");
            }
        }
        let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Answer> {
        let status = self.line()?.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status was answered"))?;
        let mut answer = Answer { status, location: None, cookies: Vec::new(), body: Vec::new() };
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                "location" => answer.location = Some(value.to_owned()),
                "set-cookie" => answer.cookies.push(value.to_owned()),
                _ => {}
            }
        }
        answer.body = vec![0; length];
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line)
    }
}
