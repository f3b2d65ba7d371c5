//! That an application registered itself, told beside what it proves itself with.

use appkeep_domain::registration::Registration;

use crate::kit::{Cell, Facts, Page, Part, Section};

/// The page, and of one that registered itself how it did.
pub(super) fn with_section(page: Page, registration: Option<&Registration>) -> Page {
    let Some(registration) = registration else { return page };
    let section = Section::new("Registration")
        .lead("This application registered itself (RFC 7591). What it says of itself was not looked into.")
        .with(Part::Facts(facts(registration)));
    page.with(Part::Section(section))
}

fn facts(registration: &Registration) -> Facts {
    let said = &registration.said;
    let let_in = match registration.let_in_by {
        Some(token) => Cell::code(token.to_string()),
        None => Cell::text("nobody: the tenant lets in anybody"),
    };
    let unused = match registration.unused_until {
        Some(until) => Cell::Stack(vec![
            Cell::at(until),
            Cell::Detail("It has got no token yet, and goes then unless it gets one.".to_owned()),
        ]),
        None => Cell::text("as others: it is in use"),
    };
    let word = |word: &Option<String>| Cell::maybe(word.clone(), Cell::text);
    Facts::new()
        .with("Registered", Cell::at(registration.created_at))
        .with("Let in by", let_in)
        .with("Kept until", unused)
        .with("Home page", word(&said.client_uri))
        .with("Policy", word(&said.policy_uri))
        .with("Terms", word(&said.tos_uri))
        .with("Contacts", Cell::lines(said.contacts.iter().map(String::as_str)))
        .with("Software", word(&said.software_id))
        .with("Version", word(&said.software_version))
}
