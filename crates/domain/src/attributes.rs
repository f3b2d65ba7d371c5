//! What is kept with a user for others: JSON objects, of bounded size.

use std::collections::BTreeMap;
use std::fmt;

use crate::InvalidText;
use crate::name::printable;

/// Why members are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributes {
    #[error("has more than {0} names")]
    TooMany(usize),
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    #[error("has a name that {0}")]
    Name(InvalidText),
}

/// Of names, in characters.
const MAX_NAME: usize = 255;

fn check(members: &BTreeMap<String, String>, most: usize, bytes: usize) -> Result<(), InvalidAttributes> {
    if members.len() > most {
        return Err(InvalidAttributes::TooMany(most));
    }
    for name in members.keys() {
        printable(name, MAX_NAME).map_err(InvalidAttributes::Name)?;
    }
    // Braces; for each member two quotes, a colon and a comma.
    let length: usize = 2 + members.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    if length > bytes { Err(InvalidAttributes::TooLong(bytes)) } else { Ok(()) }
}

macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident $most:literal $bytes:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// A member is a name and a JSON text, of which nothing is known here:
        /// whoever makes one has parsed it.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name(BTreeMap<String, String>);

        impl $name {
            /// Most names that there may be.
            pub const MAX: usize = $most;
            /// Of the whole object, printed without spaces.
            pub const MAX_BYTES: usize = $bytes;

            pub fn parse(members: BTreeMap<String, String>) -> Result<Self, InvalidAttributes> {
                check(&members, Self::MAX, Self::MAX_BYTES)?;
                Ok(Self(members))
            }

            /// Name and JSON text, in the order of names.
            pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
                self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
            }
        }

        /// What is known of a person is not for logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.len())
            }
        }
    )*};
}

objects! {
    /// What applications and dialects keep with a user, for themselves.
    Metadata 1_000 16_384;
    /// What a tenant knows of its users beyond the standard claims, to be put
    /// into tokens and assertions.
    CustomAttributes 50 16_384;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: usize, value: &str) -> BTreeMap<String, String> {
        (0..count).map(|number| (format!("n{number}"), value.to_owned())).collect()
    }

    #[test]
    fn there_are_so_many_of_such_a_length() {
        for (members, outcome) in [
            (members(0, ""), Ok(())),
            (members(50, "true"), Ok(())),
            (members(51, "true"), Err(InvalidAttributes::TooMany(50))),
            (members(1, &"1".repeat(16_376)), Ok(())),
            (members(1, &"1".repeat(16_377)), Err(InvalidAttributes::TooLong(16_384))),
            (
                BTreeMap::from([(String::new(), "1".to_owned())]),
                Err(InvalidAttributes::Name(InvalidText::Empty)),
            ),
        ] {
            assert_eq!(CustomAttributes::parse(members).map(drop), outcome);
        }
        assert!(Metadata::parse(members(51, "true")).is_ok());
    }
}
