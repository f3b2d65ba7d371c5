//! The console, as a browser without scripts sees it.

mod door;
mod operators;
mod settings;
mod tenancy;
