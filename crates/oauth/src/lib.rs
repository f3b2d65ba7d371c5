//! The words of OAuth 2.0: parsed from what clients send, printed as the RFCs
//! spell them.
//!
//! What a request *means* is decided elsewhere; here is only whether it is
//! well-formed, and as what. Every refusal is a [`Refusal`] with the error
//! code of its RFC.
//!
//! **Invariant:** nothing here does IO, reads a clock, or knows of HTTP types,
//! entities or databases.

mod authorize;
mod bearer;
mod client_auth_method;
mod client_authentication;
mod form;
mod grant_type;
mod logout_request;
mod pkce;
mod refusal;
mod registered_uri;
mod resource;
mod scope;
mod token_exchange;
mod token_query;
mod token_request;
mod urlencoded;

pub use authorize::{
    AuthorizeAnswer, AuthorizeClaim, AuthorizeError, AuthorizeRequest, InvalidPrompt, Prompt, ProvedClaim,
    ResponseMode, ReturnAddress, UnknownResponseMode,
};
pub use bearer::bearer_token;
pub use client_auth_method::{ClientAuthMethod, UnknownClientAuthMethod};
pub use client_authentication::{CLIENT_ASSERTION_TYPE, ClientAuthentication};
pub use form::Form;
pub use grant_type::{GrantType, UnknownGrantType};
pub use logout_request::LogoutRequest;
pub use pkce::{CodeChallenge, CodeVerifier, InvalidCodeChallenge, InvalidCodeVerifier};
pub use refusal::{ErrorCode, Refusal};
pub use registered_uri::RegisteredUri;
pub use resource::{InvalidResource, ResourceIndicator};
pub use scope::{InvalidScope, Scope, ScopeSet};
pub use token_exchange::{ACCESS_TOKEN_TYPE, Subject, TokenExchange};
pub use token_query::{TokenQuery, TokenTypeHint};
pub use token_request::TokenRequest;
