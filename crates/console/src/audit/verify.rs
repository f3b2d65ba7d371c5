//! `/audit/verify`: whether the history stands as it was sealed, part by part.

use appkeep_http::action::ReadAudit;
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{Flaw, InspectedHistory};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Badge, Cell, Facts, Notice, Page, Part, Section};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadAudit>,
    view: View,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    let path = view.path("/audit/verify");
    let mut page = Page::new("Verify the history").below("History", view.path(PATH)).lead(
        "Every entry is sealed in a chain: its hash is taken over itself and the hash before it, and the \
         end of the chain is signed once a minute.",
    );
    if let Some(after) = asked.number("after")? {
        let after = u64::try_from(after).unwrap_or_default();
        let found = state.registry.inspect_history(&access.by, &state.authority, after).await?;
        page = page.with(Part::Notice(verdict(&found, &path))).with(Part::Facts(facts(&found)));
    } else {
        let begin = Action::go("Verify", format!("{path}?after=0")).main();
        page = page.with(Part::Actions(vec![begin]));
    }
    Ok(view.page(&page.with(Part::Section(meaning())).with(Part::Section(export(&view)))))
}

fn verdict(found: &InspectedHistory, path: &str) -> Notice {
    match (found.flaw, found.next()) {
        (Some(Flaw::Entry(number)), _) => Notice::new(
            Badge::Bad,
            format!(
                "Entry {number} is not the one that was sealed there, or is gone: somebody changed the database."
            ),
        ),
        (Some(Flaw::Signature(number)), _) => Notice::new(
            Badge::Bad,
            format!(
                "What was signed at entry {number} is not what stands there, or is gone: somebody changed the \
                 database."
            ),
        ),
        (None, Some(next)) => {
            let which = format!("Entries {} to {next} of {}", found.after + 1, found.count);
            let on = Action::go("Go on", format!("{path}?after={next}")).main();
            let (badge, what) = if found.signatures > 0 {
                (Badge::Good, "are as they were sealed.")
            } else {
                (
                    Badge::Warning,
                    "fit each other, but no signature stands among them: look at those after them.",
                )
            };
            Notice::new(badge, format!("{which} {what}")).doing(on)
        }
        (None, None) if found.count == 0 => Notice::new(Badge::Quiet, "No entry is sealed yet."),
        (None, None) => to_the_end(found).doing(Action::go("From the beginning", format!("{path}?after=0"))),
    }
}

/// What nobody signed, anybody may have sealed.
fn to_the_end(found: &InspectedHistory) -> Notice {
    let (first, last) = (found.after + 1, found.last);
    if first > last {
        return Notice::new(Badge::Quiet, format!("No entry after {last} is sealed yet."));
    }
    let (badge, what) = if found.signatures > 0 {
        (Badge::Good, "are as they were sealed, to the end.")
    } else {
        let unproven = "fit each other, to the end, but no signature stands among them yet: nothing proves that \
                        they are as they were sealed.";
        (Badge::Warning, unproven)
    };
    Notice::new(badge, format!("Entries {first} to {last} {what}"))
}

fn facts(found: &InspectedHistory) -> Facts {
    let signed = found
        .signed
        .map(|(number, at)| Cell::Row(vec![Cell::text(format!("up to entry {number}")), Cell::at(at)]));
    Facts::new()
        .with("Sealed entries", Cell::Number(found.count))
        .with("Signatures in this part that agree", Cell::Number(found.signatures))
        .with("Signed", Cell::maybe(signed, |cell| cell))
        .with("Not sealed yet", Cell::Number(found.unsealed))
}

fn meaning() -> Section {
    Section::new("What this proves")
        .with(Part::Prose(
            "No entry of this tenant that was sealed has been edited, moved or removed since, unless somebody \
             rewrote the whole chain and its signatures too."
                .to_owned(),
        ))
        .with(Part::Prose(
            "This server says so of its own database. Proof for others, and against whoever has the server, is an \
             export that is kept elsewhere and verified there, by a key that is known from elsewhere."
                .to_owned(),
        ))
}

fn export(view: &View) -> Section {
    let tenant = view.slug().map(|slug| format!(" --tenant {slug}")).unwrap_or_default();
    let commands = format!(
        "appkeep audit export --out trail.jsonl{tenant}\nappkeep audit verify trail.jsonl --key-thumbprint THUMBPRINT"
    );
    Section::new("Export")
        .lead("Where the server runs. The export prints the thumbprint of the key that signed it; keep that elsewhere.")
        .with(Part::Code(commands))
}
