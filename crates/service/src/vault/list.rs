//! Lists and searches: what may not be read is not in them.

use appkeep_domain::Issuer;
use appkeep_domain::access::{Container, Permission, TokenPlace, TokenReach, Transform};
use appkeep_storage::{VaultBy, VaultCursor, VaultSeek, VaultToken};
use appkeep_vault::{TokenId, TokenType, is_base58};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::called::parse_id;
use super::content::place;
use super::view::{Answer, Opened, place_of};
use super::words::{TokenQuery, TokenView};
use super::{Vault, VaultCaller};
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::page::{check, parameter};
use crate::{Numbered, NumberedQuery, Page, PageQuery};

/// What is listed, and where it may be.
struct Wanted {
    permission: Permission,
    by: VaultBy,
    /// The last first, none of them within another.
    ranges: Vec<Container>,
    /// These and no others.
    ids: Option<Vec<TokenId>>,
}

/// What one page may cost.
struct Cost {
    rows: usize,
    seeks: usize,
    bytes: usize,
}

impl Cost {
    const PAGE: Self = Self { rows: 2_000, seeks: 100, bytes: 8 * 1_024 * 1_024 };
    /// Of counting, which reads places only.
    const COUNT: Self = Self { rows: 11_000, seeks: 1_000, bytes: 0 };

    const fn is_over(&self) -> bool {
        self.rows == 0 || self.seeks == 0
    }
}

impl Vault {
    /// By container and then by age, the last first.
    pub async fn list(
        &self,
        caller: &VaultCaller,
        query: &TokenQuery,
        page: &PageQuery,
    ) -> Result<Page<TokenView>, Error> {
        self.page(caller, Permission::TokenRead, (query, page)).await
    }

    /// The same for whoever may search, by search indexes as well.
    pub async fn search(
        &self,
        caller: &VaultCaller,
        query: &TokenQuery,
        page: &PageQuery,
    ) -> Result<Page<TokenView>, Error> {
        self.page(caller, Permission::TokenSearch, (query, page)).await
    }

    /// The list by numbers. Counted is up to some ten thousand.
    pub async fn list_numbered(
        &self,
        caller: &VaultCaller,
        query: &TokenQuery,
        numbers: NumberedQuery,
    ) -> Result<Numbered<TokenView>, Error> {
        self.numbered(caller, Permission::TokenRead, (query, numbers)).await
    }

    pub async fn search_numbered(
        &self,
        caller: &VaultCaller,
        query: &TokenQuery,
        numbers: NumberedQuery,
    ) -> Result<Numbered<TokenView>, Error> {
        self.numbered(caller, Permission::TokenSearch, (query, numbers)).await
    }

    async fn page(
        &self,
        caller: &VaultCaller,
        permission: Permission,
        (query, page): (&TokenQuery, &PageQuery),
    ) -> Result<Page<TokenView>, Error> {
        caller.must_hold(permission)?;
        let mut faults = Vec::new();
        let limit = page.limit(&mut faults);
        let from = self.read_cursor(caller, page.cursor.as_deref(), &mut faults).await?;
        if query.ids.is_some() {
            faults.push(Fault::new("id", ErrorCode::InvalidRequest, "does not narrow this list"));
        }
        let wanted = self.wanted(caller, permission, (query, faults)).await?;
        let (found, next) = self.gather(caller, &wanted, (from, limit as usize)).await?;
        let Answer { items, is_all } = self.show_all(caller, found).await?;
        // The rest is for the next part, however many were asked for.
        let cut = items.last().filter(|_| !is_all).map(place_in_lists);
        let next_cursor = match cut.or(next) {
            Some(next) => Some(self.write_cursor(caller, &next).await?),
            None => None,
        };
        Ok(Page { items, next_cursor, limit })
    }

