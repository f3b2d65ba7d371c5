//! What to do next with an application, from what is known of it.

use appkeep_domain::{
    Application, ApplicationKind, ApplicationState, CredentialClass, Lifetime, SafeToRetire, Timestamp,
    UsedCredential,
};
use appkeep_service::{ApplicationView, CredentialView, Registry};

use super::PATH;
use crate::kit::{Action, Badge, Notice};
use crate::view::View;

/// How long before its end an application is spoken of on its own page.
const APPLICATION_ENDS: Lifetime = Lifetime::from_days(30);
/// How old an application is that was never used for it to be odd.
const UNUSED: Lifetime = Lifetime::from_days(30);

/// The most pressing first.
pub(super) fn of(
    view: &View,
    (shown, credentials): (&ApplicationView, &[CredentialView]),
    now: Timestamp,
) -> Vec<Notice> {
    let mut notices: Vec<Notice> = of_state(view, shown).into_iter().collect();
    notices.extend(of_its_end(view, shown, now));
    notices.extend(of_configuration(view, shown));
    if shown.application.has_client_secret() && shown.audit.is_some() {
        notices.extend(of_secrets(view, (&shown.application, credentials), now));
    }
    notices
}

fn of_state(view: &View, shown: &ApplicationView) -> Option<Notice> {
    let application = &shown.application;
    let path = |verb: &str| view.path(&format!("{PATH}/{}/{verb}", application.id));
    let doing = |notice: Notice, may: bool, action: Action| if may { notice.doing(action) } else { notice };
    match (application.archived_at, application.state) {
        (Some(at), _) => {
            let sentence = format!("It was archived on {}: it gets no tokens, and nobody signs in.", day(at));
            let restore = Action::send("Restore", path("restore"));
            Some(doing(Notice::new(Badge::Quiet, sentence), shown.can.restore, restore))
        }
        (None, ApplicationState::Disabled) => {
            let sentence = "It is disabled: it gets no tokens, and what it has lives on until it expires.";
            let enable = Action::send("Enable", path("enable"));
            Some(doing(Notice::new(Badge::Warning, sentence), shown.can.enable, enable))
        }
        (None, ApplicationState::Enabled) => None,
    }
}

fn of_its_end(view: &View, shown: &ApplicationView, now: Timestamp) -> Option<Notice> {
    let application = &shown.application;
    let at = application.expires_at.filter(|at| *at <= now.plus(APPLICATION_ENDS))?;
    let sentence = format!("It is gone {}, on {}, with all that it has.", in_days(now, at), day(at));
    let notice = Notice::new(Badge::Warning, sentence);
    let edit = Action::go("Give it longer", view.path(&format!("{PATH}/{}/edit", application.id)));
    Some(if shown.can.update { notice.doing(edit) } else { notice })
}

fn of_configuration(view: &View, shown: &ApplicationView) -> Vec<Notice> {
    let application = &shown.application;
    let Some(oauth) = &application.oauth else { return Vec::new() };
    let mut notices = Vec::new();
    let mut tell = |sentence: &str, label: &str| {
        let notice = Notice::new(Badge::Warning, sentence);
        let change = Action::go(label, view.path(&format!("{PATH}/{}/oauth", application.id)));
        notices.push(if shown.can.update { notice.doing(change) } else { notice });
    };
    if application.kind.may_have_people() && oauth.redirect_uris.is_empty() {
        tell("It has no redirect URI, so nobody can sign in to it.", "Add a redirect URI");
    }
    let opens_nothing =
        oauth.allowed_scopes.is_empty() && oauth.audience.is_none() && oauth.allowed_resources.is_empty();
    if application.kind == ApplicationKind::M2m && opens_nothing {
        tell("It may ask for nothing yet: no scope is allowed to it, and no API.", "Allow it something");
    }
    notices
}

