//! The console, as a browser without scripts sees it.

mod access_graph;
mod applications;
mod audit;
mod door;
mod integrations;
mod vault;
