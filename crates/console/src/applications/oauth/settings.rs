//! What an application may ask for, where it is, and what it is given: changed
//! by those who may.

use appkeep_domain::{Application, Lifetime, OauthFacet, SigningAlgorithm, UserPool};
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{
    ApplicationFields, ApplicationUpdate, ApplicationView, By, Error, PageQuery, Registry, ScopeQuery,
};
use axum::extract::State;
use axum::response::Response;

use super::{span, words};
use crate::applications::forms::{expected, form_page, lines, of_version, onward, outrun, path};
use crate::applications::tabs::AppTab;
use crate::kit::{Choice, Draft, Field, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let known = known_scopes(&registry, &access.by).await;
    Ok(view.page(&page(&view, &shown, (&known, &Draft::new()))))
}

pub(super) async fn change(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let error = match fields(&shown.application, &posted) {
        Ok(fields) => {
            let update =
                ApplicationUpdate { expected: expected(&posted), fields, ..ApplicationUpdate::default() };
            match registry.update_application(&access.by, &id, update).await {
                Ok(_) => return Ok(view.go(&onward(&id, "/oauth"), Said::Saved)),
                Err(error) => error,
            }
        }
        Err(error) => error,
    };
    let known = known_scopes(&registry, &access.by).await;
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.again(outrun(error), |error| page(&view, &shown, (&known, &Draft::refused(&posted, error)))))
}

/// The first of those that the tenant has; nothing for who may not see them.
async fn known_scopes(registry: &Registry, by: &By) -> Vec<String> {
    let page = PageQuery { cursor: None, limit: Some(30) };
    let found = registry.scopes(by, ScopeQuery { page }).await;
    found.map(|found| found.items.iter().map(|entry| entry.scope.to_string()).collect()).unwrap_or_default()
}

/// What the form says; of what it had no field for, nothing.
fn fields(application: &Application, posted: &Posted) -> Result<ApplicationFields, Error> {
    let has_people = application.kind.may_have_people();
    let is_on = |name: &str| has_people.then(|| posted.is_on(name));
    let own_people = application.user_pool == UserPool::Application;
    Ok(ApplicationFields {
        redirect_uris: lines(posted, "redirect_uris"),
        post_logout_redirect_uris: lines(posted, "post_logout_redirect_uris"),
        allowed_origins: lines(posted, "allowed_origins"),
        grant_types: Some(posted.list("grant_types")),
        allowed_scopes: lines(posted, "allowed_scopes"),
        audience: posted.edit("audience"),
        allowed_resources: lines(posted, "allowed_resources"),
        access_token_ttl_s: posted.number("access_token_ttl_s")?,
        refresh_token_ttl_s: posted.number("refresh_token_ttl_s")?,
        refresh_token_max_age_s: posted.number("refresh_token_max_age_s")?,
        require_pkce: is_on("require_pkce").filter(|_| application.kind.is_confidential()),
        access_token_signing_alg: posted.edit("access_token_signing_alg"),
        id_token_signing_alg: posted.edit("id_token_signing_alg"),
        first_party: is_on("first_party"),
        assignment_required: is_on("assignment_required").filter(|_| !own_people),
        ..ApplicationFields::default()
    })
}

