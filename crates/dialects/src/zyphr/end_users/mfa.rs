//! `/auth/mfa`: a device that shows a user codes.

use appkeep_http::{AppState, Body, Json, Problem, Query, answer_to_the_end};
use appkeep_service::{DeviceOf, EndUserRefused, NewDevice, TypedCode};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::asking::Asking;
use super::shape::Entered;
use crate::zyphr::errors::of_end_user;

/// The least that a phone reads well, in pixels.
const QR_CODE_SIZE: u32 = 240;
const SAVE: &str = "Save the backup codes. They will not be shown again.";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/mfa/enroll", post(enroll))
        .route("/mfa/verify-enrollment", post(verify_enrollment))
        .route("/mfa/verify", post(verify))
        .route("/mfa/disable", post(disable))
        .route("/mfa/status", get(status))
}

#[derive(Deserialize)]
struct Whose {
    /// Needed where nobody is signed in.
    #[serde(default)]
    user_id: Option<String>,
}

impl Body for Whose {
    const REQUIRED: &'static [&'static str] = &[];
}

#[derive(Deserialize)]
struct Code {
    /// The same.
    #[serde(default)]
    user_id: Option<String>,
    totp_code: String,
}

impl Body for Code {
    const REQUIRED: &'static [&'static str] = &["totp_code"];
}

#[derive(Deserialize)]
struct Answer {
    challenge_token: String,
    totp_code: String,
}

impl Body for Answer {
    const REQUIRED: &'static [&'static str] = &["challenge_token", "totp_code"];
}

/// Told this one time.
#[derive(Serialize)]
struct Enrolled {
    secret: String,
    /// A picture, as a data address (RFC 2397).
    qr_code: String,
    otpauth_url: String,
    backup_codes: Vec<String>,
}

#[derive(Serialize)]
struct Status {
    mfa_enabled: bool,
    backup_codes_remaining: u32,
}

impl Enrolled {
    fn of(device: &NewDevice) -> Result<Self, Problem> {
        Ok(Self {
            secret: device.secret.to_string(),
            qr_code: picture_of(&device.uri).map_err(Problem::internal)?,
            otpauth_url: device.uri.to_string(),
            backup_codes: device.backup_codes.iter().map(|code| code.to_string()).collect(),
        })
    }
}

async fn enroll(asking: Asking, Json(whose): Json<Whose>) -> Result<impl IntoResponse, Problem> {
    let of = asking.device_of(whose.user_id.as_deref());
    let device = asking.users.enrol_device(of, &asking.device).await.map_err(of_end_user)?;
    Ok(asking.answer_with_message(Enrolled::of(&device)?, SAVE))
}

async fn verify_enrollment(asking: Asking, Json(code): Json<Code>) -> Result<impl IntoResponse, Problem> {
    let of = asking.device_of(code.user_id.as_deref());
    asking.users.confirm_device((of, &code.totp_code), &asking.device).await.map_err(of_code)?;
    shown(&asking, of).await
}

/// A guess counts though whoever made it hangs up.
async fn verify(asking: Asking, State(state): State<AppState>, Json(answer): Json<Answer>) -> Response {
    let challenge = Zeroizing::new(answer.challenge_token);
    let typed = TypedCode { challenge, code: Zeroizing::new(answer.totp_code) };
    answer_to_the_end(&state.answering, async move {
        match asking.users.login_by_code(typed, &asking.device).await {
            Ok(entered) => asking.answer(Entered::of(entered)).into_response(),
            Err(refused) => of_end_user(refused).into_response(),
        }
    })
    .await
}

/// The same.
async fn disable(asking: Asking, State(state): State<AppState>, Json(code): Json<Code>) -> Response {
    answer_to_the_end(&state.answering, async move {
        let of = asking.device_of(code.user_id.as_deref());
        match asking.users.remove_device((of, &code.totp_code), &asking.device).await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(refused) => of_end_user(refused).into_response(),
        }
    })
    .await
}

async fn status(asking: Asking, Query(whose): Query<Whose>) -> Result<impl IntoResponse, Problem> {
    shown(&asking, asking.device_of(whose.user_id.as_deref())).await
}

async fn shown(asking: &Asking, of: DeviceOf<'_>) -> Result<impl IntoResponse + use<>, Problem> {
    let status = asking.users.device_status(of).await.map_err(of_end_user)?;
    let status = Status { mfa_enabled: status.is_enabled, backup_codes_remaining: status.backup_codes };
    Ok(asking.answer(status))
}

/// What is wrong with the code is told of the member that it stood in.
fn of_code(refused: EndUserRefused) -> Problem {
    match refused {
        EndUserRefused::Failed(error) => error.with_fields_named(|_| "totp_code".to_owned()).into(),
        other => of_end_user(other),
    }
}

fn picture_of(address: &str) -> Result<String, qrcode::types::QrError> {
    let code = QrCode::new(address.as_bytes())?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(QR_CODE_SIZE, QR_CODE_SIZE).build();
    Ok(format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture)))
}
