//! Who asks, and where the answer should go: what has to be right before
//! anything can be said to the client.

use std::fmt;

use super::return_address::RedirectUri;
use crate::authorize::{AuthorizeError, AuthorizeRequest, ResponseMode, ReturnAddress};
use crate::form::malformed;
use crate::resource::is_absolute_uri;
use crate::{Form, Refusal, RegisteredUri};

/// An authorization request as it arrived, by GET or POST (RFC 6749 §3.1).
///
/// Its client and its redirect URI are well-formed and there once; the rest is
/// not looked at yet. `Debug` shows names of parameters only.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizeClaim {
    client_id: String,
    redirect_uri: Option<String>,
    rest: Rest,
}

/// A claim whose redirect URI its client registered.
///
/// From here on every answer goes there.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvedClaim {
    client_id: String,
    redirect_uri: RedirectUri,
    rest: Rest,
}

/// Every parameter, with the first fault among those that nobody has read yet.
#[derive(Clone, PartialEq, Eq)]
struct Rest {
    form: Form,
    fault: Option<Refusal>,
}

impl AuthorizeClaim {
    /// The longest request, in bytes.
    pub const MAX: usize = 32 * 1_024;
    /// The longest `client_id`, in bytes.
    pub const MAX_CLIENT_ID: usize = 255;
    /// The longest `redirect_uri`, in bytes.
    pub const MAX_REDIRECT_URI: usize = 2_048;

    /// Reads a query or a form.
    ///
    /// A refusal is for the person to see, never for a redirect (RFC 6749
    /// §4.1.2.1). What is wrong with any other parameter is told later.
    pub fn parse(parameters: &[u8]) -> Result<Self, Refusal> {
        if parameters.len() > Self::MAX {
            return Err(malformed("the request is longer than 32 KiB"));
        }
        let (form, faults) = Form::read(parameters)?;
        let mut rest = Rest { form, fault: None };
        for fault in faults {
            if matches!(fault.name.as_str(), "client_id" | "redirect_uri") {
                return Err(fault.refusal);
            }
            rest.fault.get_or_insert(fault.refusal);
        }
        rest.form.require("client_id")?;
        let client_id = rest.form.bounded("client_id", Self::MAX_CLIENT_ID)?.unwrap_or_default().to_owned();
        let redirect_uri = redirect_uri(&rest.form, "redirect_uri")?.map(str::to_owned);
        Ok(Self { client_id, redirect_uri, rest })
    }

    /// Which client asks, as the request spelt it.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where the answer should go. Nobody may be sent there yet.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// Compares with what the client registered.
    ///
    /// A redirect URI may be left out when the client has exactly one (RFC 6749
    /// §3.1.2.3), and never by OpenID Connect (OIDC Core §3.1.2.1). A refusal is
    /// for the person to see, never for a redirect.
    pub fn prove<'a, R: RegisteredUri + 'a>(
        self,
        registered: impl IntoIterator<Item = &'a R>,
    ) -> Result<ProvedClaim, Refusal> {
        let mut registered = registered.into_iter();
        let redirect_uri = match self.redirect_uri {
            Some(requested) if registered.any(|uri| uri.matches(&requested)) => {
                RedirectUri::Requested(requested)
            }
            Some(_) => return Err(malformed("`redirect_uri` is not one that this client registered")),
            None => RedirectUri::Registered(self.rest.only(registered)?),
        };
        Ok(ProvedClaim { client_id: self.client_id, redirect_uri, rest: self.rest })
    }
}

impl ProvedClaim {
    /// The longest `state`, in bytes.
    pub const MAX_STATE: usize = 4_096;

    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where every answer goes.
    ///
    /// A `state` or `response_mode` that cannot be used is taken for none, so
    /// that the error about it arrives all the same.
    pub fn return_address(&self) -> ReturnAddress {
        let mode = self.rest.form.get("response_mode").map(ResponseMode::parse);
        ReturnAddress {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: mode.and_then(Result::ok).unwrap_or_default(),
            state: state(&self.rest.form).ok().flatten().map(str::to_owned),
        }
    }

    /// Reads the rest, and tells the client what is wrong with it.
    pub fn read(self) -> Result<AuthorizeRequest, AuthorizeError> {
        let address = self.return_address();
        let (client_id, Rest { form, fault }) = (self.client_id, self.rest);
        let read = fault
            .map_or(Ok(()), Err)
            .and_then(|()| check_address(&form))
            .and_then(|()| AuthorizeRequest::read(client_id, address.clone(), &form));
        read.map_err(|refusal| address.refuse(refusal))
    }
}

impl Rest {
    /// The only URI that a client has, for a request that names none.
    fn only<'a, R: RegisteredUri + 'a>(
        &self,
        mut registered: impl Iterator<Item = &'a R>,
    ) -> Result<String, Refusal> {
        let scope = self.form.get("scope").unwrap_or_default();
        let is_openid = scope.split(' ').any(|scope| scope == "openid");
        match (registered.next(), registered.next()) {
            (Some(only), None) if !is_openid && is_absolute_uri(only.as_str()) => {
                Ok(only.as_str().to_owned())
            }
            _ => Err(malformed("the parameter `redirect_uri` is missing")),
        }
    }
}

impl fmt::Debug for AuthorizeClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizeClaim({:?})", self.rest.form)
    }
}

impl fmt::Debug for ProvedClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvedClaim({:?})", self.rest.form)
    }
}

/// RFC 6749 §3.1.2: absolute, without a fragment. By its characters it is also
/// fit for a header.
pub(crate) fn redirect_uri<'a>(form: &'a Form, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let uri = form.bounded(name, AuthorizeClaim::MAX_REDIRECT_URI)?;
    if uri.is_some_and(|uri| !is_absolute_uri(uri)) {
        return Err(malformed(format!("`{name}` must be an absolute URI without a fragment")));
    }
    Ok(uri)
}

/// What [`ProvedClaim::return_address`] took for none.
fn check_address(form: &Form) -> Result<(), Refusal> {
    let mode = form.get("response_mode").map(ResponseMode::parse).transpose();
    mode.map_err(|reason| malformed(reason.to_string()))?;
    state(form).map(|_| ())
}

/// RFC 6749 Appendix A.5 has printable ASCII only. Other letters are taken as
/// well, since they come back as they were; a form would change control
/// characters on the way.
fn state(form: &Form) -> Result<Option<&str>, Refusal> {
    form.bounded("state", ProvedClaim::MAX_STATE)
}
