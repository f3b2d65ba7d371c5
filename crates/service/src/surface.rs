//! By which API a caller speaks: the few things that the model leaves to it.
//!
//! A rule is the same whoever asks. What differs is a form: how a secret
//! begins, and whether what is put away can still be looked at.

/// A wire format of ours, or one that another product documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surface {
    /// Ours, and what has no surface: jobs and commands.
    #[default]
    Native,
    Scaikey,
    Zyphr,
    BasisTheory,
    Kontext,
}

impl Surface {
    /// What stands before a client secret that is made by it.
    pub(crate) const fn client_secret_prefix(self) -> &'static str {
        match self {
            // Where nobody is shown one.
            Self::Native | Self::BasisTheory => "ias_",
            Self::Scaikey => "sk_",
            Self::Zyphr => "za_sec_",
            Self::Kontext => "app_secret_",
        }
    }

    /// Whether somebody who is signed in keeps an application from being
    /// deleted. Where not, deleting it ends their sessions.
    pub(crate) const fn spares_what_is_in_use(self) -> bool {
        match self {
            Self::Native | Self::Scaikey => true,
            Self::Zyphr | Self::BasisTheory | Self::Kontext => false,
        }
    }

    /// Whether what is archived is there to be seen. Where it is not,
    /// archiving is what its callers know as deleting.
    pub(crate) const fn shows_archived(self) -> bool {
        match self {
            Self::Native | Self::Kontext => true,
            Self::Scaikey | Self::Zyphr | Self::BasisTheory => false,
        }
    }

    /// Whether an application can be asked for wherever somebody sees it. Where
    /// it cannot, only the tenant's own are there that is spoken to.
    pub(crate) const fn shows_others(self) -> bool {
        match self {
            Self::Native | Self::Scaikey => true,
            Self::Zyphr | Self::BasisTheory | Self::Kontext => false,
        }
    }
}
