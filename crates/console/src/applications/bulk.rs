//! `/applications/bulk`: the same done to several, after a look at what it means.

use appkeep_domain::{Action as Doing, Application, ApplicationState};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, Problem};
use appkeep_service::{
    ApplicationView, BulkOutcome, BulkVerb, By, Error, ErrorCode, Fault, Registry, require,
};
use axum::extract::State;
use axum::response::Response;

use super::{PATH, state_of};
use crate::kit::{Action, Badge, Cell, Column, Draft, Form, Notice, Page, Part, Row, Table, sentence};
use crate::posted::Posted;
use crate::view::View;

/// What was picked, and what is to be done to it.
struct Wanted {
    verb: BulkVerb,
    ids: Vec<String>,
}

/// One of those picked: whoever may not see it has it not.
struct Picked {
    id: String,
    found: Option<ApplicationView>,
}

/// `POST /applications/bulk`: what would happen to each. Changes nothing.
pub(super) async fn preview(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(&access.by, &posted)?;
    if wanted.ids.is_empty() {
        return Ok(view.page(&nothing_picked(&view)));
    }
    let picked = look_at(&registry, &access.by, &wanted.ids).await?;
    Ok(view.page(&preview_page(&view, &wanted, &picked)))
}

/// `POST /applications/bulk/confirm`: does it, and says what became of each.
pub(super) async fn confirm(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let Wanted { verb, ids } = Wanted::read(&access.by, &posted)?;
    if ids.is_empty() {
        return Ok(view.page(&nothing_picked(&view)));
    }
    // What is deleted has no name any more.
    let picked = look_at(&registry, &access.by, &ids).await?;
    let outcome = registry.bulk(&access.by, verb, ids).await?;
    Ok(view.page(&result_page(&view, verb, (&picked, &outcome))))
}

impl Wanted {
    fn read(by: &By, posted: &Posted) -> Result<Self, Error> {
        let (verb, action) = match posted.text("verb") {
            "disable" => (BulkVerb::Disable, Doing::DisableApplication),
            "enable" => (BulkVerb::Enable, Doing::EnableApplication),
            "delete" => (BulkVerb::Delete, Doing::DeleteApplication),
            _ => {
                let fault =
                    Fault::new("verb", ErrorCode::InvalidRequest, "is none of disable, enable, delete");
                return Err(Error::invalid(fault));
            }
        };
        require(&by.caller, action)?;
        let ids = posted.list("id");
        if ids.len() > Registry::MAX_BULK {
            let message = format!("is more than {} at once", Registry::MAX_BULK);
            return Err(Error::invalid(Fault::new("id", ErrorCode::InvalidRequest, message)));
        }
        Ok(Self { verb, ids })
    }
}

async fn look_at(registry: &Registry, by: &By, ids: &[String]) -> Result<Vec<Picked>, Error> {
    let mut picked = Vec::with_capacity(ids.len());
    for id in ids {
        let found = match registry.application(by, id).await {
            Ok(found) => Some(found),
            Err(error) if error.code() == ErrorCode::AppNotFound => None,
            Err(error) => return Err(error),
        };
        picked.push(Picked { id: id.clone(), found });
    }
    Ok(picked)
}

fn nothing_picked(view: &View) -> Page {
    let back = Action::go("Back to the applications", view.path(PATH));
    Page::new("Nothing was picked").below("Applications", view.path(PATH)).with(Part::Notice(
        Notice::new(Badge::Quiet, "Tick those that you mean, and press the button again.").doing(back),
    ))
}

const fn words(verb: BulkVerb) -> (&'static str, &'static str) {
    match verb {
        BulkVerb::Disable => ("Disable", "disabled"),
        BulkVerb::Enable => ("Enable", "enabled"),
        BulkVerb::Delete => ("Delete", "deleted"),
    }
}

const fn meaning(verb: BulkVerb) -> &'static str {
    match verb {
        BulkVerb::Disable => {
            "A disabled application gets no new tokens; what it has lives on until it expires."
        }
        BulkVerb::Enable => "An enabled application gets tokens, and people sign in to it.",
        BulkVerb::Delete => {
            "What is deleted is gone for good, with its secrets, its keys and the users of its own. \
             No other application ever gets its id."
        }
    }
}

