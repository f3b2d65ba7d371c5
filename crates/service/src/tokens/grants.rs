//! One file a grant: what a client trades for a token.

mod client_credentials;
