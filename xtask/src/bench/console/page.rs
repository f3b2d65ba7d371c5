//! What somebody finds on a page of the console.

use crate::bench::page::{between, unescaped};

/// The path and query that an address leads to; nothing for what is no address.
pub(super) fn path_of(address: &str) -> Option<String> {
    if address.starts_with('/') {
        return Some(address.to_owned());
    }
    let (_, rest) = address.split_once("://")?;
    rest.find('/').map(|at| rest[at..].to_owned())
}

/// How many rows the table has.
pub(super) fn rows(html: &str) -> usize {
    between(html, "<tbody>", "</tbody>").map_or(0, |body| body.matches("<tr>").count())
}

/// Where *Next* leads.
pub(super) fn next_part(html: &str) -> Option<String> {
    let (before, _) = html.split_once("\">Next</a>")?;
    before.rsplit_once("href=\"").map(|(_, href)| unescaped(href))
}

/// The style sheets and scripts that a page loads.
pub(super) fn assets(html: &str) -> Vec<String> {
    let style =
        html.split("<link rel=\"stylesheet\" ").skip(1).filter_map(|tag| between(tag, "href=\"", "\""));
    let scripts = html.split("<script ").skip(1).filter_map(|tag| between(tag, "src=\"", "\""));
    style.chain(scripts).map(unescaped).collect()
}

/// The same question to the API, which calls the cursor by another name.
pub(super) fn api_path(path: &str) -> String {
    path.replacen("/console/", "/api/v1/", 1).replacen("?after=", "?cursor=", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/assets/1.css">
<script src="/console/assets/2.js" defer></script>
<script src="/console/assets/3.js" defer></script>
<table><thead><tr><th>Name</th></tr></thead>
<tbody>
<tr><td><a href="/console/applications/a">A</a></td></tr>
<tr><td><a href="/console/applications/b">B</a></td></tr>
</tbody></table>
<a class="button" href="/console/applications">Back to the beginning</a><a class="button" href="/console/applications?q=a&#38;after=bC1">Next</a>"#;

    #[test]
    fn a_list_is_read_as_it_is_shown() {
        assert_eq!(rows(PAGE), 2);
        assert_eq!(next_part(PAGE).as_deref(), Some("/console/applications?q=a&after=bC1"));
        let loaded = ["/console/assets/1.css", "/console/assets/2.js", "/console/assets/3.js"];
        assert_eq!(assets(PAGE), loaded);
        let nothing = "<h1>There is nothing here</h1>";
        assert_eq!((rows(nothing), next_part(nothing), assets(nothing)), (0, None, Vec::new()));
    }

    #[test]
    fn of_an_address_its_path_is_asked_for() {
        for (address, expected) in [
            ("/console", Some("/console")),
            ("http://localhost:8080/console/callback?code=a", Some("/console/callback?code=a")),
            ("http://localhost:8080", None),
            ("console", None),
        ] {
            assert_eq!(path_of(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn the_api_is_asked_the_same() {
        for (path, expected) in [
            ("/console/applications", "/api/v1/applications"),
            ("/console/applications?q=billing", "/api/v1/applications?q=billing"),
            ("/console/applications?after=bC1", "/api/v1/applications?cursor=bC1"),
        ] {
            assert_eq!(api_path(path), expected);
        }
    }
}
