//! How mail leaves, as the settings say.

use std::path::Path;
use std::sync::Arc;

use appkeep_config::{Config, MailEncryption, MailPassword, MailSettings};
use appkeep_domain::{Clock, Entropy};
use appkeep_mail::{Account, Encryption, Folder, Mailer, Pauses, Sender, Smtp, SmtpServer, Way};

use crate::failure::Failure;

/// Where a developer finds mail, in the data directory.
const FOLDER: &str = "mail";
/// Who it comes from there.
const DEVELOPMENT_SENDER: &str = "appkeep@localhost";

/// A way for mail that was found to make sense, before anything is sent.
pub(crate) struct Outlet {
    way: Way,
    sender: Sender,
}

impl Outlet {
    /// That of the settings, or a folder for a developer, or none.
    pub(crate) fn of(config: &Config, is_dev: bool) -> Result<Option<Self>, Failure> {
        match &config.mail {
            Some(settings) => Self::smtp(settings).map(Some),
            None if is_dev => {
                let way = Way::Folder(Folder::new(config.data_dir.join(FOLDER)));
                Ok(Some(Self { way, sender: sender(DEVELOPMENT_SENDER)? }))
            }
            None => Ok(None),
        }
    }

    /// Opens it, on the runtime this is called in.
    pub(crate) fn open(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Mailer {
        Mailer::start(self.way, self.sender, Pauses::DEFAULT, clock, entropy)
    }

    fn smtp(settings: &MailSettings) -> Result<Self, Failure> {
        let sender = sender(&settings.from)?;
        let account =
            settings.account.as_ref().map(|(user, password)| account(user, password)).transpose()?;
        let server = SmtpServer {
            host: settings.server.host.clone(),
            port: settings.server.port,
            encryption: encryption(settings.server.encryption),
            account,
        };
        let smtp = Smtp::new(server, &sender);
        let smtp = smtp.map_err(|error| Failure::because("no mail can be sent", error))?;
        Ok(Self { way: Way::Smtp(smtp), sender })
    }
}

fn sender(raw: &str) -> Result<Sender, Failure> {
    raw.parse().map_err(|error| Failure::because("mail_from cannot be used", error))
}

fn account(user: &str, password: &MailPassword) -> Result<Account, Failure> {
    let password = match password {
        MailPassword::Value(password) => password.reveal().to_owned(),
        MailPassword::File(path) => read(path)?,
    };
    Ok(Account { user: user.to_owned(), password })
}

/// The first line; whoever writes such a file ends it with one.
fn read(path: &Path) -> Result<String, Failure> {
    let unreadable =
        |error| Failure::because(format!("cannot read the password for mail `{}`", path.display()), error);
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(Failure::new(format!("`{}` holds no password for mail", path.display())));
    }
    Ok(password.to_owned())
}

const fn encryption(setting: MailEncryption) -> Encryption {
    match setting {
        MailEncryption::Implicit => Encryption::Implicit,
        MailEncryption::StartTls => Encryption::StartTls,
        MailEncryption::None => Encryption::None,
    }
}

#[cfg(test)]
mod tests {
    use appkeep_config::{Mode, Settings};

    use super::*;

    fn outlet(text: &str, is_dev: bool) -> Result<Option<Outlet>, Failure> {
        let config = Config::load(Mode::Command, Settings::default(), Some(text)).expect("makes sense");
        Outlet::of(&config, is_dev)
    }

    #[test]
    fn mail_leaves_as_the_settings_say() {
        let smtp = "mail_url = \"smtp://mail.example.com\"\nmail_from = \"id@example.com\"";
        for (text, is_dev, expected) in [
            ("", false, None),
            ("", true, Some("Folder")),
            (smtp, true, Some("Smtp")),
            (smtp, false, Some("Smtp")),
        ] {
            let found = outlet(text, is_dev).expect("makes sense").map(|outlet| match outlet.way {
                Way::Smtp(_) => "Smtp",
                Way::Folder(_) => "Folder",
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_before_anything_is_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let (full, empty) = (folder.path().join("full"), folder.path().join("empty"));
        std::fs::write(&full, "hush\n").expect("written");
        std::fs::write(&empty, "\nhush\n").expect("written");
        let with = |from: &str, file: &Path| {
            format!(
                "mail_url = \"smtp://mail.example.com\"\nmail_from = \"{from}\"\nmail_user = \"a\"\n\
                 mail_password_file = \"{}\"",
                file.display()
            )
        };
        for (text, fault) in [
            (with("id@example.com", &full), None),
            (with("nobody", &full), Some("mail_from cannot be used")),
            (with("id@example.com", &empty), Some("holds no password for mail")),
            (
                with("id@example.com", &folder.path().join("missing")),
                Some("cannot read the password for mail"),
            ),
        ] {
            let found = outlet(&text, false).err().map(|failure| failure.to_string());
            assert_eq!(found.is_some(), fault.is_some(), "{text}: {found:?}");
            let found = found.unwrap_or_default();
            assert!(found.contains(fault.unwrap_or_default()) && !found.contains("hush"), "{found}");
        }
    }
}