    async fn numbered(
        &self,
        caller: &VaultCaller,
        permission: Permission,
        (query, numbers): (&TokenQuery, NumberedQuery),
    ) -> Result<Numbered<TokenView>, Error> {
        const DEEPEST: u64 = 10_000;
        caller.must_hold(permission)?;
        let mut faults = Vec::new();
        let numbers = numbers.numbers(&mut faults);
        let wanted = self.wanted(caller, permission, (query, faults)).await?;
        let (places, is_all) = self.places(caller, &wanted).await?;
        // What comes after the end is known to be empty; what was not counted is not.
        if !is_all && numbers.range().0 > DEEPEST {
            let message = format!("begins after the first {DEEPEST} of the list; narrow it");
            return Err(Error::invalid(Fault::new("page", ErrorCode::InvalidRequest, message)));
        }
        let part = numbers.cut_found(places, is_all);
        let (mut found, mut room) = (Vec::with_capacity(part.items.len()), Cost::PAGE.bytes);
        for place in &part.items {
            // One that went meanwhile is not shown, and counted once more.
            let mut tx = self.store().read().await?;
            let token = tx.vault_token(caller.within(), (caller.of(), &place.id), self.now()).await?;
            let Some(token) = token else { continue };
            let Some(transform) = caller.decide(permission, &place_of(&token)).transform() else { continue };
            if token.sealed.len() > room && !found.is_empty() {
                return Err(too_large());
            }
            room = room.saturating_sub(token.sealed.len());
            found.push((token, transform));
        }
        let Answer { items, is_all } = self.show_all(caller, found).await?;
        if !is_all {
            return Err(too_large());
        }
        let Numbered { page, per_page, total, total_is_exact, .. } = part;
        Ok(Numbered { items, page, per_page, total, total_is_exact })
    }

    async fn wanted(
        &self,
        caller: &VaultCaller,
        permission: Permission,
        (query, mut faults): (&TokenQuery, Vec<Fault>),
    ) -> Result<Wanted, Error> {
        let container = parameter("container", query.container.as_deref(), Container::parse, &mut faults);
        let token_type = parameter("type", query.token_type.as_deref(), TokenType::parse, &mut faults);
        let ids = named(query, &mut faults);
        let terms = [
            query.ids.is_some(),
            query.token_type.is_some(),
            query.fingerprint.is_some(),
            query.metadata.is_some(),
            query.data.is_some(),
        ];
        if terms.into_iter().filter(|&is_given| is_given).count() > 1 {
            let message = "only a container may stand beside another term";
            faults.push(Fault::new("type", ErrorCode::InvalidRequest, message));
        }
        if query.data.is_some() && permission != Permission::TokenSearch {
            faults.push(Fault::new("data", ErrorCode::InvalidRequest, "is for searches"));
        }
        check(faults)?;
        if let Some(container) = &container {
            caller.may(permission, &TokenPlace { id: None, container })?;
        }
        let by = match (token_type, &query.fingerprint, &query.metadata, &query.data) {
            (Some(token_type), ..) => VaultBy::Type(token_type.as_str().to_owned()),
            // No database is asked for what no fingerprint can be.
            (_, Some(fingerprint), ..) if !is_fingerprint(fingerprint) => {
                return Ok(Wanted { permission, by: VaultBy::Nothing, ranges: Vec::new(), ids });
            }
            (_, Some(fingerprint), ..) => VaultBy::Fingerprint(fingerprint.clone()),
            (_, _, Some((name, value)), _) => {
                VaultBy::Tag(self.keys(caller.of()).await?.metadata_tag(name, value))
            }
            (.., Some(value)) => VaultBy::Tag(self.keys(caller.of()).await?.index_tag(value)),
            (None, None, None, None) => VaultBy::Nothing,
        };
        let ranges = ranges(caller.rights.reach(permission), container);
        Ok(Wanted { permission, by, ranges, ids })
    }

    /// Those that may be read, and where to go on.
    async fn gather(
        &self,
        caller: &VaultCaller,
        wanted: &Wanted,
        (from, limit): (Option<VaultCursor>, usize),
    ) -> Result<(Vec<(VaultToken, Transform)>, Option<VaultCursor>), Error> {
        const BATCH: usize = 100;
        let (mut cost, mut found, mut last) = (Cost::PAGE, Vec::new(), from);
        for range in &wanted.ranges {
            while let Some(below) = below(range, last.as_ref()) {
                if cost.is_over() {
                    return Ok((found, Some(below)));
                }
                let batch = (limit + 1 - found.len()).min(BATCH).min(cost.rows);
                let tokens = self.seek(caller, wanted, (range, below, batch)).await?;
                cost.rows -= tokens.len();
                cost.seeks -= 1;
                let is_end = tokens.len() < batch;
                for token in tokens {
                    let transform = caller.decide(wanted.permission, &place_of(&token)).transform();
                    let place = VaultCursor::of(&token);
                    if let Some(transform) = transform {
                        let size = token.sealed.len();
                        if found.len() == limit || (size > cost.bytes && !found.is_empty()) {
                            return Ok((found, last));
                        }
                        cost.bytes = cost.bytes.saturating_sub(size);
                        found.push((token, transform));
                    }
                    last = Some(place);
                }
                if is_end {
                    break;
                }
            }
        }
        Ok((found, None))
    }

