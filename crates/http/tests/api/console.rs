//! The console, as a browser without scripts sees it.

mod access;
mod credentials;
mod door;
mod oauth;