fn of_secrets(
    view: &View,
    (application, credentials): (&Application, &[CredentialView]),
    now: Timestamp,
) -> Vec<Notice> {
    let all = |badge: Badge, sentence: String, label: &str| {
        let path = view.path(&format!("{PATH}/{}/credentials", application.id));
        Notice::new(badge, sentence).doing(Action::go(label, path))
    };
    let live: Vec<_> = live(credentials, now).collect();
    if live.is_empty() {
        let sentence = "It has no secret that is good: nothing can prove that it is this application.";
        return vec![all(Badge::Bad, sentence.to_owned(), "Rotate its secret")];
    }
    let mut notices: Vec<Notice> = live
        .iter()
        .filter_map(|one| of_secret(one, now).map(|(badge, sentence)| all(badge, sentence, "To its secrets")))
        .collect();
    let was_used = live.iter().any(|one| one.credential.used.is_some());
    if !was_used && application.created_at.plus(UNUSED) < now {
        let sentence = "Nothing has ever used a secret of it. If nobody needs it, disable it.".to_owned();
        let notice = Notice::new(Badge::Quiet, sentence);
        let danger =
            Action::go("To the danger zone", view.path(&format!("{PATH}/{}/danger", application.id)));
        notices.push(notice.doing(danger));
    }
    notices
}

/// What is to be said of one that is good.
fn of_secret(one: &CredentialView, now: Timestamp) -> Option<(Badge, String)> {
    let (credential, used) = (&one.credential.credential, &one.credential.used);
    let called = format!("The secret that ends in {}", credential.last_four);
    if one.safe_to_retire == SafeToRetire::Yes {
        let since = used.as_ref().map_or(credential.created_at, |used| used.last_used_at);
        let quiet = for_days(since, now);
        let sentence =
            format!("{called} was used by nothing for {quiet}, and a newer one is in use: retire it.");
        return Some((Badge::Good, sentence));
    }
    let at = credential.expires_at.filter(|at| *at <= now.plus(Registry::ENDS_SOON))?;
    let use_of_it =
        if used.is_some() { "Whatever still uses it is refused from then on." } else { "Nothing uses it." };
    let badge = if used.is_some() { Badge::Warning } else { Badge::Quiet };
    Some((badge, format!("{called} expires {}, on {}. {use_of_it}", in_days(now, at), day(at))))
}

/// What is said of an application before anybody looks at it: that it is gone soon.
pub(crate) fn told_of(application: &Application, now: Timestamp) -> Option<String> {
    application.expires_at.map(|at| format!("It is gone {}.", in_days(now, at)))
}

/// The same of a secret of it.
pub(crate) fn told_of_secret(one: &UsedCredential, now: Timestamp) -> Option<String> {
    let credential = &one.credential;
    let environment = match credential.class {
        CredentialClass::EnvironmentSecret(environment) => format!(" of `{}`", environment.as_str()),
        CredentialClass::ClientSecret | CredentialClass::ApiKey(_) => String::new(),
    };
    let use_of_it = if one.used.is_some() { "It has been in use." } else { "Nothing has used it." };
    let (last_four, at) = (&credential.last_four, credential.expires_at?);
    let ends = in_days(now, at);
    Some(format!("The secret{environment} that ends in {last_four} expires {ends}. {use_of_it}"))
}

/// Those by which it proves itself.
fn live(credentials: &[CredentialView], now: Timestamp) -> impl Iterator<Item = &CredentialView> {
    credentials.iter().filter(move |one| {
        let credential = &one.credential.credential;
        credential.class == CredentialClass::ClientSecret && credential.is_live(now)
    })
}

/// The date, in UTC.
fn day(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn in_days(now: Timestamp, at: Timestamp) -> String {
    match days(now, at) {
        0 => "within a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    }
}

fn for_days(since: Timestamp, now: Timestamp) -> String {
    match days(since, now) {
        0 | 1 => "a day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Whole ones.
fn days(first: Timestamp, second: Timestamp) -> u32 {
    Lifetime::between(first, second).as_seconds() / Lifetime::from_days(1).as_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_whole() {
        let at = Timestamp::from_seconds;
        for (seconds, expected) in [
            (0, "within a day"),
            (86_399, "within a day"),
            (86_400, "in a day"),
            (172_800, "in 2 days"),
            (-5, "within a day"),
        ] {
            assert_eq!(in_days(at(0), at(seconds)), expected, "{seconds}");
        }
        assert_eq!(for_days(at(0), at(86_400)), "a day");
        assert_eq!(for_days(at(0), at(5 * 86_400)), "5 days");
        assert_eq!(day(Timestamp::from_seconds(0)), "1970-01-01");
    }
}
