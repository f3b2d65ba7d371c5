//! Parts of lists, and the cursors between them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, ErrorCode, Fault};

/// Which part of a list is wanted, as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// The `next_cursor` of the part before; from the start when absent.
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where to go on; `None` at the end. A search may end a part early, so
    /// that a short part, even an empty one, can have a next.
    pub next_cursor: Option<String>,
    pub limit: u32,
}

/// Which part of a list is wanted, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NumberedQuery {
    /// From 1, which is also the default.
    pub page: Option<i64>,
    pub per_page: Option<i64>,
}

/// A numbered part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered<T> {
    pub items: Vec<T>,
    pub page: u32,
    pub per_page: u32,
    /// Of the whole list.
    pub total: u64,
    /// Whether that is so; if not, they are at least as many.
    pub total_is_exact: bool,
}

impl<T> Numbered<T> {
    /// How many parts there are; none of an empty list.
    pub fn total_pages(&self) -> u64 {
        self.total.div_ceil(u64::from(self.per_page))
    }
}

/// The same, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

impl NumberedQuery {
    const DEFAULT_PER_PAGE: u32 = 50;
    const MOST_PER_PAGE: u32 = 100;
    /// How many may come before a part that is counted up to.
    const DEEPEST: u64 = 1_000_000;

    pub(crate) fn numbers(self, faults: &mut Vec<Fault>) -> Numbers {
        let page = bounded("page", self.page, (1, u32::MAX), faults);
        let per_page =
            bounded("per_page", self.per_page, (Self::DEFAULT_PER_PAGE, Self::MOST_PER_PAGE), faults);
        Numbers { page, per_page }
    }

    /// The same for a list where whatever comes before a part is gone through,
    /// which has an end.
    pub(crate) fn counted_numbers(self, faults: &mut Vec<Fault>) -> Numbers {
        let numbers = self.numbers(faults);
        if numbers.range().0 > Self::DEEPEST {
            let message = format!("begins after the first {} of the list; narrow it", Self::DEEPEST);
            faults.push(Fault::new("page", ErrorCode::InvalidRequest, message));
        }
        numbers
    }
}

impl Numbers {
    /// How many come before, and how many are wanted.
    pub(crate) fn range(self) -> (u64, u64) {
        let per_page = u64::from(self.per_page);
        (u64::from(self.page - 1) * per_page, per_page)
    }

    /// Of all that there are.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> Numbered<T> {
        let total = all.len() as u64;
        let (skipped, limit) = self.range();
        let as_size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let part = all.into_iter().skip(as_size(skipped)).take(as_size(limit));
        self.of(part.collect(), total)
    }

    /// Of what was found; `is_all` says whether that is all that there is.
    pub(crate) fn cut_found<T>(self, found: Vec<T>, is_all: bool) -> Numbered<T> {
        Numbered { total_is_exact: is_all, ..self.cut(found) }
    }

    pub(crate) const fn of<T>(self, items: Vec<T>, total: u64) -> Numbered<T> {
        Numbered { items, page: self.page, per_page: self.per_page, total, total_is_exact: true }
    }
}

pub(crate) fn bounded(
    name: &str,
    raw: Option<i64>,
    (default, most): (u32, u32),
    faults: &mut Vec<Fault>,
) -> u32 {
    let Some(raw) = raw else { return default };
    u32::try_from(raw).ok().filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
        let message = format!("is not from 1 to {most}");
        faults.push(Fault::new(name, ErrorCode::InvalidRequest, message));
        default
    })
}

/// Which list a cursor belongs to, so that it is refused by the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    AgentSessions,
    Applications,
    Assignments,
    AuditEntries,
    Consents,
    Credentials,
    EffectiveUsers,
    Groups,
    ImpersonationHistory,
    Impersonations,
    IntegrationLinks,
    Integrations,
    Lockouts,
    Members,
    Operators,
    OwnConsents,
    OwnSignIns,
    Partners,
    RegistrationTokens,
    Scopes,
    ServiceAccounts,
    Sessions,
    Subgroups,
    TenantAgentSessions,
    Tenants,
    UserGroups,
    UserSessions,
    Users,
}

impl List {
    const fn tag(self) -> u8 {
        match self {
            Self::AgentSessions => b'x',
            Self::Applications => b'a',
            Self::Assignments => b'n',
            Self::AuditEntries => b'e',
            Self::Consents => b'o',
            Self::Credentials => b'c',
            Self::EffectiveUsers => b'f',
            Self::Groups => b'g',
            Self::ImpersonationHistory => b'k',
            Self::Impersonations => b'q',
            Self::IntegrationLinks => b'y',
            Self::Integrations => b'w',
            Self::Lockouts => b'l',
            Self::Members => b'm',
            Self::Operators => b'p',
            Self::OwnConsents => b'i',
            Self::OwnSignIns => b'j',
            Self::Partners => b'r',
            Self::RegistrationTokens => b'A',
            Self::Scopes => b's',
            Self::ServiceAccounts => b'z',
            Self::Sessions => b't',
            Self::Subgroups => b'b',
            Self::TenantAgentSessions => b'X',
            Self::Tenants => b'd',
            Self::UserGroups => b'h',
            Self::UserSessions => b'v',
            Self::Users => b'u',
        }
    }

