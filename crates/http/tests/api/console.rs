//! The console, as a browser without scripts sees it.

mod door;
mod groups;
mod impersonation;
mod sessions;
mod users;
