//! What is asked of the server: a bit of everything, at an even pace.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::connection::{Connection, Head, JSON};
use crate::bench::registry::{Client, Registry, text, token};
use crate::bench::server::Server;
use crate::{Failure, report};

/// The kinds of requests, each with how many of a hundred are such.
pub(crate) const KINDS: [(&str, usize); 7] = [
    ("token", 55),
    ("introspection", 20),
    ("first page", 6),
    ("search", 4),
    ("create", 5),
    ("delete", 5),
    ("rotation", 5),
];

/// How long each request took, in microseconds, by kind.
pub(crate) type Taken = [Vec<u32>; KINDS.len()];

/// Connections, each with a thread of its own.
const WORKERS: u32 = 8;
/// Of each: clients whose tokens are asked for, and whose secrets are rotated.
const CLIENTS: usize = 50;
/// How long a management token is used.
const RENEWED_AFTER: Duration = Duration::from_mins(10);
const ROTATE: &str = r#"{"overlap_s":0}"#;

pub(crate) struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<Result<(), Failure>>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    /// Between two requests of a worker, in microseconds; 0 is at once.
    pause: AtomicU64,
    taken: Mutex<Taken>,
}

struct Worker {
    shared: Arc<Shared>,
    registry: Registry,
    connection: Connection,
    authorization: String,
    renewed: Instant,
    clients: Vec<Client>,
    /// The last token that was given out, and whose it is.
    last: Option<(usize, String)>,
    /// Made here, the oldest first.
    made: VecDeque<String>,
    chance: u64,
}

impl Load {
    pub(crate) fn start(server: &Server, registry: &Registry) -> Result<Self, Failure> {
        let (shared, clients) =
            (Arc::<Shared>::default(), registry.clients(None, CLIENTS * WORKERS as usize)?);
        let mut workers = Vec::new();
        // Each its own share, because a rotation ends the secret that another would use.
        for (number, share) in clients.chunks(CLIENTS).enumerate() {
            let mut connection = server.connect()?;
            let worker = Worker {
                authorization: registry.admin_authorization(&mut connection)?,
                connection,
                renewed: report::now(),
                shared: shared.clone(),
                registry: registry.clone(),
                clients: share.to_vec(),
                last: None,
                made: VecDeque::new(),
                chance: number as u64 + 1,
            };
            workers.push(std::thread::spawn(move || worker.work()));
        }
        Ok(Self { shared, workers })
    }

    /// How many requests a second there are now.
    pub(crate) fn rate_over(&self, span: Duration) -> Result<f64, Failure> {
        self.take();
        std::thread::sleep(span);
        self.check()?;
        let count: usize = self.take().iter().map(Vec::len).sum();
        Ok(f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / span.as_secs_f64())
    }

    /// From now on about so many requests a second.
    pub(crate) fn hold(&self, per_second: f64) {
        let pause = Duration::from_secs_f64(f64::from(WORKERS) / per_second.max(1.0));
        let micros = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
        self.shared.pause.store(micros, Ordering::Relaxed);
    }

    /// What was measured since the last time.
    pub(crate) fn take(&self) -> Taken {
        std::mem::take(&mut *self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A worker ends early only when an answer was not a good one.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.workers.iter().any(JoinHandle::is_finished) {
            return Err(Failure::new("a request was not answered as it should be; stopping says which"));
        }
        Ok(())
    }

    pub(crate) fn stop(self) -> Result<(), Failure> {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let ends = self.workers.into_iter().map(JoinHandle::join);
        let ends: Vec<_> = ends.collect();
        ends.into_iter().try_for_each(|end| end.unwrap_or_else(|_| Err(Failure::new("a worker panicked"))))
    }
}

impl Worker {
    fn work(mut self) -> Result<(), Failure> {
        let mut due = report::now();
        while !self.shared.is_over.load(Ordering::Relaxed) {
            due = self.wait(due);
            if self.renewed.elapsed() > RENEWED_AFTER {
                self.authorization = self.registry.admin_authorization(&mut self.connection)?;
                self.renewed = report::now();
            }
            let kind = self.choose();
            let begun = report::now();
            // Said at once: the others may go on for long.
            self.ask(kind).inspect_err(|failure| report::complain(&failure.to_string()))?;
            let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
            self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner)[kind].push(micros);
        }
        Ok(())
    }