fn page(view: &View, shown: &ApplicationView, (known, draft): (&[String], &Draft<'_>)) -> Page {
    let application = &shown.application;
    let Some(oauth) = &application.oauth else {
        return form_page(view, (shown, AppTab::Oauth), Section::new("This application is no OAuth client"));
    };
    let mut fields = Vec::new();
    if application.kind.may_have_people() {
        fields.extend(addresses(oauth, draft));
    }
    fields.extend(grants(application, oauth, (known, draft)));
    fields.extend(lifetimes(application, oauth, draft));
    fields.extend(algorithms(application, oauth, draft));
    if application.kind.may_have_people() {
        fields.extend(people(application, oauth, draft));
    }
    let form = Form::new(path(view, application, "/oauth/edit"), "Save").fields(draft, fields).back(path(
        view,
        application,
        "/oauth",
    ));
    let section = Section::new("OAuth settings").with(Part::Form(of_version(form, shown)));
    form_page(view, (shown, AppTab::Oauth), section)
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn addresses(oauth: &OauthFacet, draft: &Draft<'_>) -> Vec<Field> {
    vec![
        Field::lines(draft, ("redirect_uris", "Redirect URIs"), &texts(&oauth.redirect_uris))
            .example("https://app.example.com/callback")
            .hint(
                "One a line, compared letter by letter. https, or http on this device; an app on a device may \
                 have a scheme of its own.",
            ),
        Field::lines(
            draft,
            ("post_logout_redirect_uris", "Redirect URIs after a sign-out"),
            &texts(&oauth.post_logout_redirect_uris),
        )
        .hint("One a line: where a browser may be sent when somebody has signed out."),
        Field::lines(draft, ("allowed_origins", "Origins"), &texts(&oauth.allowed_origins))
            .example("https://app.example.com")
            .hint("One a line: pages of these may ask us from within a browser (CORS)."),
    ]
}

fn grants(
    application: &Application,
    oauth: &OauthFacet,
    (known, draft): (&[String], &Draft<'_>),
) -> Vec<Field> {
    let grants = application.kind.grant_types().iter();
    let choices =
        grants.map(|grant| Choice::new(grant.as_str(), words(*grant)).hint(grant.as_str())).collect();
    let chosen: Vec<String> = oauth.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect();
    let scopes: Vec<String> = oauth.allowed_scopes.iter().map(ToString::to_string).collect();
    let there_are =
        if known.is_empty() { String::new() } else { format!(" There are {}.", known.join(", ")) };
    vec![
        Field::checks(draft, ("grant_types", "Grant types"), (choices, &chosen))
            .hint("By what it may get tokens. One at least."),
        Field::lines(draft, ("allowed_scopes", "Scopes"), &scopes)
            .hint(format!("One a line: what it may ask for.{there_are}")),
        Field::line(draft, ("audience", "Own audience"), oauth.audience.as_deref().unwrap_or_default())
            .example("https://api.example.com")
            .hint("What its own API is called in the audience of tokens. For owners and admins to say."),
        Field::lines(draft, ("allowed_resources", "Resources"), &texts(&oauth.allowed_resources))
            .example("https://api.example.com")
            .hint("One a line: the APIs for which it may ask for tokens (RFC 8707). For owners and admins to say."),
    ]
}

fn lifetimes(application: &Application, oauth: &OauthFacet, draft: &Draft<'_>) -> Vec<Field> {
    let field = |named: (&'static str, &str), (stands, most): (Lifetime, Lifetime), about: &str| {
        let said = format!("{about} In seconds, from 60 to {} ({}).", most.as_seconds(), span(most));
        Field::typed(draft, named, ("number", &stands.as_seconds().to_string())).hint(said).required()
    };
    let access = field(
        ("access_token_ttl_s", "Access tokens live"),
        (oauth.access_token_ttl, OauthFacet::MAX_ACCESS_TOKEN_TTL),
        "What was given out is good for so long, whatever is changed meanwhile.",
    );
    if !application.kind.may_have_people() {
        return vec![access];
    }
    vec![
        access,
        field(
            ("refresh_token_ttl_s", "Refresh tokens live"),
            (oauth.refresh_token_ttl, OauthFacet::MAX_REFRESH_TOKEN_TTL),
            "Each of them: whoever does not come back for so long signs in again.",
        ),
        field(
            ("refresh_token_max_age_s", "All that come of one sign-in"),
            (oauth.refresh_token_max_age, OauthFacet::MAX_REFRESH_TOKEN_MAX_AGE),
            "However often somebody comes back, after so long they sign in again. Not less than one lives.",
        ),
    ]
}

fn algorithms(application: &Application, oauth: &OauthFacet, draft: &Draft<'_>) -> Vec<Field> {
    let choices = |otherwise: &str| -> Vec<Choice> {
        let each = SigningAlgorithm::ALL.iter().map(|one| Choice::new(one.as_str(), one.as_str()));
        std::iter::once(Choice::new("", otherwise)).chain(each).collect()
    };
    let stands = |named: Option<SigningAlgorithm>| named.map_or("", SigningAlgorithm::as_str);
    let access = Field::select(
        draft,
        ("access_token_signing_alg", "Access tokens are signed with"),
        (choices("What the tenant says"), stands(oauth.access_token_signing_alg)),
    );
    if !application.kind.may_have_people() {
        return vec![access];
    }
    let id = Field::select(
        draft,
        ("id_token_signing_alg", "ID tokens are signed with"),
        (choices("RS256, which every client reads"), stands(oauth.id_token_signing_alg)),
    );
    vec![access, id]
}

fn people(application: &Application, oauth: &OauthFacet, draft: &Draft<'_>) -> Vec<Field> {
    let mut fields = Vec::new();
    if application.kind.is_confidential() {
        let pkce = Field::check(draft, ("require_pkce", "Require a proof key (PKCE)"), oauth.require_pkce);
        fields.push(
            pkce.hint(
                "Every sign-in then has to bring one (RFC 7636). On is safer, off is for old libraries.",
            ),
        );
    }
    let ours = Field::check(draft, ("first_party", "First party"), oauth.first_party);
    fields.push(ours.hint("It is your own: nobody is asked whether it may. For owners and admins to say."));
    if application.user_pool == UserPool::Tenant {
        let named = ("assignment_required", "Only for those assigned to it");
        let assigned = Field::check(draft, named, oauth.assignment_required);
        fields.push(assigned.hint("Others of the tenant are told that it is not for them."));
    }
    fields
}