fn preview_page(view: &View, wanted: &Wanted, picked: &[Picked]) -> Page {
    let (label, _) = words(wanted.verb);
    let told: Vec<_> = picked.iter().map(|one| (one, forecast(wanted.verb, one))).collect();
    let fit = told.iter().filter(|(_, (badge, _))| *badge == Badge::Good).count();
    let rows = told.into_iter().map(|(one, (badge, told))| {
        let state = one.found.as_ref().map(|found| state_of(&found.application));
        Row::new(vec![name(view, one), state.unwrap_or(Cell::Nothing), Cell::badge(badge, told)])
    });
    let table = Table::new(
        "What would happen",
        Column::all(&["Name", "State now", "What would happen"]),
        rows.collect(),
    );
    let form = picked.iter().fold(
        Form::new(view.path("/applications/bulk/confirm"), &format!("{label} {}", counted(fit)))
            .fields(&Draft::new(), Vec::new())
            .hidden("verb", label.to_lowercase())
            .back(view.path(PATH)),
        |form, one| form.hidden("id", one.id.as_str()),
    );
    let page = Page::new(format!("{label} {}?", counted(picked.len())))
        .lead(meaning(wanted.verb))
        .below("Applications", view.path(PATH))
        .with(Part::Table(table));
    if fit == 0 {
        let back = Action::go("Back to the applications", view.path(PATH));
        return page.with(Part::Actions(vec![back]));
    }
    page.with(Part::Form(if wanted.verb == BulkVerb::Delete { form.danger() } else { form }))
}

fn counted(count: usize) -> String {
    if count == 1 { "1 application".to_owned() } else { format!("{count} applications") }
}

/// What is to be expected; only doing it tells for certain.
fn forecast(verb: BulkVerb, one: &Picked) -> (Badge, String) {
    let Some(found) = &one.found else {
        return (Badge::Bad, "is not there (any more)".to_owned());
    };
    let is_enabled = found.application.state == ApplicationState::Enabled;
    let live = found.sessions.map_or(0, |sessions| sessions.live);
    let (_, done) = words(verb);
    match verb {
        BulkVerb::Disable if found.can.disable => (Badge::Good, format!("will be {done}")),
        BulkVerb::Enable if found.can.enable => (Badge::Good, format!("will be {done}")),
        BulkVerb::Delete if found.can.delete => (Badge::Good, format!("will be {done}")),
        BulkVerb::Disable | BulkVerb::Delete if found.for_operators => {
            (Badge::Warning, "cannot be: operators sign in to it".to_owned())
        }
        BulkVerb::Disable if !is_enabled => (Badge::Quiet, "is disabled already".to_owned()),
        BulkVerb::Enable if is_enabled => (Badge::Quiet, "is enabled already".to_owned()),
        BulkVerb::Delete if live > 0 => (Badge::Warning, format!("cannot be: sessions are active ({live})")),
        _ => (Badge::Warning, "is not yours to change".to_owned()),
    }
}

fn name(view: &View, one: &Picked) -> Cell {
    match &one.found {
        Some(ApplicationView { application: Application { id, name, slug, .. }, .. }) => Cell::Stack(vec![
            Cell::link(name.as_str(), view.path(&format!("{PATH}/{id}"))),
            Cell::Detail(slug.to_string()),
        ]),
        None => Cell::code(one.id.as_str()),
    }
}

fn result_page(view: &View, verb: BulkVerb, (picked, outcome): (&[Picked], &BulkOutcome)) -> Page {
    let (_, done) = words(verb);
    let rows = outcome.results.iter().zip(picked).map(|(result, one)| {
        let told = match &result.outcome {
            Ok(()) => Cell::badge(Badge::Good, done),
            Err(error) => Cell::Stack(vec![
                Cell::badge(Badge::Bad, format!("not {done}")),
                Cell::text(sentence(&error.to_string())),
            ]),
        };
        let is_gone = verb == BulkVerb::Delete && result.outcome.is_ok();
        Row::new(vec![if is_gone { plain_name(one) } else { name(view, one) }, told])
    });
    let table = Table::new("What became of each", Column::all(&["Name", "Outcome"]), rows.collect());
    let told = if outcome.failed == 0 {
        Notice::new(Badge::Good, format!("{} {done}.", outcome.succeeded))
    } else {
        Notice::new(Badge::Warning, format!("{} {done}, {} not.", outcome.succeeded, outcome.failed))
    };
    Page::new(format!("{} {done}", counted(outcome.succeeded)))
        .below("Applications", view.path(PATH))
        .with(Part::Notice(told))
        .with(Part::Table(table))
        .with(Part::Actions(vec![Action::go("Back to the applications", view.path(PATH)).main()]))
}

/// Of what leads nowhere any more.
fn plain_name(one: &Picked) -> Cell {
    match &one.found {
        Some(found) => Cell::text(found.application.name.as_str()),
        None => Cell::code(one.id.as_str()),
    }
}
