//! From a host's name to the addresses that may be reached.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// Where a name leads.
pub type Lookup =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// As the machine is set up to.
pub(super) fn by_the_system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            // The port is of the URL, and put in by the caller.
            Ok(tokio::net::lookup_host((name, 0)).await?.collect())
        })
    })
}

/// Leaves out the addresses that must not be reached. The connection is made to
/// what this returns, so a name cannot mean something else a moment later.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    pub(super) reach: Reach,
    pub(super) lookup: Lookup,
}

#[derive(Debug, thiserror::Error)]
#[error("the host is not on the public internet")]
pub(super) struct NotPublic;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, looking_up) = (self.reach, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = looking_up.await?.into_iter();
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver").field("reach", &self.reach).finish_non_exhaustive()
    }
}
