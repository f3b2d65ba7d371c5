//! Each page in the states that people meet, under the name it is shown by.

use appkeep_domain::{Entropy, Timestamp};
use appkeep_http::pages::{
    About, AccountPage, ApplicationInUse, Ask, Browser, ChooseAccountPage, Colour, ConnectPage, ConsentPage,
    DonePage, ErrorPage, ForgottenPasswordPage, Form, FormKey, FormPostPage, Frame, Link, MailSentPage, Mark,
    Moment, NewPasswordPage, NotAssignedPage, Person, SignInPage, SignInShown, SignOutPage, SignedOutPage,
    Site, VerifyAddressPage,
};
use appkeep_service::MacKey;
use askama::Template;
use http::HeaderMap;

/// A page, ready to be sent.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) html: String,
}

/// All of them, with a tenant's colour or with our own.
pub(crate) fn samples(colour: Option<&str>) -> Vec<Sample> {
    let frame = Frame { tenant: mark("Northwind Traders", None), colour: colour.and_then(Colour::parse) };
    [signing_in(&frame), deciding(&frame), passwords(&frame), notices(&frame), accounts(&frame)]
        .into_iter()
        .flatten()
        .collect()
}

fn signing_in(frame: &Frame) -> Vec<Sample> {
    let asked = SignInPage {
        frame: frame.clone(),
        form: form("/sign-in"),
        application: Some(mark("Ledger", Some(LOGO))),
        identifier: String::new(),
        identifier_fault: None,
        password_fault: None,
        problem: None,
        forgotten_password: Some("/forgotten-password".to_owned()),
    };
    let wrong = SignInPage {
        identifier: "ada@northwind.example".to_owned(),
        problem: Some("The name or the password is wrong.".to_owned()),
        ..asked.clone()
    };
    let empty = SignInPage {
        identifier_fault: Some("Type your email address or your user name.".to_owned()),
        password_fault: Some("Type your password.".to_owned()),
        ..asked.clone()
    };
    let choice = ChooseAccountPage {
        frame: frame.clone(),
        form: form("/choose-account"),
        application: Some(mark("Ledger", Some(LOGO))),
        person: person(),
    };
    vec![
        sample("sign-in", &asked),
        sample("sign-in-wrong", &wrong),
        sample("sign-in-empty", &empty),
        sample("choose-account", &choice),
    ]
}

fn deciding(frame: &Frame) -> Vec<Sample> {
    let scopes = [
        ("openid", None),
        ("email", None),
        ("invoices:read", Some("Read your invoices and who they were sent to")),
        ("offline_access", None),
    ];
    let consent = ConsentPage {
        frame: frame.clone(),
        form: form("/consent"),
        application: mark("Ledger", Some(LOGO)),
        person: person(),
        asks: scopes.iter().map(|(scope, description)| Ask::of(scope, *description)).collect(),
        more: About::at("Privacy policy", Some("https://ledger.example/privacy")).into_iter().collect(),
        account: Some("/account".to_owned()),
    };
    let connect = ConnectPage {
        frame: frame.clone(),
        form: form("/integrations/int_01KAH8Q2M4F7V9X3C5N8R1T6ZD/connect"),
        integration: "Git".to_owned(),
        application: "Ledger".to_owned(),
        account: "ada@northwind.example".to_owned(),
    };
    let refused = NotAssignedPage {
        frame: frame.clone(),
        form: form("/sign-in"),
        application: mark("Payroll", None),
        person: person(),
    };
    let sign_out = SignOutPage {
        frame: frame.clone(),
        form: form("/oauth2/logout"),
        application: Some(mark("Ledger", Some(LOGO))),
        person: person(),
    };
    vec![
        sample("consent", &consent),
        sample("connect", &connect),
        sample("not-assigned", &refused),
        sample("sign-out", &sign_out),
    ]
}

fn passwords(frame: &Frame) -> Vec<Sample> {
    let (address, sign_in) = ("ada@northwind.example".to_owned(), Some("/sign-in".to_owned()));
    let forgotten = ForgottenPasswordPage {
        frame: frame.clone(),
        form: form("/forgotten-password"),
        address: String::new(),
        address_fault: None,
        problem: None,
        sign_in: sign_in.clone(),
    };
    let sent = MailSentPage {
        frame: frame.clone(),
        address: address.clone(),
        lifetime: "one hour".to_owned(),
        sign_in,
    };
    let new = NewPasswordPage {
        frame: frame.clone(),
        form: form("/new-password").with("link", "lnk_1"),
        address: address.clone(),
        rules: "At least 12 characters.".to_owned(),
        password_fault: Some("This password is among those that are guessed first.".to_owned()),
        problem: None,
    };
    let verify = VerifyAddressPage {
        frame: frame.clone(),
        form: form("/verify-address").with("link", "lnk_2"),
        address,
    };
    vec![
        sample("forgotten-password", &forgotten),
        sample("mail-sent", &sent),
        sample("new-password", &new),
        sample("verify-address", &verify),
    ]
}

