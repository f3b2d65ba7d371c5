//! From a host's name to the addresses that may be reached.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// Leaves out the addresses that must not be reached. The connection is made to
/// what this returns, so a name cannot mean something else a moment later.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuardedResolver(pub(super) Reach);

#[derive(Debug, thiserror::Error)]
#[error("the host is not on the public internet")]
struct NotPublic;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(reach) = *self;
        Box::pin(async move {
            // The port is of the URL, and put in by the caller.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
