//! The console, as a browser without scripts sees it.

mod access;
mod access_graph;
mod applications;
mod audit;
mod credentials;
mod door;
mod groups;
mod impersonation;
mod integrations;
mod oauth;
mod operators;
mod overview;
mod refused;
mod sessions;
mod settings;
mod standing;
mod tenancy;
mod users;
mod vault;
