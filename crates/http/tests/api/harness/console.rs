//! Somebody who is signed in to the console.

use super::{Browser, Page, TestApp};

/// Their browser, and what its forms carry.
pub(crate) struct AtConsole<'a> {
    pub(crate) browser: Browser<'a>,
    pub(crate) token: String,
}

impl TestApp {
    /// The first operator at the console.
    pub(crate) async fn owner_at_console(&self) -> AtConsole<'_> {
        self.at_console(&self.operator.email).await
    }

    /// Whoever has this address, at the console.
    pub(crate) async fn at_console(&self, email: &str) -> AtConsole<'_> {
        let browser = self.browser();
        let page = self.asked_to_sign_in(&browser, "/console/applications").await;
        let back = browser.type_password(&page, email, &self.operator.password).await;
        let arrived = browser.get(&own_path(&back)).await;
        assert_eq!(arrived.status, 303, "{}", arrived.html);
        let page = browser.get(arrived.location_path()).await;
        let token =
            page.html.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_else(|| panic!("no page of the console: {page:?}")).to_owned();
        AtConsole { browser, token }
    }

    /// Where a stranger is led who asks for that page.
    pub(crate) async fn asked_to_sign_in(&self, browser: &Browser<'_>, path: &str) -> Page {
        let page = browser.get(path).await;
        assert_eq!(page.status, 303, "{}", page.html);
        let page = browser.get(page.location_path()).await;
        assert_eq!(page.status, 303, "{}", page.html);
        browser.get(page.location_path()).await
    }
}

/// The path and query that a browser is sent to at our own address.
pub(crate) fn own_path(page: &Page) -> String {
    let location = page.location().unwrap_or_else(|| panic!("leads nowhere: {page:?}"));
    format!("{}?{}", location.path(), location.query().unwrap_or_default())
}

impl AtConsole<'_> {
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.browser.get(path).await
    }

    /// Sends one of its forms.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let own = ("form_token".to_owned(), self.token.clone());
        let typed = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let fields: Vec<_> = std::iter::once(own).chain(typed).collect();
        self.browser.post(path, &fields).await
    }

    /// The same where it is taken: where it leads, without what is said there.
    #[track_caller]
    #[expect(clippy::unused_self, reason = "whoever sent it is who is led there")]
    pub(crate) fn led_to<'p>(&self, page: &'p Page) -> &'p str {
        assert_eq!(page.status, 303, "{}", page.html);
        page.location_path().split("?said=").next().unwrap_or_default()
    }
}
