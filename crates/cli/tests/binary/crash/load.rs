//! Writers side by side, each of which keeps to applications of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::Dice;
use super::ledger::{Known, Tally, Write};
use super::place::Caller;

/// How many connections there are.
const WRITERS: u64 = 12;

pub(crate) struct Load {
    writers: JoinSet<(Vec<Known>, Tally)>,
    /// Writers stop by themselves.
    is_over: Arc<AtomicBool>,
    /// From now on not every write is answered.
    is_dying: Arc<AtomicBool>,
}

struct Writer {
    caller: Caller,
    dice: Dice,
    name: String,
    known: Vec<Known>,
    tally: Tally,
    /// Writers stop by themselves.
    is_over: Arc<AtomicBool>,
    /// From now on not every write is answered.
    is_dying: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn start(caller: &Caller, mut known: Vec<Known>, seed: u64) -> Self {
        let mut writers = JoinSet::new();
        let (is_over, is_dying) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        for number in 0..WRITERS {
            let left = usize::try_from(WRITERS - number).expect("a few");
            let share = known.split_off(known.len() - known.len() / left);
            let writer = Writer {
                caller: caller.another(),
                dice: Dice::new(seed * WRITERS + number),
                name: format!("Crash {seed}-{number}"),
                known: share,
                tally: Tally::default(),
                is_over: is_over.clone(),
                is_dying: is_dying.clone(),
            };
            writers.spawn(writer.write());
        }
        Self { writers, is_over, is_dying }
    }

    /// Something is about to be killed.
    pub(crate) fn expect_the_end(&self) {
        self.is_dying.store(true, Ordering::Relaxed);
    }

    /// Once every writer has stopped; what each of them knows.
    pub(crate) async fn stop(mut self) -> (Vec<Known>, Tally) {
        self.is_over.store(true, Ordering::Relaxed);
        let (mut known, mut tally) = (Vec::new(), Tally::default());
        while let Some(writer) = self.writers.join_next().await {
            let (more, counted) = writer.expect("a writer does not panic");
            known.extend(more);
            for (action, count) in counted.answered {
                *tally.answered.entry(action).or_default() += count;
            }
            tally.refused.extend(counted.refused);
        }
        (known, tally)
    }
}

impl Writer {
    async fn write(mut self) -> (Vec<Known>, Tally) {
        while !self.is_over.load(Ordering::Relaxed) {
            let (index, write) = self.choose();
            let (method, path, body) = write.request(&self.known[index]);
            match self.caller.call(method, &path, body).await {
                Some((status, answer)) if status.is_success() => {
                    self.known[index].answered(write, &answer["data"]);
                    *self.tally.answered.entry(write.action()).or_default() += 1;
                }
                // Whether it was done, nobody can say who lost the database.
                Some((StatusCode::SERVICE_UNAVAILABLE, _)) if self.is_dying.load(Ordering::Relaxed) => {
                    self.unanswered(index, write);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Some((status, answer)) => {
                    self.tally.refused.push(format!("{write:?}: {status} {answer}"));
                    self.unanswered(index, write);
                }
                None => {
                    self.unanswered(index, write);
                    break;
                }
            }
        }
        (self.known, self.tally)
    }

    fn unanswered(&mut self, index: usize, write: Write) {
        self.known[index].open = Some(write);
        self.known[index].touched = true;
    }

    /// What to do next, and to which; to a new one when the one that chance
    /// shows cannot be changed.
    fn choose(&mut self) -> (usize, Write) {
        let wanted = self.dice.below(100);
        let shown = self.dice.below(self.known.len().max(1));
        let Some(known) = self.known.get(shown).filter(|known| wanted >= 25 && known.can_change()) else {
            self.known.push(Known::new(format!("{}-{}", self.name, self.known.len())));
            return (self.known.len() - 1, Write::Create);
        };
        let write = match wanted {
            25..55 => known.rotated(wanted < 40),
            55..78 => known.turned(),
            78..95 => known.other_scope(),
            _ => Write::Delete,
        };
        (shown, write)
    }
}