    /// Until the next request is due; the moment for the one after it.
    fn wait(&self, due: Instant) -> Instant {
        let pause = Duration::from_micros(self.shared.pause.load(Ordering::Relaxed));
        std::thread::sleep(due.saturating_duration_since(report::now()));
        // Whoever is late does not catch up with a burst.
        (due + pause).max(report::now())
    }

    fn choose(&mut self) -> usize {
        let mut wanted = self.below(100);
        let kind = KINDS.iter().position(|(_, share)| {
            let is_it = wanted < *share;
            wanted = wanted.wrapping_sub(*share);
            is_it
        });
        match kind.map_or("token", |kind| KINDS[kind].0) {
            "introspection" if self.last.is_none() => 0,
            "delete" if self.made.is_empty() => 4,
            _ => kind.unwrap_or_default(),
        }
    }

    fn ask(&mut self, kind: usize) -> Result<(), Failure> {
        match KINDS[kind].0 {
            "token" => self.token(),
            "introspection" => self.introspect(),
            "first page" => self.manage("GET", "/api/v1/applications", "").map(|_| ()),
            "search" => self.manage("GET", "/api/v1/applications?q=zanzibar", "").map(|_| ()),
            "create" => self.create(),
            "delete" => self.delete(),
            _ => self.rotate(),
        }
    }

    fn token(&mut self) -> Result<(), Failure> {
        let client = self.below(self.clients.len());
        let token = token(&mut self.connection, &self.clients[client])?;
        self.last = Some((client, token));
        Ok(())
    }

    fn introspect(&mut self) -> Result<(), Failure> {
        let Some((client, token)) = &self.last else { return Ok(()) };
        let form = self.clients[*client].introspection_form(token);
        let answer = self.connection.ask(Head::post_form("/oauth2/introspect"), &form)?;
        if answer["active"] == true {
            return Ok(());
        }
        Err(Failure::new(format!("a token that lives was answered with {answer}")))
    }

    fn create(&mut self) -> Result<(), Failure> {
        let body = format!(r#"{{"type":"m2m","name":"Soaked {}"}}"#, self.chance);
        let made = self.manage("POST", "/api/v1/applications", &body)?;
        self.made.push_back(text(&made["data"], "id")?);
        Ok(())
    }

    fn delete(&mut self) -> Result<(), Failure> {
        let Some(id) = self.made.pop_front() else { return Ok(()) };
        let path = format!("/api/v1/applications/{id}");
        let authorization = Some(self.authorization.as_str());
        let head = Head { method: "DELETE", path: &path, content_type: None, authorization, cookie: None };
        match self.connection.send(head, "") {
            Ok(answer) if answer.status == 204 => Ok(()),
            other => Err(Failure::new(format!("{path}: {other:?}"))),
        }
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        let client = self.below(self.clients.len());
        let path = format!("/api/v1/applications/{}/rotate-secret", self.clients[client].id);
        let answer = self.manage("POST", &path, ROTATE)?;
        self.clients[client].secret = text(&answer["data"], "client_secret")?;
        Ok(())
    }

    fn manage(&mut self, method: &str, path: &str, body: &str) -> Result<Value, Failure> {
        let content_type = (!body.is_empty()).then_some(JSON);
        let head =
            Head { method, path, content_type, authorization: Some(&self.authorization), cookie: None };
        self.connection.ask(head, body)
    }

    /// Evenly enough; the same in each run.
    fn below(&mut self, end: usize) -> usize {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 33).unwrap_or_default() % end
    }
}