    /// A cursor that goes on after the element with this key.
    pub(crate) fn cursor(self, key: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(key.len() + 1);
        bytes.push(self.tag());
        bytes.extend_from_slice(key);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn key(self, cursor: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        bytes.split_first().filter(|(tag, _)| **tag == self.tag()).map(|(_, key)| key.to_vec())
    }
}

impl PageQuery {
    const DEFAULT_LIMIT: u32 = 50;
    const MAX_LIMIT: u32 = 250;

    pub(crate) fn limit(&self, faults: &mut Vec<Fault>) -> u32 {
        let limit = self.limit.unwrap_or(Self::DEFAULT_LIMIT.into());
        let limit = u32::try_from(limit).ok().filter(|limit| (1..=Self::MAX_LIMIT).contains(limit));
        limit.unwrap_or_else(|| {
            let message = format!("is not from 1 to {}", Self::MAX_LIMIT);
            faults.push(Fault::new("limit", ErrorCode::InvalidRequest, message));
            Self::DEFAULT_LIMIT
        })
    }

    /// The key that the cursor goes on after.
    pub(crate) fn after<K>(
        &self,
        list: List,
        parse: impl FnOnce(Vec<u8>) -> Option<K>,
        faults: &mut Vec<Fault>,
    ) -> Option<K> {
        let cursor = self.cursor.as_deref()?;
        let key = list.key(cursor).and_then(parse);
        if key.is_none() {
            faults.push(Fault::new("cursor", ErrorCode::InvalidRequest, "is none that this list gave out"));
        }
        key
    }
}

/// A parameter that may be absent, or a fault more.
pub(crate) fn parameter<T, E: ToString>(
    name: &str,
    raw: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let parsed = raw.map(parse)?;
    parsed.map_err(|reason| faults.push(Fault::new(name, ErrorCode::InvalidRequest, reason))).ok()
}

/// For an id as a cursor's key.
pub(crate) fn id_key(key: Vec<u8>) -> Option<[u8; 16]> {
    key.try_into().ok()
}

pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Error> {
    Error::from_faults(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_from_1_to_250_and_50_when_absent() {
        for (asked, given) in [(None, Some(50)), (Some(1), Some(1)), (Some(250), Some(250))] {
            let mut faults = Vec::new();
            let limit = PageQuery { limit: asked, cursor: None }.limit(&mut faults);
            assert_eq!((Some(limit), faults.is_empty()), (given, true));
        }
        for refused in [0, -1, 251, i64::MAX] {
            let mut faults = Vec::new();
            PageQuery { limit: Some(refused), cursor: None }.limit(&mut faults);
            assert_eq!(faults[0].field, "limit", "{refused}");
        }
    }

    #[test]
    fn numbers_have_bounds_and_defaults() {
        let read = |page, per_page| {
            let mut faults = Vec::new();
            let numbers = NumberedQuery { page, per_page }.numbers(&mut faults);
            let names: Vec<_> = faults.into_iter().map(|fault| fault.field).collect();
            (numbers.range(), names)
        };
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(read(None, None), ((0, 50), names(&[])));
        assert_eq!(read(Some(3), Some(100)), ((200, 100), names(&[])));
        assert_eq!(read(Some(i64::from(u32::MAX)), Some(1)).1, names(&[]));
        for refused in [0, -1, i64::MAX] {
            assert_eq!(read(Some(refused), Some(refused)).1, names(&["page", "per_page"]), "{refused}");
        }
        assert_eq!(read(None, Some(101)).1, names(&["per_page"]));
    }

    #[test]
    fn a_part_that_is_counted_up_to_is_not_too_deep() {
        let faults = |page, per_page| {
            let mut faults = Vec::new();
            NumberedQuery { page: Some(page), per_page: Some(per_page) }.counted_numbers(&mut faults);
            faults.len()
        };
        for (page, per_page, expected) in [(10_001, 100, 0), (10_002, 100, 1), (1_000_001, 1, 0)] {
            assert_eq!(faults(page, per_page), expected, "{page} {per_page}");
        }
    }

    #[test]
    fn a_part_is_cut_out_of_all() {
        let part = |page| Numbers { page, per_page: 2 }.cut(vec![1, 2, 3]);
        assert_eq!((part(1).items, part(2).items, part(3).items), (vec![1, 2], vec![3], vec![]));
        assert_eq!(part(9).total, 3);
    }

    #[test]
    fn the_last_part_of_a_list_may_be_short() {
        for (total, pages) in [(0, 0), (1, 1), (50, 1), (51, 2)] {
            let numbered = Numbers { page: 1, per_page: 50 }.of(Vec::<u8>::new(), total);
            assert_eq!(numbered.total_pages(), pages, "{total}");
        }
    }

    #[test]
    fn a_cursor_is_read_by_the_list_that_gave_it_out_only() {
        let cursor = List::Applications.cursor(&[7; 16]);
        let read = |list: List, cursor: &str| {
            let mut faults = Vec::new();
            let query = PageQuery { cursor: Some(cursor.to_owned()), limit: None };
            (query.after(list, id_key, &mut faults), faults.len())
        };
        assert_eq!(read(List::Applications, &cursor), (Some([7; 16]), 0));
        for (list, damaged) in [
            (List::AuditEntries, cursor.as_str()),
            (List::Applications, &cursor[1..]),
            (List::Applications, "not base64!"),
            (List::Applications, ""),
        ] {
            assert_eq!(read(list, damaged), (None, 1), "{damaged}");
        }
    }
}
