//! Settings that make sense, and are dangerous all the same.

use appkeep_config::Config;

use super::Finding;
use crate::failure::Failure;
use crate::holder::Holder;

const SETTINGS: &str = "settings";

/// Nothing else can be looked at without them.
pub(super) fn unusable(failure: &Failure) -> Finding {
    Finding::failed(SETTINGS, failure, "correct them; docs/configuration.md has every setting")
}

/// What is dangerous in them, or that nothing is. Of a server that runs, what
/// it says of itself goes before what is set here.
pub(super) fn examine(config: &Config, holder: Option<&Holder>) -> Vec<Finding> {
    let is_dev = holder.is_some_and(|holder| holder.dev);
    let dangers = [
        is_dev.then(development),
        if is_dev { None } else { plain_public_url(config, holder) },
        plain_listener(config),
        any_proxy(config),
        unlimited_failures(config),
    ];
    let found: Vec<_> = dangers.into_iter().flatten().collect();
    if found.is_empty() { vec![Finding::ok(SETTINGS, "none of them is dangerous")] } else { found }
}

fn development() -> Finding {
    Finding::warning(
        SETTINGS,
        "the server runs with --dev, which takes shortcuts that nobody may rely on",
        "start it without --dev and with public_url where others use it",
    )
}

/// Over plain HTTP only a server on this machine is called, which is no
/// server for others (the settings refuse anything else).
fn plain_public_url(config: &Config, holder: Option<&Holder>) -> Option<Finding> {
    let given = config.given_public_url().map(ToString::to_string);
    let url = holder.and_then(|holder| holder.url.clone()).or(given)?;
    url.starts_with("http://").then(|| {
        let message = format!("public_url is {url}, which only this machine can reach, and not securely");
        Finding::warning(SETTINGS, message, "set public_url to the https:// address that clients know")
    })
}

fn plain_listener(config: &Config) -> Option<Finding> {
    let is_open = !config.listen.ip().is_loopback();
    (is_open && config.tls.is_none() && config.proxies.trusted.is_empty()).then(|| {
        let message =
            format!("{} takes plain HTTP from other machines, and no proxy is named", config.listen);
        let remedy = "set tls_certificate and tls_key, or name the proxy that does TLS in trusted_proxies";
        Finding::warning(SETTINGS, message, remedy)
    })
}

fn any_proxy(config: &Config) -> Option<Finding> {
    let everybody = config.proxies.trusted.iter().find(|network| network.prefix_len() == 0)?;
    let message = format!("trusted_proxies has {everybody}: anybody can claim to come from anywhere");
    Some(Finding::warning(SETTINGS, message, "name the addresses of your proxies only"))
}

fn unlimited_failures(config: &Config) -> Option<Finding> {
    let limits = [
        ("failures_per_client", config.clients.failures_per_client),
        ("failures_per_address", config.clients.failures_per_address),
    ];
    let off: Vec<_> = limits.iter().filter(|(_, rate)| rate.is_none()).map(|(name, _)| *name).collect();
    (!off.is_empty()).then(|| {
        let message = format!("{} is off: secrets can be guessed without end", off.join(" and "));
        Finding::warning(SETTINGS, message, "leave it out to have the default back")
    })
}

#[cfg(test)]
mod tests {
    use appkeep_config::{Mode, Settings};

    use super::super::Level;
    use super::*;

    #[test]
    fn what_is_dangerous_is_told() {
        let serving = |url: &str, dev| Some(Holder { pid: 1, url: Some(url.to_owned()), dev });
        for (text, holder, danger) in [
            ("", None, None),
            ("public_url = \"https://id.example.com\"", None, None),
            ("", serving("http://localhost:1", true), Some("--dev")),
            ("", serving("http://localhost:1", false), Some("public_url is http://localhost:1")),
            ("public_url = \"http://localhost:1\"", None, Some("public_url is http://localhost:1")),
            ("public_url = \"http://localhost:1\"", serving("https://id.example.com", false), None),
            ("listen = \"0.0.0.0:80\"", None, Some("0.0.0.0:80 takes plain HTTP")),
            ("listen = \"0.0.0.0:80\"\ntrusted_proxies = [\"10.0.0.1\"]", None, None),
            ("listen = \"0.0.0.0:80\"\ntls_certificate = \"c\"\ntls_key = \"k\"", None, None),
            ("trusted_proxies = [\"0.0.0.0/0\"]", None, Some("trusted_proxies has 0.0.0.0/0")),
            ("failures_per_client = \"off\"", None, Some("failures_per_client is off")),
        ] {
            let config = Config::load(Mode::Command, Settings::default(), Some(text)).expect("makes sense");
            let found = examine(&config, holder.as_ref());
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let level = if danger.is_some() { Level::Warning } else { Level::Ok };
            assert_eq!(found[0].level, level, "{text}: {found:?}");
            assert!(found[0].message.contains(danger.unwrap_or_default()), "{text}: {found:?}");
        }
    }
}
