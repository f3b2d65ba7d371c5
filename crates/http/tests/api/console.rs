//! The console, as a browser without scripts sees it.

mod access_graph;
mod applications;
mod audit;
mod door;
mod groups;
mod impersonation;
mod integrations;
mod sessions;
mod users;
mod vault;
