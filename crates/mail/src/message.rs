//! A letter as it travels (RFC 5322).

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use appkeep_domain::{Clock, Entropy, Timestamp};
use appkeep_service::Mail;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::letter::Written;
use crate::mailer::Undelivered;

/// Who mails come from: an address, perhaps with a name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text that names no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an address such as `id@example.com` or `Example <id@example.com>`")]
pub struct InvalidSender;

impl FromStr for Sender {
    type Err = InvalidSender;

    fn from_str(raw: &str) -> Result<Self, InvalidSender> {
        raw.parse().map(Self).map_err(|_| InvalidSender)
    }
}

impl Sender {
    /// The part of the address after the `@`.
    pub(crate) fn host(&self) -> &str {
        self.0.email.domain()
    }

    /// Under the tenant's name, unless it has one of its own.
    fn in_the_name_of(&self, tenant: &str) -> Mailbox {
        let name = self.0.name.clone().unwrap_or_else(|| on_one_line(tenant));
        Mailbox::new(Some(name), self.0.email.clone())
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A mail that is ready to be sent, as often as it takes.
pub(crate) struct Composed {
    pub(crate) message: Message,
    /// What it is called in logs, here and wherever it is relayed.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
}

impl Composed {
    pub(crate) fn new(
        mail: &Mail,
        sender: &Sender,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, Undelivered> {
        let Written { subject, text, html } = Written::of(mail).map_err(Undelivered::for_good)?;
        let to: Address = mail.to.as_str().parse().map_err(Undelivered::for_good)?;
        let (id, at) = (random(entropy), clock.now());
        let both = MultiPart::alternative()
            .boundary(format!("appkeep-{}", random(entropy)))
            .singlepart(SinglePart::plain(text))
            .singlepart(SinglePart::html(html));
        let message = Message::builder()
            .from(sender.in_the_name_of(&mail.tenant))
            .to(to.into())
            .subject(on_one_line(&subject))
            .date(system_time(at))
            .message_id(Some(format!("<{id}@{}>", sender.host())))
            .raw_header(no_answer())
            .multipart(both)
            .map_err(Undelivered::for_good)?;
        Ok(Self { message, id, at })
    }
}

/// The library that writes headers panics over control characters.
fn on_one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// RFC 3834 §5: nobody wrote it by hand, so no machine should answer it.
fn no_answer() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn system_time(at: Timestamp) -> SystemTime {
    let since = Duration::from_secs(u64::try_from(at.as_seconds()).unwrap_or_default());
    SystemTime::UNIX_EPOCH + since
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{Email, Lifetime};
    use appkeep_service::Letter;
    use appkeep_testkit::{ManualClock, SeededEntropy};

    use super::*;

    fn composed(to: &str, from: &str, tenant: &str) -> Result<String, Undelivered> {
        let clock = ManualClock::new(Timestamp::parse("2026-11-21T14:00:00Z").expect("a moment"));
        let letter = Letter::VerifyAddress {
            link: format!("https://id.example.com/verify?link={}", "x".repeat(90)),
            lifetime: Lifetime::from_hours(24),
        };
        let mail = Mail { to: Email::parse(to).expect(to), tenant: tenant.to_owned(), letter };
        let sender: Sender = from.parse().expect(from);
        let composed = Composed::new(&mail, &sender, &clock, &SeededEntropy::new(1))?;
        Ok(String::from_utf8(composed.message.formatted()).expect("ASCII"))
    }

    #[test]
    fn a_mail_says_what_mails_have_to() {
        let mail = composed("ada@example.org", "id@example.com", "Northwind").expect("composes");
        for line in [
            "From: Northwind <id@example.com>",
            "To: ada@example.org",
            "Subject: Confirm your email address for Northwind",
            "Date: Sat, 21 Nov 2026 14:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ] {
            assert!(mail.contains(&format!("{line}\r\n")), "{line} in {mail}");
        }
        assert!(mail.contains("\r\nMessage-ID: <") && mail.contains("@example.com>\r\n"), "{mail}");
        assert_eq!(mail.matches("\r\nContent-Type: text/").count(), 2, "{mail}");
        assert!(mail.is_ascii() && mail.lines().all(|line| line.len() <= 998), "{mail}");
    }

    #[test]
    fn a_name_adds_no_header() {
        let mail = composed("ada@example.org", "id@example.com", "Ökohaus \"A\"\r\nBcc: x@example.org");
        let mail = mail.expect("composes");
        let (head, _) = mail.split_once("\r\n\r\n").expect("a mail has a head");
        assert!(!head.contains("\nBcc:"), "{head}");
        let named = composed("ada@example.org", "Sign-in <id@example.com>", "Northwind").expect("composes");
        assert!(named.contains("From: Sign-in <id@example.com>\r\n"), "{named}");
    }

    #[test]
    fn what_is_no_address_of_mail_is_given_up() {
        let refused = composed("ada@example..org", "id@example.com", "Northwind");
        assert!(refused.is_err_and(|error| error.is_final()));
    }

    #[test]
    fn a_sender_is_an_address() {
        for (raw, good) in [
            ("id@example.com", true),
            ("Example <id@example.com>", true),
            ("\"Example, Inc.\" <id@example.com>", true),
            ("example.com", false),
            ("", false),
            ("a@example.com, b@example.com", false),
            ("Example <id@example.com>\r\nBcc: x@example.org", false),
        ] {
            assert_eq!(raw.parse::<Sender>().is_ok(), good, "{raw:?}");
        }
    }
}
