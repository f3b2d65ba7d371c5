//! Where mail goes in the tests: nowhere, and it can be read.

use std::sync::Arc;

use appkeep_service::{Letter, Mail, MailNotTaken, SendMail};
use parking_lot::Mutex;

use super::ISSUER;

/// What was written to whomever, and not taken out yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letterbox(Arc<Mutex<Vec<Mail>>>);

impl SendMail for Letterbox {
    fn send(&self, mail: Mail) -> Result<(), MailNotTaken> {
        self.0.lock().push(mail);
        Ok(())
    }
}

impl Letterbox {
    /// Takes everything out: to whom it was written.
    pub(crate) fn take_addresses(&self) -> Vec<String> {
        self.0.lock().drain(..).map(|mail| mail.to.as_str().to_owned()).collect()
    }

    /// Takes out the one letter there is, which is to this address: where it
    /// leads, from the issuer on.
    #[track_caller]
    pub(crate) fn take_link(&self, address: &str) -> String {
        self.take_address_of_link(address).strip_prefix(ISSUER).expect("leads to the issuer").to_owned()
    }

    /// The same, wherever it leads.
    #[track_caller]
    pub(crate) fn take_address_of_link(&self, address: &str) -> String {
        let mails: Vec<Mail> = self.0.lock().drain(..).collect();
        let [mail] = <[Mail; 1]>::try_from(mails).expect("one letter was written");
        assert_eq!(mail.to.as_str(), address);
        let (Letter::ResetPassword { link, .. }
        | Letter::Invitation { link, .. }
        | Letter::VerifyAddress { link, .. }
        | Letter::SignIn { link, .. }) = mail.letter;
        link
    }
}
