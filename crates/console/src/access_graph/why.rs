//! Why a call along an edge is allowed or denied, in sentences.

use appkeep_domain::access::{AccessDenied, Transform};
use appkeep_domain::graph::{Denial, Edge, Grounds, Verdict};
use appkeep_domain::integration::Unreachable;

use crate::kit::{Badge, Cell};

pub(super) fn kind(edge: &Edge) -> String {
    match edge.permission {
        Some(permission) => format!("{} ({})", edge.kind.as_str(), permission.as_str()),
        None => edge.kind.as_str().to_owned(),
    }
}

pub(super) fn decision(edge: &Edge) -> Cell {
    match edge.verdict {
        Some(Verdict::Allowed(_)) => Cell::badge(Badge::Good, "allowed"),
        Some(Verdict::Denied(_)) => Cell::badge(Badge::Bad, "denied"),
        None => Cell::Nothing,
    }
}

pub(super) fn sentence(edge: &Edge) -> String {
    match edge.verdict {
        Some(Verdict::Allowed(grounds)) => allowed(grounds),
        Some(Verdict::Denied(denial)) => denied(denial),
        None => String::new(),
    }
}

fn allowed(grounds: Grounds) -> String {
    let said = match grounds {
        Grounds::Member => "It is in the group.",
        Grounds::Assigned => "The application is for those who are assigned, and this one is.",
        Grounds::Everybody => "The application is for everybody, assigned or not.",
        Grounds::Attached => "The integration is attached to the application.",
        Grounds::Connected => "The user is connected with the integration.",
        Grounds::AllowedScope => "The scope is among the application's allowed scopes, and is registered.",
        Grounds::AllowedResource => "The resource is the application's own, or among its allowed resources.",
        Grounds::Rule { priority, transform } => {
            return format!("The access rule of priority {priority} allows it{}.", shown(transform));
        }
        Grounds::Permission { transform } => {
            return format!("The application has this permission on everything{}.", shown(transform));
        }
    };
    said.to_owned()
}

fn denied(denial: Denial) -> String {
    let said = match denial {
        Denial::NotInUse(why) => return format!("Something on the way is not in use ({}).", why.as_str()),
        Denial::UserSuspended => "The user is suspended.",
        Denial::UserPending => "The user has not accepted the invitation yet.",
        Denial::UnknownScope => "The scope is allowed, but is registered no more.",
        Denial::InvalidTarget => "No token is given for this resource.",
        Denial::Unreachable(why) => unreachable(why),
        Denial::Access(AccessDenied::NotHeld) => "No permission and no access rule allows it.",
        Denial::Access(AccessDenied::ElsewhereOnly) => "It is allowed in other containers only.",
    };
    said.to_owned()
}

const fn unreachable(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Unknown => "There is no such integration.",
        Unreachable::NotAttached => "The integration is not attached to the application.",
        Unreachable::Archived => "The integration is archived.",
        Unreachable::IntegrationRequired => "The user is not connected with the integration.",
        Unreachable::ReauthorizationRequired => {
            "What the user connected with is no longer taken: they have to connect again."
        }
        Unreachable::Unavailable => {
            "The integration cannot be reached at the moment, or lacks its server token."
        }
    }
}

const fn shown(transform: Transform) -> &'static str {
    match transform {
        Transform::Redact => ", and shows nothing of the data",
        Transform::Mask => ", and shows the data masked",
        Transform::Reveal => ", and shows the data plain",
    }
}