    async fn seek(
        &self,
        caller: &VaultCaller,
        wanted: &Wanted,
        (range, below, batch): (&Container, VaultCursor, usize),
    ) -> Result<Vec<VaultToken>, Error> {
        let limit = u32::try_from(batch).unwrap_or(u32::MAX);
        let seek = VaultSeek { by: wanted.by.clone(), floor: range.clone(), below, limit };
        let mut tx = self.store().read().await?;
        Ok(tx.vault_tokens(caller.within(), caller.of(), &seek, self.now()).await?)
    }

    /// Where all those are that may be read, and whether these are all.
    async fn places(&self, caller: &VaultCaller, wanted: &Wanted) -> Result<(Vec<VaultCursor>, bool), Error> {
        const BATCH: usize = 1_000;
        if let Some(ids) = &wanted.ids {
            return Ok((self.places_of(caller, wanted, ids).await?, true));
        }
        let (mut cost, mut found, mut last) = (Cost::COUNT, Vec::new(), None);
        for range in &wanted.ranges {
            while let Some(below) = below(range, last.as_ref()) {
                if cost.is_over() {
                    return Ok((found, false));
                }
                let batch = BATCH.min(cost.rows);
                let limit = u32::try_from(batch).unwrap_or(u32::MAX);
                let seek = VaultSeek { by: wanted.by.clone(), floor: range.clone(), below, limit };
                let mut tx = self.store().read().await?;
                let places = tx.vault_places(caller.within(), caller.of(), &seek, self.now()).await?;
                drop(tx);
                cost.rows -= places.len();
                cost.seeks -= 1;
                let is_end = places.len() < batch;
                last = places.last().cloned().or(last);
                found.extend(places.into_iter().filter(|place| may_read(caller, wanted.permission, place)));
                if is_end {
                    break;
                }
            }
        }
        Ok((found, true))
    }

