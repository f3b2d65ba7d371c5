//! How mail leaves: what a letter says in words, a queue in memory, and the two
//! ways out, over SMTP and into a folder.
//!
//! **Invariant:** nothing here decides who is written to, and nothing of what a
//! mail says, nor to whom, is logged.

mod folder;
mod letter;
mod mailer;
mod message;
mod smtp;
#[cfg(test)]
mod tests;

pub use folder::Folder;
pub use mailer::{Mailer, Pauses, Undelivered, Way};
pub use message::{InvalidSender, Sender};
pub use smtp::{Account, Encryption, InvalidServer, Smtp, SmtpServer};
