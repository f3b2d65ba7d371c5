//! What every page keeps to, whatever it shows.

#[path = "../../examples/pages/samples.rs"]
mod samples;

use std::collections::BTreeSet;

use self::samples::{Sample, samples};

#[test]
fn no_page_has_a_style_or_a_script_within_it() {
    for Sample { name, html } in samples(Some("#7a1fa2")) {
        assert!(!html.contains("<style"), "{name}");
        for tag in tags(&html) {
            assert!(tag.attribute("style").is_none(), "{name}: {}", tag.0);
            assert!(!tag.0.contains(" on"), "{name}: {}", tag.0);
            assert!(tag.name() != "script" || tag.attribute("src").is_some(), "{name}: {}", tag.0);
            let is_code = |address: &str| address.trim_start().starts_with("javascript:");
            assert!(!["href", "action"].into_iter().filter_map(|name| tag.attribute(name)).any(is_code));
        }
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert!(html.contains("></script>"), "{name}");
    }
}

#[test]
fn every_page_says_what_it_is() {
    for Sample { name, html } in samples(None) {
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect(name);
        assert!(title.ends_with(" · Northwind Traders"), "{name}: {title}");
        assert_eq!(html.matches("<h1>").count(), 1, "{name} has one heading of the first level");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert!(html.contains("width=device-width"), "{name}");
    }
}

#[test]
fn every_input_has_a_label_and_what_browsers_fill_in() {
    for Sample { name, html } in samples(None) {
        let shown = |tag: &Tag<'_>| tag.name() == "input" && tag.attribute("type") != Some("hidden");
        for input in tags(&html).filter(shown) {
            let id = input.attribute("id").expect("an input has an id");
            assert!(html.contains(&format!("<label for=\"{id}\">")), "{name}: {id} has no label");
            assert!(input.attribute("autocomplete").is_some_and(|words| !words.is_empty()), "{name}: {id}");
        }
    }
}

#[test]
fn what_points_somewhere_points_at_something() {
    for Sample { name, html } in samples(None) {
        let ids: Vec<&str> = tags(&html).filter_map(|tag| tag.attribute("id")).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id stands twice in {ids:?}");
        for tag in tags(&html) {
            let within = tag.attribute("href").and_then(|link| link.strip_prefix('#'));
            let described = tag.attribute("aria-describedby").into_iter().flat_map(str::split_whitespace);
            let others = ["aria-labelledby", "aria-controls", "data-reveal"];
            let others = others.into_iter().filter_map(|attribute| tag.attribute(attribute));
            for id in described.chain(within).chain(others) {
                assert!(distinct.contains(id), "{name}: nothing is called {id}");
            }
        }
    }
}

#[test]
fn a_fault_is_said_twice_and_shown_where_it_is() {
    let faulty: Vec<&str> = ["sign-in-empty", "new-password"].into();
    for Sample { name, html } in samples(None) {
        let invalid = tags(&html).filter(|tag| tag.attribute("aria-invalid").is_some());
        let ids: Vec<_> = invalid.filter_map(|tag| tag.attribute("id")).collect();
        assert_eq!(!ids.is_empty(), faulty.contains(&name), "{name}");
        for id in ids {
            assert!(html.contains(&format!("id=\"{id}-fault\"")), "{name}: beside {id}");
            assert!(html.contains("role=\"alert\"") && html.contains(&format!("href=\"#{id}\"")), "{name}");
        }
    }
}

/// The one that leaves us is the application's, and has its code in it.
#[test]
fn every_form_of_ours_carries_its_token() {
    for Sample { name, html } in samples(None) {
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().expect("a form ends");
            assert!(form.starts_with("method=\"post\""), "{name}: {form}");
            assert_eq!(form.contains("name=\"form_token\""), name != "form-post", "{name}: {form}");
            assert!(form.contains("type=\"submit\""), "{name} can be used without its script");
        }
    }
}

#[test]
fn a_picture_has_its_size_before_it_comes() {
    for Sample { name, html } in samples(None) {
        for image in tags(&html).filter(|tag| tag.name() == "img") {
            for attribute in ["alt", "width", "height"] {
                assert!(image.attribute(attribute).is_some(), "{name}: {}", image.0);
            }
        }
    }
}

#[test]
fn every_tag_is_closed() {
    const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];
    for Sample { name, html } in samples(Some("#7a1fa2")) {
        let mut open = Vec::new();
        for tag in tags(&html).filter(|tag| !tag.0.starts_with('!')) {
            match tag.name().strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{name}"),
                None if VOID.contains(&tag.name()) => {}
                None => open.push(tag.name()),
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} is left open");
    }
}

#[test]
fn what_strangers_chose_is_written_as_text() {
    let page = samples(None).into_iter().find(|sample| sample.name == "form-post").expect("is there");
    assert!(page.html.contains("value=\"&#34;&#62;&#60;b&#62;\""), "{}", page.html);
}

/// What stands between `<` and `>`; the templates write neither elsewhere.
#[derive(Debug, Clone, Copy)]
struct Tag<'a>(&'a str);

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next()).map(Tag)
}

impl<'a> Tag<'a> {
    fn name(self) -> &'a str {
        self.0.split_whitespace().next().unwrap_or_default()
    }

    fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
    }
}
