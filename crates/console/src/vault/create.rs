//! Data is put into the vault.

use std::collections::BTreeMap;

use appkeep_domain::{Action as Doing, Environment};
use appkeep_http::action::WriteVault;
use appkeep_http::{Access, Problem};
use appkeep_service::{
    By, CreatedToken, Error, ErrorCode, Fault, NewToken, Vault, VaultField, VaultTokenType,
};
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::PATH;
use super::words::{caller_to, environments, json, moment, named, path_of};
use crate::kit::{Choice, Draft, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn new(_: Access<WriteVault>, view: View) -> Response {
    view.page(&page(&view, &Draft::new()))
}

pub(super) async fn create(
    access: Access<WriteVault>,
    view: View,
    State(vault): State<Vault>,
    posted: Posted,
) -> Result<Response, Problem> {
    match make(&vault, access.by, &posted).await {
        Ok((created, environment)) => {
            let said = if created.deduplicated { Said::Found } else { Said::Made };
            Ok(view.go(&path_of(created.token.id.as_str(), "", environment), said))
        }
        Err(error) => Ok(view.again(error, |error| page(&view, &Draft::refused(&posted, error)))),
    }
}

async fn make(vault: &Vault, by: By, posted: &Posted) -> Result<(CreatedToken, Environment), Error> {
    let environment = posted.filled("environment");
    let caller = caller_to(by, environment.as_deref(), Doing::WriteVault)?.without_revealing();
    let created = vault.create(&caller, read(posted)?).await.map_err(named)?;
    Ok((created, caller.environment))
}

fn read(posted: &Posted) -> Result<NewToken, Error> {
    let Some(data) = json(posted, "data")? else {
        return Err(Error::invalid(Fault::new("data", ErrorCode::InvalidField, "is required")));
    };
    let indexes = posted.lines("search_indexes");
    Ok(NewToken {
        id: posted.filled("id"),
        token_type: posted.typed("type"),
        data,
        mask: match json(posted, "mask")? {
            None => VaultField::Unsaid,
            Some(Value::Null) => VaultField::None,
            Some(mask) => VaultField::Some(mask),
        },
        metadata: metadata(posted)?,
        containers: posted.filled("container").into_iter().collect(),
        search_indexes: (!indexes.is_empty()).then_some(indexes),
        fingerprint_expression: posted.filled("fingerprint_expression"),
        deduplicate: posted.filled("deduplicate").map(|word| word == "true"),
        expires_at: moment(posted, "expires_at")?,
    })
}

/// The service takes names and texts.
pub(super) fn metadata(posted: &Posted) -> Result<BTreeMap<String, String>, Error> {
    let Some(typed) = json(posted, "metadata")? else { return Ok(BTreeMap::new()) };
    serde_json::from_value(typed)
        .map_err(|_| Error::invalid(Fault::new("metadata", ErrorCode::InvalidField, "is no object of texts")))
}

fn page(view: &View, draft: &Draft<'_>) -> Page {
    let path = view.path(PATH);
    let types = VaultTokenType::ALL
        .iter()
        .map(|one| Choice::new(one.as_str(), format!("{}, in {}", one.as_str(), one.default_container())));
    let mut fields = vec![
        Field::select(draft, ("type", "Type"), (types.collect(), VaultTokenType::Token.as_str())).hint(
            "Says what the data has to look like, and which container, mask and search indexes there are where \
             nothing else is said. A token of the type `token` holds anything.",
        ),
        Field::code(draft, ("data", "Data"), "")
            .hint("JSON; a text stands in double quotes. It is sealed, and nothing else is kept of it.")
            .example("{ \"number\": \"4242424242424242\", \"expiration_month\": 12, \"expiration_year\": 2030 }")
            .required(),
        Field::select(draft, ("environment", "Environment"), (environments(), "live"))
            .hint("What the keys of live make, those of test do not see, nor the reverse."),
        Field::line(draft, ("id", "Id"), "").hint(
            "A random one, where nothing is typed. It is kept as it is, so it should not be the data. An \
             expression such as {{ data.number | alias_card }} makes one.",
        ),
    ];
    fields.extend(rules(draft));
    let same = [
        Choice::new("", "As the tenant's settings say"),
        Choice::new("true", "Give back the token that there is"),
        Choice::new("false", "Make another token"),
    ];
    fields.push(
        Field::select(draft, ("deduplicate", "The same data again"), (same.to_vec(), ""))
            .hint("The same is what has the same type and the same fingerprint."),
    );
    Page::new("Put data in")
        .below("Vault", path.clone())
        .with(Part::Form(Form::new(path.clone(), "Put in").fields(draft, fields).back(path)))
}

/// What is said beside the data of a new one.
fn rules(draft: &Draft<'_>) -> Vec<Field> {
    vec![
        Field::line(draft, ("container", "Container"), "")
            .hint("Access rules speak of containers. That of the type, where nothing is typed.")
            .example("/pci/high/"),
        Field::code(draft, ("mask", "Mask"), "")
            .hint(
                "JSON with expressions in its texts: what is shown to those who may not see the data plain. That \
                 of the type, where nothing is typed; null for none.",
            )
            .example("\"{{ data | reveal_last: 4 }}\""),
        Field::code(draft, ("metadata", "Metadata"), "")
            .hint("A JSON object of texts. It is sealed too, and tokens are found by it.")
            .example("{ \"customer\": \"42\" }"),
        Field::lines(draft, ("search_indexes", "Search indexes"), &[])
            .hint("Expressions, one a line: the token is found by what each comes to. At most 10.")
            .example("{{ data | last4 }}"),
        Field::line(draft, ("fingerprint_expression", "Fingerprint"), "")
            .hint("An expression: tokens for which it comes to the same have the same fingerprint.")
            .example("{{ data.number }}"),
        Field::typed(draft, ("expires_at", "Ends"), ("datetime-local", ""))
            .hint("From that moment the token is not there any more. Never, where nothing is chosen."),
    ]
}
