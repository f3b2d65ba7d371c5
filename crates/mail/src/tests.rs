//! Mails on their way, from the queue to a server or a folder.

mod server;

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Email, Lifetime, Timestamp};
use appkeep_service::{Letter, Mail, MailNotTaken, NoMail, SendMail as _};
use appkeep_testkit::{ManualClock, SeededEntropy};
use lettre::transport::smtp::client::Certificate;

use self::server::{MailServer, Manner, Speaks};
use crate::{Account, Encryption, Folder, Mailer, Pauses, Smtp, SmtpServer, Way};

const SOON: Pauses = Pauses([Duration::from_millis(5), Duration::from_millis(10)]);

fn mail() -> Mail {
    let link = "https://id.example.com/new-password?link=hush".to_owned();
    Mail {
        to: Email::parse("ada@example.org").expect("is one"),
        tenant: "Northwind".to_owned(),
        letter: Letter::ResetPassword { link, lifetime: Lifetime::from_hours(1) },
    }
}

fn mailer(way: Way) -> Mailer {
    let clock = ManualClock::new(Timestamp::parse("2026-11-21T14:00:00Z").expect("a moment"));
    let sender = "id@example.com".parse().expect("a sender");
    Mailer::start(way, sender, SOON, Arc::new(clock), Arc::new(SeededEntropy::new(1)))
}

/// A way to this server, for whoever trusts its certificate, or does not.
fn smtp(server: &MailServer, encryption: Encryption, trusts: bool) -> Way {
    let root = Certificate::from_pem(server.certificate.as_bytes()).expect("PEM");
    let account = Some(Account { user: "relay".to_owned(), password: "secret".to_owned() });
    let to = SmtpServer { host: "localhost".to_owned(), port: server.port, encryption, account };
    let roots = if trusts { vec![root] } else { vec![] };
    let sender = "id@example.com".parse().expect("a sender");
    Way::Smtp(Smtp::trusting(to, &sender, &roots).expect("TLS can be spoken"))
}

/// Sends one mail, and waits for what becomes of it.
async fn sent(way: Way) {
    let mailer = mailer(way);
    mailer.queue().send(mail()).expect("there is room");
    mailer.stop().await;
}

#[tokio::test]
async fn a_mail_is_handed_in() {
    for (speaks, encryption) in [
        (Speaks::Plainly, Encryption::None),
        (Speaks::TlsWhenAsked, Encryption::StartTls),
        (Speaks::TlsFromTheStart, Encryption::Implicit),
    ] {
        let server = MailServer::start(Manner::Takes, speaks).await;
        sent(smtp(&server, encryption, true)).await;
        let heard = server.heard();
        // Whatever was said before TLS is said again.
        let greetings = if speaks == Speaks::TlsWhenAsked { 2 } else { 1 };
        assert_eq!(server.count("EHLO example.com"), greetings, "{heard:?}");
        for line in ["MAIL FROM:<id@example.com>", "RCPT TO:<ada@example.org>", "."] {
            assert_eq!(server.count(line), 1, "{line} in {heard:?}");
        }
        assert!(heard.iter().any(|line| line.starts_with("AUTH PLAIN ")), "{heard:?}");
        assert!(heard.iter().any(|line| line == "Subject: Choose a new password for Northwind"), "{heard:?}");
    }
}

#[tokio::test]
async fn nothing_is_told_to_a_server_without_tls() {
    for (speaks, encryption, trusts) in [
        (Speaks::Plainly, Encryption::StartTls, true),
        (Speaks::TlsWhenAsked, Encryption::StartTls, false),
        (Speaks::TlsFromTheStart, Encryption::Implicit, false),
    ] {
        let server = MailServer::start(Manner::Takes, speaks).await;
        sent(smtp(&server, encryption, trusts)).await;
        let heard = server.heard();
        assert!(!heard.is_empty() || speaks == Speaks::TlsFromTheStart, "it was asked");
        let told = |word: &str| heard.iter().any(|line| line.starts_with(word));
        assert!(!told("AUTH") && !told("MAIL") && !told("DATA"), "{heard:?}");
    }
}

#[tokio::test]
async fn a_mail_is_tried_three_times() {
    for (times, code, tries, taken) in
        [(2, "451", 3, 1), (3, "451", 3, 0), (9, "451", 3, 0), (1, "550", 1, 0), (0, "451", 1, 1)]
    {
        let server = MailServer::start(Manner::Refuses(times, code), Speaks::Plainly).await;
        sent(smtp(&server, Encryption::None, true)).await;
        let found = (server.count("RCPT TO:<ada@example.org>"), server.count("."));
        assert_eq!(found, (tries, taken), "refused {times} times with {code}");
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_and_whoever_comes_too_late_is_told() {
    let server = MailServer::start(Manner::FallsSilent, Speaks::Plainly).await;
    let mailer = mailer(smtp(&server, Encryption::None, true));
    let queue = mailer.queue();
    // The worker has not run yet, so that all of them wait.
    for number in 0..1_000 {
        assert_eq!(queue.send(mail()), Ok(()), "{number}");
    }
    assert_eq!(queue.send(mail()), Err(MailNotTaken::Full));
    assert_eq!(NoMail.send(mail()), Err(MailNotTaken::NotConfigured));
}

#[tokio::test]
async fn once_stopped_no_mail_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = mailer(Way::Folder(Folder::new(folder.path().join("mail"))));
    let queue = mailer.queue();
    mailer.stop().await;
    assert_eq!(queue.send(mail()), Err(MailNotTaken::Stopped));
}

#[tokio::test]
async fn a_developer_finds_mails_in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mail");
    let mailer = mailer(Way::Folder(Folder::new(&path)));
    for _ in 0..3 {
        mailer.queue().send(mail()).expect("there is room");
    }
    mailer.stop().await;
    let files: Vec<_> =
        std::fs::read_dir(&path).expect("it was made").map(|file| file.expect("is there").path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(name.starts_with("2026-11-21T14-00-00Z-"), "{name}");
        assert_eq!(file.extension(), Some("eml".as_ref()), "{name}");
        let text = std::fs::read_to_string(&file).expect("can be read");
        assert!(text.contains("To: ada@example.org") && text.contains("/new-password?link"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().expect("is there").permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_password_is_not_shown() {
    let account = Account { user: "relay".to_owned(), password: "hush".to_owned() };
    assert!(!format!("{account:?}").contains("hush"));
}
