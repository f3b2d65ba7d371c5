//! For how long what is replaced is still taken: asked of whoever rotates.

use appkeep_domain::Tenant;
use appkeep_service::Error;

use super::forms::fault;
use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;

const CHOSEN: &str = "overlap";
const SECONDS: &str = "overlap_s";
const OWN: &str = "own";

pub(super) fn fields(draft: &Draft<'_>) -> Vec<Field> {
    let choices = vec![
        Choice::new("", "As the tenant's settings say").hint("Three days where nobody chose otherwise."),
        Choice::new("0", "At once")
            .hint("For one that somebody may have seen. Whatever still uses it stops."),
        Choice::new("3600", "After 1 hour"),
        Choice::new("86400", "After 1 day"),
        Choice::new("604800", "After 7 days"),
        Choice::new(OWN, "After as many seconds as are typed below"),
    ];
    let most = Tenant::MAX_SECRET_ROTATION_OVERLAP.as_seconds();
    vec![
        Field::radio(draft, (CHOSEN, "When does the old one end?"), (choices, "")),
        Field::typed(draft, (SECONDS, "Seconds"), ("number", ""))
            .hint(format!("Only for the last choice: from 0 to {most}, which is 7 days.")),
    ]
}

/// Nothing where the tenant's settings are to decide.
pub(super) fn read(posted: &Posted) -> Result<Option<i64>, Error> {
    match posted.text(CHOSEN) {
        "" => Ok(None),
        OWN => posted.number(SECONDS)?.map(Some).ok_or_else(|| fault(SECONDS, "is needed for this choice")),
        chosen => chosen.parse().map(Some).map_err(|_| fault(CHOSEN, "is none of the choices")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_chosen_or_typed() {
        let read = |sent: &str| {
            let field = |error: Error| error.faults()[0].field.clone();
            super::read(&Posted::parse(sent.as_bytes())).map_err(field)
        };
        assert_eq!(read("overlap="), Ok(None));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("overlap=0&overlap_s=77"), Ok(Some(0)));
        assert_eq!(read("overlap=own&overlap_s=77"), Ok(Some(77)));
        assert_eq!(read("overlap=own"), Err("overlap_s".to_owned()));
        assert_eq!(read("overlap=own&overlap_s=x"), Err("overlap_s".to_owned()));
        assert_eq!(read("overlap=soon"), Err("overlap".to_owned()));
    }
}
