//! `/applications/{id}/danger`: what takes something away from whoever uses an
//! application.

use appkeep_domain::{Action as Doing, UserPool};
use appkeep_http::action::{
    ArchiveApplication, DeleteApplication, DisableApplication, EnableApplication, EndSessions,
    ReadApplication, RestoreApplication, RevokeTokens,
};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ApplicationView, Error, ErrorCode, Expected, Fault, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::tabs::{AppTab, may_here, page_of};
use crate::kit::{Action, Badge, Draft, Field, Form, Notice, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// `GET /applications/{id}/danger`
pub(super) async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&danger_page(&view, &shown, &Draft::new())))
}

/// `POST /applications/{id}/disable`
pub(super) async fn disable(
    access: Access<DisableApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.disable_application(&access.by, &id).await?;
    Ok(on(&view, &shown, Said::Disabled))
}

/// `POST /applications/{id}/enable`
pub(super) async fn enable(
    access: Access<EnableApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.enable_application(&access.by, &id).await?;
    Ok(on(&view, &shown, Said::Enabled))
}

/// `POST /applications/{id}/archive`
pub(super) async fn archive(
    access: Access<ArchiveApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.archive_application(&access.by, &id).await?;
    Ok(on(&view, &shown, Said::Archived))
}

/// `POST /applications/{id}/restore`
pub(super) async fn restore(
    access: Access<RestoreApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.restore_application(&access.by, &id).await?;
    Ok(on(&view, &shown, Said::Restored))
}

fn on(view: &View, shown: &ApplicationView, said: Said) -> Response {
    view.go(&format!("{PATH}/{}", shown.application.id), said)
}

/// `POST /applications/{id}/revoke-tokens`
pub(super) async fn revoke_tokens(
    access: Access<RevokeTokens>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.revoke_tokens(&access.by, &id).await?;
    Ok(view.go(&format!("{PATH}/{id}/danger"), Said::Revoked))
}

/// `POST /applications/{id}/danger/end-sessions`
pub(super) async fn end_sessions(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.end_sessions(&access.by, &id).await?;
    Ok(view.go(&format!("{PATH}/{id}/danger"), Said::Ended))
}

/// `POST /applications/{id}/delete`
pub(super) async fn delete(
    access: Access<DeleteApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let again =
        |error: Error| view.again(error, |error| danger_page(&view, &shown, &Draft::refused(&posted, error)));
    if posted.typed("name") != shown.application.name.as_str() {
        let fault = Fault::new("name", ErrorCode::InvalidField, "is not its name; nothing was deleted");
        return Ok(again(Error::invalid(fault)));
    }
    Ok(match registry.delete_application(&access.by, &id, Expected::Any).await {
        Ok(()) => view.go(PATH, Said::Deleted),
        Err(error) => again(error),
    })
}

fn danger_page(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let sections =
        [turn(view, shown), revoke(view, shown), put_away(view, shown), delete_for_good(view, shown, draft)];
    let page = page_of(view, shown, AppTab::Danger);
    let page = if shown.for_operators {
        let told = "Operators sign in to it: without it nobody would come to the console, not even to put \
                    it back. So it is neither disabled nor archived nor deleted.";
        page.with(Part::Notice(Notice::new(Badge::Warning, told)))
    } else {
        page
    };
    if sections.iter().all(Option::is_none) {
        return page
            .with(Part::Notice(Notice::new(Badge::Quiet, "There is nothing here that you may do to it.")));
    }
    sections.into_iter().flatten().fold(page, |page, section| page.with(Part::Section(section)))
}

fn path(view: &View, shown: &ApplicationView, verb: &str) -> String {
    view.path(&format!("{PATH}/{}/{verb}", shown.application.id))
}

fn turn(view: &View, shown: &ApplicationView) -> Option<Section> {
    if shown.can.enable {
        let enable = Action::send("Enable", path(view, shown, "enable"));
        let lead = "It is disabled. Once it is enabled, it gets tokens again, and people sign in to it.";
        return Some(Section::new("Enable").lead(lead).with(Part::Actions(vec![enable])));
    }
    let name = &shown.application.name;
    let disable = Action::send("Disable", path(view, shown, "disable"))
        .danger()
        .asking(format!("Disable {name}? It gets nothing new from then on."));
    let lead = "It gets no new tokens, and nobody signs in to it. Tokens that are out live on until they \
                expire; to end those too, revoke them. It can be enabled again at any time.";
    let section = Section::new("Disable").lead(lead).with(Part::Actions(vec![disable]));
    shown.can.disable.then(|| section.danger())
}

fn revoke(view: &View, shown: &ApplicationView) -> Option<Section> {
    let may = shown.application.oauth.is_some() && may_here(view, shown, Doing::RevokeTokens);
    let name = &shown.application.name;
    let revoke = Action::send("Revoke all tokens", path(view, shown, "revoke-tokens"))
        .danger()
        .asking(format!("Revoke every token of {name}? People have to sign in again."));
    let lead = "Every token that it was given until now is refused from now on, and all its sessions end. \
                It can get new ones at once, unless it is disabled.";
    let section = Section::new("Revoke all tokens").lead(lead).with(Part::Actions(vec![revoke]));
    may.then(|| section.danger())
}

fn put_away(view: &View, shown: &ApplicationView) -> Option<Section> {
    if shown.can.restore {
        let restore = Action::send("Restore", path(view, shown, "restore"));
        let lead = "It is put away. Restored, it is what it was, and people have to sign in again.";
        return Some(Section::new("Restore").lead(lead).with(Part::Actions(vec![restore])));
    }
    let name = &shown.application.name;
    let archive = Action::send("Archive", path(view, shown, "archive"))
        .danger()
        .asking(format!("Archive {name}? Its sessions end."));
    let lead = "It is put away: it gets no tokens, its sessions end, and lists leave it out unless they are \
                asked for. Nothing of it is lost, and it can be restored.";
    let section = Section::new("Archive").lead(lead).with(Part::Actions(vec![archive]));
    shown.can.archive.then(|| section.danger())
}

fn delete_for_good(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Option<Section> {
    let application = &shown.application;
    if shown.for_operators || !may_here(view, shown, Doing::DeleteApplication) {
        return None;
    }
    let own_users = if application.user_pool == UserPool::Application {
        " The users of its own are deleted with it."
    } else {
        ""
    };
    let lead = format!(
        "For good: its secrets, keys, assignments and consents are gone, and whoever uses it is \
         refused.{own_users} Its id is never given to another; its history stays."
    );
    let mut section = Section::new("Delete").lead(lead).danger();
    let live = shown.sessions.map_or(0, |sessions| sessions.live);
    if live > 0 {
        let sentence = format!("It cannot be deleted while sessions are active ({live}).");
        let mut notice = Notice::new(Badge::Warning, sentence);
        if may_here(view, shown, Doing::EndSessions) {
            let end = Action::send("End all its sessions", path(view, shown, "danger/end-sessions")).danger();
            notice = notice.doing(end.asking("End them? People have to sign in again."));
        }
        section = section.with(Part::Notice(notice));
    }
    let typed = Field::line(draft, ("name", "Its name, to be sure"), "")
        .hint(format!("Type “{}”.", application.name))
        .required();
    let form = Form::new(path(view, shown, "delete"), "Delete for good").fields(draft, vec![typed]).danger();
    Some(section.with(Part::Form(form)))
}
