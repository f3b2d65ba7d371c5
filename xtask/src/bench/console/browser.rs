//! A browser without a window: it keeps cookies, and goes where it is sent.

use std::collections::BTreeMap;
use std::thread;

use super::page::path_of;
use crate::Failure;
use crate::bench::connection::{Answer, Connection, Head};
use crate::bench::page::{cookie, encoded, hidden_form};
use crate::bench::registry::{AFTER_A_NEW_PASSWORD, Operator};

/// How often it may be sent on before there is a page.
const MOST: usize = 8;

/// Somebody's.
#[derive(Debug)]
pub(super) struct Browser {
    connection: Connection,
    cookies: Cookies,
}

impl Browser {
    /// Signs in on the way to that path of the console, which it then shows.
    pub(super) fn sign_in(connection: Connection, operator: &Operator, to: &str) -> Result<Self, Failure> {
        thread::sleep(AFTER_A_NEW_PASSWORD);
        let mut browser = Self { connection, cookies: Cookies::default() };
        let form = browser.follow(format!("/console/sign-in?to={}", encoded(to)))?;
        let hidden = hidden_form(&form).ok_or_else(|| Failure::new("there is no form to sign in with"))?;
        let (email, password) = (encoded(&operator.email), encoded(&operator.password));
        let typed = format!("{hidden}&identifier={email}&password={password}");
        let answer = browser.send(Head::post_form("/sign-in"), &typed, &[303])?;
        browser.follow(way_on(&answer)?)?;
        Ok(browser)
    }

    /// The same browser, on a server that has its cookies from another.
    pub(super) fn over(self, connection: Connection) -> Self {
        Self { connection, ..self }
    }

    /// A page, or what a page loads.
    pub(super) fn page(&mut self, path: &str) -> Result<String, Failure> {
        Ok(self.send(Head::get(path, None), "", &[200])?.text().into_owned())
    }

    fn follow(&mut self, mut path: String) -> Result<String, Failure> {
        for _ in 0..MOST {
            let answer = self.send(Head::get(&path, None), "", &[200, 302, 303])?;
            if answer.status == 200 {
                return Ok(answer.text().into_owned());
            }
            path = way_on(&answer)?;
        }
        Err(Failure::new(format!("a browser is sent on again and again, at last to {path}")))
    }

    fn send(&mut self, head: Head<'_>, body: &str, statuses: &[u16]) -> Result<Answer, Failure> {
        let cookies = self.cookies.header();
        let head = Head { cookie: Some(&cookies).filter(|all| !all.is_empty()).map(String::as_str), ..head };
        let answer = self.connection.answered(head, body, statuses)?;
        for set in &answer.cookies {
            self.cookies.keep(set);
        }
        Ok(answer)
    }
}

fn way_on(answer: &Answer) -> Result<String, Failure> {
    let location = answer.location.as_deref().and_then(path_of);
    location.ok_or_else(|| Failure::new("a browser is sent on, and not told where"))
}

/// Values by their names.
#[derive(Debug, Default)]
struct Cookies(BTreeMap<String, String>);

impl Cookies {
    fn keep(&mut self, set: &str) {
        let Some((name, value)) = cookie(set).split_once('=') else { return };
        let is_gone = set.split(';').any(|attribute| attribute.trim() == "Max-Age=0");
        if is_gone {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    fn header(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_forgotten() {
        let mut cookies = Cookies::default();
        for (set, expected) in [
            ("b=1; Path=/; HttpOnly", "b=1"),
            ("a=x.y; Path=/; Max-Age=1800", "a=x.y; b=1"),
            ("b=2", "a=x.y; b=2"),
            ("a=; Path=/; HttpOnly; Max-Age=0", "b=2"),
            ("nothing", "b=2"),
        ] {
            cookies.keep(set);
            assert_eq!(cookies.header(), expected, "{set}");
        }
    }
}