    /// Those of the tokens that may be read and are where it was asked for.
    async fn places_of(
        &self,
        caller: &VaultCaller,
        wanted: &Wanted,
        ids: &[TokenId],
    ) -> Result<Vec<VaultCursor>, Error> {
        let (mut found, mut tx) = (Vec::with_capacity(ids.len()), self.store().read().await?);
        for id in ids {
            let token = tx.vault_token(caller.within(), (caller.of(), id.as_str()), self.now()).await?;
            let place = token.as_ref().map(VaultCursor::of);
            let is_within = |place: &VaultCursor| {
                let container = Container::parse(&place.container);
                container.is_ok_and(|inner| wanted.ranges.iter().any(|range| range.covers(&inner)))
            };
            found
                .extend(place.filter(|place| is_within(place) && may_read(caller, wanted.permission, place)));
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        Ok(found)
    }

    async fn show_all(
        &self,
        caller: &VaultCaller,
        found: Vec<(VaultToken, Transform)>,
    ) -> Result<Answer, Error> {
        let mut opened = Vec::with_capacity(found.len());
        for (token, transform) in found {
            opened.push(Opened { content: self.unseal(&token).await?, token, transform });
        }
        let answer = Answer::of(opened).await?;
        let revealed = answer.items.iter().filter(|shown| shown.transform == Transform::Reveal);
        self.tell_revealed(caller, revealed.map(|shown| shown.id.to_string()).collect()).await?;
        Ok(answer)
    }

    /// Sealed, because it may name a token that is not shown.
    async fn write_cursor(&self, caller: &VaultCaller, at: &VaultCursor) -> Result<String, Error> {
        let mut plain = at.created_at.as_micros().to_be_bytes().to_vec();
        plain.push(u8::try_from(at.container.len()).unwrap_or(u8::MAX));
        plain.extend_from_slice(at.container.as_bytes());
        plain.extend_from_slice(at.id.as_bytes());
        let sealed = self.seal(caller.of(), ("", "cursor"), &plain).await?;
        Ok(URL_SAFE_NO_PAD.encode([&sealed.version.to_be_bytes()[..], &sealed.bytes].concat()))
    }

    async fn read_cursor(
        &self,
        caller: &VaultCaller,
        cursor: Option<&str>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<VaultCursor>, Error> {
        let Some(cursor) = cursor else { return Ok(None) };
        let opened = self.open_cursor(caller, cursor).await?;
        if opened.is_none() {
            faults.push(Fault::new("cursor", ErrorCode::InvalidRequest, "is none that this list gave out"));
        }
        Ok(opened)
    }

    async fn open_cursor(&self, caller: &VaultCaller, cursor: &str) -> Result<Option<VaultCursor>, Error> {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(cursor) else { return Ok(None) };
        let Some((version, sealed)) = bytes.split_first_chunk() else { return Ok(None) };
        let (issuer, place) = (Issuer::Tenant(caller.by.tenant), place(caller.of(), "", "cursor"));
        let sealed = (u32::from_be_bytes(*version), sealed);
        match self.keyring().open(issuer, &place, sealed).await {
            Ok(plain) => Ok(parse_cursor(&plain)),
            Err(crate::KeyringError::Unopened(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn place_in_lists(shown: &TokenView) -> VaultCursor {
    VaultCursor {
        container: shown.container.to_string(),
        created_at: shown.created_at,
        id: shown.id.to_string(),
    }
}

fn too_large() -> Error {
    let message = "is more of these tokens than one answer has room for; ask for fewer";
    Error::invalid(Fault::new("per_page", ErrorCode::InvalidRequest, message))
}

fn is_fingerprint(text: &str) -> bool {
    const LONGEST: usize = 100;
    text.len() <= LONGEST && is_base58(text)
}

/// Each once; what no token can be called names none.
fn named(query: &TokenQuery, faults: &mut Vec<Fault>) -> Option<Vec<TokenId>> {
    const MOST: usize = 100;
    let said = query.ids.as_ref()?;
    if said.len() > MOST {
        let message = format!("is there more than {MOST} times");
        faults.push(Fault::new("id", ErrorCode::InvalidRequest, message));
    }
    let mut ids: Vec<TokenId> = said.iter().filter_map(|raw| parse_id(raw).ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}

fn parse_cursor(plain: &[u8]) -> Option<VaultCursor> {
    let (micros, rest) = plain.split_first_chunk()?;
    let (length, rest) = rest.split_first()?;
    let (container, id) = rest.split_at_checked(usize::from(*length))?;
    Some(VaultCursor {
        container: String::from_utf8(container.to_vec()).ok()?,
        created_at: appkeep_domain::Timestamp::from_micros(i64::from_be_bytes(*micros)),
        id: String::from_utf8(id.to_vec()).ok()?,
    })
}

fn may_read(caller: &VaultCaller, permission: Permission, at: &VaultCursor) -> bool {
    let Ok(container) = Container::parse(&at.container) else { return false };
    caller.decide(permission, &TokenPlace { id: Some(&at.id), container: &container }).is_allowed()
}

/// Where to look, the last first: what may be reached, and is in the container
/// that was named.
fn ranges(reach: TokenReach, named: Option<Container>) -> Vec<Container> {
    let mut ranges = match (reach, named) {
        (TokenReach::Anywhere, named) => vec![named.unwrap_or_else(Container::root)],
        (TokenReach::Within(reached), None) => reached,
        (TokenReach::Within(reached), Some(named)) if reached.iter().any(|outer| outer.covers(&named)) => {
            vec![named]
        }
        (TokenReach::Within(reached), Some(named)) => {
            reached.into_iter().filter(|inner| named.covers(inner)).collect()
        }
    };
    ranges.reverse();
    ranges
}

/// Where to begin in a range, after what was seen already; nowhere where the
/// range lies before that.
fn below(range: &Container, last: Option<&VaultCursor>) -> Option<VaultCursor> {
    let above = VaultCursor::above(range);
    match last {
        Some(last) if *last < above => (last.container.as_str() >= range.as_str()).then(|| last.clone()),
        None | Some(_) => Some(above),
    }
}
