//! What a letter says: the same in plain text and in HTML, for readers of
//! either.

use appkeep_domain::Lifetime;
use appkeep_service::{Letter, Mail};
use askama::Template;

/// A letter in words.
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Written {
    pub(crate) fn of(mail: &Mail) -> Result<Self, askama::Error> {
        let words = Words::of(mail);
        let subject = words.subject.clone();
        Ok(Self { subject, text: Plain { words: &words }.render()?, html: Html { words: &words }.render()? })
    }
}

/// The parts that every letter of ours has.
struct Words<'a> {
    tenant: &'a str,
    subject: String,
    /// Why somebody gets it.
    reason: String,
    link: &'a str,
    /// What following the link is for, as a button has it.
    action: &'static str,
    lifetime: String,
    /// What to do when it was not asked for.
    otherwise: &'static str,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Plain<'a> {
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    words: &'a Words<'a>,
}

impl<'a> Words<'a> {
    fn of(mail: &'a Mail) -> Self {
        let tenant = mail.tenant.as_str();
        match &mail.letter {
            Letter::ResetPassword { link, lifetime } => Self {
                tenant,
                subject: format!("Choose a new password for {tenant}"),
                reason: format!(
                    "Somebody, most likely you, asked for a new password for your account at {tenant}."
                ),
                link,
                action: "Choose a new password",
                lifetime: in_words(*lifetime),
                otherwise: "If it was not you, do nothing: your password stays as it is.",
            },
            Letter::Invitation { link, lifetime } => Self {
                tenant,
                subject: format!("You are invited to administer at {tenant}"),
                reason: format!(
                    "Somebody who administers at {tenant} invites you to do so as well. You accept by \
                     choosing a password. If you have an account there already, it is added to that, and \
                     the password that you choose takes the place of yours."
                ),
                link,
                action: "Accept and choose a password",
                lifetime: in_words(*lifetime),
                otherwise: "If you do not know why, do nothing: nothing changes for you.",
            },
            Letter::VerifyAddress { link, lifetime } => Self {
                tenant,
                subject: format!("Confirm your email address for {tenant}"),
                reason: format!(
                    "This address was given for an account at {tenant}. Please confirm that it is yours."
                ),
                link,
                action: "Confirm your address",
                lifetime: in_words(*lifetime),
                otherwise: "If you have no such account, do nothing: the address stays unconfirmed.",
            },
            Letter::SignIn { link, lifetime } => Self {
                tenant,
                subject: format!("Sign in to {tenant}"),
                reason: format!("Somebody, most likely you, wants to sign in to {tenant} as you."),
                link,
                action: "Sign in",
                lifetime: in_words(*lifetime),
                otherwise: "If it was not you, do nothing: nobody signs in.",
            },
        }
    }
}

/// In the largest unit that it is a whole number of, such as `one hour` or `30
/// minutes`.
pub(crate) fn in_words(span: Lifetime) -> String {
    let seconds = span.as_seconds();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (size, unit) = units
        .into_iter()
        .find(|(size, _)| seconds.is_multiple_of(*size) && seconds > 0)
        .unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("one {unit}"),
        count => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::Email;

    use super::*;

    fn mail(letter: fn(String, Lifetime) -> Letter, tenant: &str) -> Mail {
        let link = "https://id.example.com/new-password?link=lnk_1&x='2'".to_owned();
        Mail {
            to: Email::parse("ada@example.com").expect("is one"),
            tenant: tenant.to_owned(),
            letter: letter(link, Lifetime::from_minutes(30)),
        }
    }

    fn reset(link: String, lifetime: Lifetime) -> Letter {
        Letter::ResetPassword { link, lifetime }
    }

    fn invitation(link: String, lifetime: Lifetime) -> Letter {
        Letter::Invitation { link, lifetime }
    }

    fn verify(link: String, lifetime: Lifetime) -> Letter {
        Letter::VerifyAddress { link, lifetime }
    }

    fn sign_in(link: String, lifetime: Lifetime) -> Letter {
        Letter::SignIn { link, lifetime }
    }

    #[test]
    fn a_letter_says_who_writes_and_why_and_until_when() {
        for (letter, subject) in [
            (reset as fn(String, Lifetime) -> Letter, "Choose a new password for Northwind"),
            (invitation, "You are invited to administer at Northwind"),
            (verify, "Confirm your email address for Northwind"),
            (sign_in, "Sign in to Northwind"),
        ] {
            let Written { subject: found, text, html } =
                Written::of(&mail(letter, "Northwind")).expect("renders");
            assert_eq!(found, subject);
            for part in ["Northwind", "30 minutes", "do nothing"] {
                assert!(text.contains(part) && html.contains(part), "{part} in {text} {html}");
            }
            assert!(text.contains("\nhttps://id.example.com/new-password?link=lnk_1&x='2'\n"), "{text}");
            assert!(
                html.contains("href=\"https://id.example.com/new-password?link=lnk_1&#38;x=&#39;2&#39;\""),
                "{html}"
            );
        }
    }

    #[test]
    fn a_name_is_no_markup() {
        let Written { text, html, .. } = Written::of(&mail(reset, "<b>A&B</b>")).expect("renders");
        assert!(text.contains("at <b>A&B</b>."), "{text}");
        assert!(html.contains("&#60;b&#62;A&#38;B") && !html.contains("<b>A"), "{html}");
    }

    #[test]
    fn a_span_is_told_in_words() {
        for (seconds, words) in [
            (86_400, "one day"),
            (172_800, "2 days"),
            (3_600, "one hour"),
            (7_200, "2 hours"),
            (1_800, "30 minutes"),
            (60, "one minute"),
            (90, "90 seconds"),
            (1, "one second"),
            (0, "0 seconds"),
        ] {
            assert_eq!(in_words(Lifetime::from_seconds(seconds)), words);
        }
    }
}
