//! How much anybody may ask of the server.

use std::num::NonZeroU32;

use crate::faults::Faults;
use crate::rate::Rate;
use crate::settings::Settings;
use crate::span::Span;

/// What a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many there are at once.
    pub most: usize,
    /// How long a request's head may take, and before it a TLS handshake.
    pub header_timeout: Span,
    /// How long a request's body may take.
    pub body_timeout: Span,
    /// How long a connection may stand without a request.
    pub idle_timeout: Span,
}

/// How often clients and addresses may ask the endpoints where clients prove
/// who they are. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    pub requests_per_client: Option<Rate>,
    pub requests_per_address: Option<Rate>,
    pub failures_per_client: Option<Rate>,
    pub failures_per_address: Option<Rate>,
    /// Sessions of the vault, which anybody starts with a public key.
    pub session_starts_per_address: Option<Rate>,
}

/// How often one asker may send requests of each class by Zyphr's API. `None` is
/// no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZyphrLimits {
    pub dashboard_auth: Option<Rate>,
    pub sensitive: Option<Rate>,
    pub standard: Option<Rate>,
    pub read_only: Option<Rate>,
    pub end_user: Option<Rate>,
}

impl ConnectionLimits {
    pub const MOST: u32 = 10_000;
    pub const HEADER_TIMEOUT: Span = Span::from_seconds(10);
    pub const BODY_TIMEOUT: Span = Span::from_seconds(30);
    pub const IDLE_TIMEOUT: Span = Span::from_seconds(75);

    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Self {
        let header = settings.header_timeout.as_ref();
        let body = settings.body_timeout.as_ref();
        let idle = settings.idle_timeout.as_ref();
        Self {
            most: most(settings, faults) as usize,
            header_timeout: faults.parse("header_timeout", header, Self::HEADER_TIMEOUT),
            body_timeout: faults.parse("body_timeout", body, Self::BODY_TIMEOUT),
            idle_timeout: faults.parse("idle_timeout", idle, Self::IDLE_TIMEOUT),
        }
    }
}

fn most(settings: &Settings, faults: &mut Faults) -> u32 {
    let Some(written) = &settings.max_connections else { return ConnectionLimits::MOST };
    let number = written.as_str().parse::<NonZeroU32>().map_err(|_| "must be a number from 1 on");
    faults.take("max_connections", number).map_or(ConnectionLimits::MOST, NonZeroU32::get)
}

impl ClientLimits {
    pub const FAILURES_PER_CLIENT: Rate = Rate::per_minute(600);
    pub const FAILURES_PER_ADDRESS: Rate = Rate::per_minute(3_000);
    pub const SESSION_STARTS_PER_ADDRESS: Rate = Rate::per_minute(50);

    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Self {
        let mut rate = |key, written, otherwise| faults.parse_unless(key, written, "off", otherwise);
        Self {
            requests_per_client: rate("requests_per_client", settings.requests_per_client.as_ref(), None),
            requests_per_address: rate("requests_per_address", settings.requests_per_address.as_ref(), None),
            failures_per_client: rate(
                "failures_per_client",
                settings.failures_per_client.as_ref(),
                Some(Self::FAILURES_PER_CLIENT),
            ),
            failures_per_address: rate(
                "failures_per_address",
                settings.failures_per_address.as_ref(),
                Some(Self::FAILURES_PER_ADDRESS),
            ),
            session_starts_per_address: rate(
                "session_starts_per_address",
                settings.session_starts_per_address.as_ref(),
                Some(Self::SESSION_STARTS_PER_ADDRESS),
            ),
        }
    }
}

impl ZyphrLimits {
    pub const DASHBOARD_AUTH: Rate = Rate::per_minute(10);
    pub const SENSITIVE: Rate = Rate::per_minute(5);
    pub const STANDARD: Rate = Rate::per_minute(100);
    pub const READ_ONLY: Rate = Rate::per_minute(200);
    pub const END_USER: Rate = Rate::per_minute(20);

    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Self {
        let mut rate = |key, written, otherwise| faults.parse_unless(key, written, "off", Some(otherwise));
        Self {
            dashboard_auth: rate(
                "zyphr_dashboard_auth",
                settings.zyphr_dashboard_auth.as_ref(),
                Self::DASHBOARD_AUTH,
            ),
            sensitive: rate("zyphr_sensitive", settings.zyphr_sensitive.as_ref(), Self::SENSITIVE),
            standard: rate("zyphr_standard", settings.zyphr_standard.as_ref(), Self::STANDARD),
            read_only: rate("zyphr_read_only", settings.zyphr_read_only.as_ref(), Self::READ_ONLY),
            end_user: rate("zyphr_end_users", settings.zyphr_end_users.as_ref(), Self::END_USER),
        }
    }
}
