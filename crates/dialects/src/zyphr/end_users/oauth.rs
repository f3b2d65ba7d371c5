//! `/auth/oauth`: signing in with somebody who vouches for people.

use appkeep_domain::Connection;
use appkeep_http::{AppState, Body, Json, Problem, Query, Segment, answer_to_the_end};
use appkeep_service::{Arrival, Joined};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::asking::Asking;
use super::shape::Entered;
use crate::zyphr::errors::{of_end_user, of_missing};
use crate::zyphr::users::{EndUser, OauthConnection};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/oauth/providers", get(providers))
        .route("/oauth/{provider}/authorize", get(authorize))
        .route("/oauth/{provider}/callback", post(callback))
}

#[derive(Serialize)]
struct Provider {
    name: String,
    display_name: String,
}

#[derive(Deserialize)]
struct Where {
    redirect_uri: String,
}

impl Body for Where {
    const REQUIRED: &'static [&'static str] = &["redirect_uri"];
}

#[derive(Serialize)]
struct Departing {
    authorization_url: String,
    state: String,
}

/// What the provider put on the redirect URI: a code or an error.
#[derive(Deserialize)]
struct Callback {
    state: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

impl Body for Callback {
    const REQUIRED: &'static [&'static str] = &["state"];
}

/// What became of whoever came back.
#[derive(Serialize)]
#[serde(untagged)]
enum Arrived {
    Entered {
        #[serde(flatten)]
        entered: Entered,
        is_new_user: bool,
    },
    Linked(Box<Linked>),
}

#[derive(Serialize)]
struct Linked {
    user: EndUser,
    connection: OauthConnection,
}

impl Provider {
    fn of(connection: &Connection) -> Self {
        let display_name = connection.shown_as().to_owned();
        Self { name: connection.provider.to_string(), display_name }
    }
}

impl Callback {
    fn into_arrival(self, provider: String) -> Result<Arrival, Problem> {
        let outcome = match (self.error, self.code) {
            (Some(error), _) => Err(error),
            (None, Some(code)) => Ok(Zeroizing::new(code)),
            (None, None) => return Err(of_missing("code")),
        };
        Ok(Arrival { provider, state: Zeroizing::new(self.state), outcome })
    }
}

impl Arrived {
    fn of(joined: Joined) -> Self {
        match joined {
            Joined::Entered { entered, is_new } => {
                Self::Entered { entered: Entered::of(entered), is_new_user: is_new }
            }
            Joined::Linked(linked) => {
                let (user, identity) = *linked;
                let (user, connection) = (EndUser::of(&user), OauthConnection::of(&identity));
                Self::Linked(Box::new(Linked { user, connection }))
            }
        }
    }
}

async fn providers(asking: Asking) -> Result<impl IntoResponse, Problem> {
    let connections = asking.users.providers().await.map_err(of_end_user)?;
    let shown: Vec<Provider> = connections.iter().map(Provider::of).collect();
    Ok(asking.answer(shown))
}

async fn authorize(
    asking: Asking,
    Segment(provider): Segment,
    Query(to): Query<Where>,
) -> Result<impl IntoResponse, Problem> {
    let departure = asking.users.depart(&provider, &to.redirect_uri).await.map_err(of_end_user)?;
    let state = departure.state.expose().to_owned();
    Ok(asking.answer(Departing { authorization_url: departure.authorization_url, state }))
}

/// Goes on though whoever asks hangs up: the code is used up by it.
async fn callback(
    asking: Asking,
    Segment(provider): Segment,
    State(state): State<AppState>,
    Json(body): Json<Callback>,
) -> Response {
    answer_to_the_end(&state.answering, async move {
        let arrival = match body.into_arrival(provider) {
            Ok(arrival) => arrival,
            Err(problem) => return problem.into_response(),
        };
        match asking.users.arrive(arrival, asking.any_bearer(), &asking.device).await {
            Ok(joined) => asking.answer(Arrived::of(joined)).into_response(),
            Err(refused) => of_end_user(refused).into_response(),
        }
    })
    .await
}
