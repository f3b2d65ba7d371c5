//! The queue, and what is done when a mail does not go out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Clock, Entropy};
use appkeep_service::{Letter, Mail, MailNotTaken, SendMail};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::folder::Folder;
use crate::message::{Composed, Sender};
use crate::smtp::Smtp;

/// Sends mails one after another, some at once, until it is stopped.
///
/// What waits is in memory only: a mail that a server had not sent when it
/// ended is lost, and whoever waits for it asks for another.
#[derive(Debug)]
pub struct Mailer {
    queue: Arc<Queue>,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

/// How mails leave.
#[derive(Debug)]
pub enum Way {
    Smtp(Smtp),
    Folder(Folder),
}

/// How long is waited after an attempt that failed: a mail is tried once more
/// than there are pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses(pub [Duration; 2]);

impl Pauses {
    pub const DEFAULT: Self = Self([Duration::from_secs(10), Duration::from_mins(2)]);
}

/// Why a mail did not go out. Words with an `@` are left out of the reason:
/// whom we write to is nothing for a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Undelivered {
    reason: String,
    is_final: bool,
}

impl Undelivered {
    /// Trying again would change nothing.
    pub(crate) fn for_good(reason: impl fmt::Display) -> Self {
        Self { reason: without_addresses(&reason.to_string()), is_final: true }
    }

    /// It may go out later.
    pub(crate) fn for_now(reason: impl fmt::Display) -> Self {
        Self { is_final: false, ..Self::for_good(reason) }
    }

    pub(crate) const fn is_final(&self) -> bool {
        self.is_final
    }
}

fn without_addresses(reason: &str) -> String {
    let words = reason.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

impl Mailer {
    /// How many mails may wait.
    const WAITING: usize = 1_000;
    /// How many are on their way at once.
    const AT_ONCE: usize = 8;
    /// A server that ends does not wait longer for its mails.
    const LONGEST_LAST: Duration = Duration::from_secs(5);

    /// Starts, on the runtime this is called in.
    pub fn start(
        way: Way,
        sender: Sender,
        pauses: Pauses,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let post = Arc::new(Post { way, sender, pauses, clock, entropy });
        let (queue, waiting) = mpsc::channel(Self::WAITING);
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(work(post, waiting, stopped));
        Self { queue: Arc::new(Queue(queue)), stop, tasks }
    }

    /// Where mails are handed in.
    pub fn queue(&self) -> Arc<dyn SendMail> {
        Arc::<Queue>::clone(&self.queue)
    }

    /// Takes no mail any more, and sends those that wait, for a while.
    pub async fn stop(mut self) {
        drop(self.stop);
        if tokio::time::timeout(Self::LONGEST_LAST, self.tasks.join_next()).await.is_err() {
            tracing::warn!("some mails could not be sent in time, and are lost");
        }
    }
}

#[derive(Debug)]
struct Queue(mpsc::Sender<Mail>);

impl SendMail for Queue {
    fn send(&self, mail: Mail) -> Result<(), MailNotTaken> {
        self.0.try_send(mail).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => MailNotTaken::Full,
            mpsc::error::TrySendError::Closed(_) => MailNotTaken::Stopped,
        })
    }
}

async fn work(post: Arc<Post>, mut waiting: mpsc::Receiver<Mail>, mut stopped: oneshot::Receiver<()>) {
    let (mut under_way, mut is_ending) = (JoinSet::new(), false);
    loop {
        tokio::select! {
            _ = &mut stopped, if !is_ending => {
                is_ending = true;
                waiting.close();
            }
            Some(_) = under_way.join_next() => {}
            mail = waiting.recv(), if under_way.len() < Mailer::AT_ONCE => {
                let Some(mail) = mail else { break };
                let post = Arc::clone(&post);
                under_way.spawn(async move { post.deliver(&mail).await });
            }
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// What a mail needs to go out.
struct Post {
    way: Way,
    sender: Sender,
    pauses: Pauses,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Post {
    async fn deliver(&self, mail: &Mail) {
        let kind = kind(&mail.letter);
        match Composed::new(mail, &self.sender, &*self.clock, &*self.entropy) {
            Ok(composed) => self.try_until_it_goes(&composed, kind).await,
            Err(error) => tracing::error!(mail.kind = kind, %error, "a mail cannot be written"),
        }
    }

    async fn try_until_it_goes(&self, composed: &Composed, kind: &'static str) {
        let id = composed.id.as_str();
        let mut pauses = self.pauses.0.iter();
        while let Err(error) = self.way.take(composed).await {
            let Some(pause) = pauses.next().filter(|_| !error.is_final()) else {
                tracing::error!(mail.id = id, mail.kind = kind, %error, "mail `{id}` is given up");
                return;
            };
            tracing::warn!(mail.id = id, mail.kind = kind, %error, "mail `{id}` will be tried again");
            tokio::time::sleep(*pause).await;
        }
        tracing::debug!(mail.id = id, mail.kind = kind, "mail `{id}` went out");
    }
}

impl Way {
    async fn take(&self, composed: &Composed) -> Result<(), Undelivered> {
        match self {
            Self::Smtp(smtp) => smtp.take(composed).await,
            Self::Folder(folder) => folder.take(composed).await,
        }
    }
}

const fn kind(letter: &Letter) -> &'static str {
    match letter {
        Letter::ResetPassword { .. } => "reset_password",
        Letter::Invitation { .. } => "invitation",
        Letter::VerifyAddress { .. } => "verify_address",
        Letter::SignIn { .. } => "sign_in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_nobody() {
        for (reason, shown) in [
            (
                "permanent error (550): 5.1.1 <ada@example.com>: no such user",
                "permanent error (550): 5.1.1 … no such user",
            ),
            ("network error: connection refused", "network error: connection refused"),
            ("", ""),
        ] {
            assert_eq!(Undelivered::for_now(reason).to_string(), shown);
        }
    }
}
