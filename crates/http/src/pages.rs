//! The pages that people see: what a handler fills in becomes HTML here, with
//! the headers, cookies and form tokens that go with it.
//!
//! Every page works without its script, and has neither styles nor scripts
//! within it, so that its policy can forbid them. A view says what is shown;
//! what may be shown, and where a form leads, its handler knows.
//!
//! **Invariant:** nothing here knows what a sign-in is, or looks anything up.

mod account;
mod assets;
mod choose_account;
mod code;
mod colour;
mod connect;
mod consent;
mod cookies;
mod device;
mod field;
mod form;
mod form_post;
mod frame;
mod graph;
mod headers;
mod moment;
mod notices;
mod password;
mod sign_in;
mod sign_out;
mod site;
mod verify_address;

pub use account::{AccountPage, ApplicationInUse, SignInShown};
pub use assets::{asset, routes};
pub use choose_account::ChooseAccountPage;
pub use code::CodePage;
pub use colour::Colour;
pub use connect::ConnectPage;
pub use consent::{About, Ask, ConsentPage};
pub use cookies::Cookie;
pub use device::describe as describe_device;
pub use form::{Browser, ForgedForm, Form, FormKey, FormToken, verify_form};
pub use form_post::FormPostPage;
pub use frame::{Frame, Mark, Person};
pub use graph::{Picture, summary as summary_of_graph};
pub use headers::{FormsLead, headers, respond};
pub use moment::Moment;
pub use notices::{DonePage, ErrorPage, Link, NotAssignedPage};
pub use password::{ForgottenPasswordPage, MailSentPage, NewPasswordPage};
pub use sign_in::SignInPage;
pub use sign_out::{SignOutPage, SignedOutPage};
pub use site::Site;
pub use verify_address::VerifyAddressPage;
