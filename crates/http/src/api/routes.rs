//! Routes of the native API, with their description.

use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::BASE;

/// Routes that say where they are below `/api/v1`, and stand there.
///
/// A router nested in another would take that beginning off the path of every
/// request, by a service more around each route.
pub(super) struct Routes<S>(OpenApiRouter<S>);

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(super) fn new() -> Self {
        Self(OpenApiRouter::new())
    }

    /// With those of [`utoipa_axum::routes!`].
    pub(super) fn routes(self, (schemas, mut paths, methods): UtoipaMethodRouter<S>) -> Self {
        let below = std::mem::take(&mut paths.paths).into_iter();
        paths.paths = below.map(|(path, item)| (format!("{BASE}{path}"), item)).collect();
        Self(self.0.routes((schemas, paths, methods)))
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self(self.0.merge(other.0))
    }
}

impl<S> From<Routes<S>> for OpenApiRouter<S> {
    fn from(routes: Routes<S>) -> Self {
        routes.0
    }
}