fn notices(frame: &Frame) -> Vec<Sample> {
    let error = ErrorPage {
        frame: frame.clone(),
        title: "This request cannot be answered".to_owned(),
        sentence: "The application sent you here with a redirect URI that it has not registered.".to_owned(),
        code: "invalid_request".to_owned(),
        request_id: "req_01KAKC3ZJ6SV8Q5N2F2M1M4G7T".to_owned(),
    };
    let form_post = FormPostPage {
        frame: frame.clone(),
        application: "Ledger".to_owned(),
        action: "https://ledger.example/callback".to_owned(),
        fields: vec![("code".to_owned(), "abc".to_owned()), ("state".to_owned(), "\"><b>".to_owned())],
    };
    let link = |words: &str, url: &str| Some(Link { words: words.to_owned(), url: url.to_owned() });
    let signed_out =
        SignedOutPage { frame: frame.clone(), next: link("Back to Ledger", "https://ledger.example/") };
    let done = DonePage {
        frame: frame.clone(),
        title: "Your password is changed".to_owned(),
        sentence: "Use it from now on. Wherever you were signed in with the old one, you are signed out."
            .to_owned(),
        next: link("Sign in", "/sign-in"),
    };
    // Left open they would send themselves away.
    let still = |sample: Sample| Sample {
        html: sample
            .html
            .replace(" data-send=\"at-once\"", "")
            .replace("http-equiv=\"refresh\"", "name=\"refresh\""),
        ..sample
    };
    vec![
        sample("error", &error),
        still(sample("form-post", &form_post)),
        sample("signed-out", &signed_out),
        sample("done", &done),
    ]
}

fn accounts(frame: &Frame) -> Vec<Sample> {
    let sign_in = |device: &str, address: &str, seconds, own: bool| SignInShown {
        device: device.to_owned(),
        address: Some(address.to_owned()),
        signed_in_at: at(seconds),
        last_seen_at: at(seconds + 7_000),
        sign_out: (!own).then(|| form("/account")),
    };
    let used = |name: &str, logo: Option<&str>, allowed: &[&str]| ApplicationInUse {
        application: mark(name, logo),
        allowed: allowed.iter().map(|words| (*words).to_owned()).collect(),
        allowed_at: at(1_795_000_000),
        withdraw: form("/account"),
    };
    let full = AccountPage {
        frame: frame.clone(),
        person: person(),
        sign_out: form("/account/sign-out"),
        sign_ins: vec![
            sign_in("Firefox on Linux", "203.0.113.7", 1_795_260_000, true),
            sign_in("Chrome on Android", "2001:db8:85a3::8a2e:370:7334", 1_795_100_000, false),
        ],
        applications: vec![
            used("Ledger", Some(LOGO), &["See your email address", "Read your invoices"]),
            used("Intranet", None, &["Know who you are"]),
        ],
        more_sign_ins: Some("/account?sign_ins=x".to_owned()),
        more_applications: Some("/account?allowed=x".to_owned()),
        beginning: Some("/account".to_owned()),
        sign_out_everywhere: form("/account"),
    };
    let mut empty = AccountPage {
        applications: vec![],
        more_sign_ins: None,
        more_applications: None,
        beginning: None,
        ..full.clone()
    };
    empty.sign_ins.truncate(1);
    vec![sample("account", &full), sample("account-empty", &empty)]
}

fn sample(name: &'static str, page: &impl Template) -> Sample {
    Sample { name, html: page.render().expect("writing into a string does not fail") }
}

/// A picture, as an application would register one.
const LOGO: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'%3E%3Crect width='40' \
                    height='40' rx='9' fill='%23116b5f'/%3E%3Cpath d='M12 10h5v15h11v5H12z' fill='%23fff'/%3E%3C/svg%3E";

fn mark(name: &str, logo: Option<&str>) -> Mark {
    Mark { name: name.to_owned(), logo: logo.map(ToOwned::to_owned) }
}

fn person() -> Person {
    Person { name: "Ada Lovelace".to_owned(), identifier: "ada@northwind.example".to_owned() }
}

fn at(seconds: i64) -> Moment {
    Timestamp::from_seconds(seconds).into()
}

fn form(action: &str) -> Form {
    let browser = Browser::meet(&Site::new("http://localhost"), &HeaderMap::new(), &Zeros);
    Form::new(action, browser.form_token(&FormKey::new(MacKey::new(&[0; 32])), action))
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}
