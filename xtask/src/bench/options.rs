//! What can be asked of the benchmark.

use super::PURPOSE;
use crate::Failure;

/// What was asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Leaves out the million.
    pub(super) quick: bool,
    pub(super) json: bool,
    /// How long each figure is measured for.
    pub(super) seconds: u32,
    pub(super) only: Option<Section>,
    pub(super) peer: Option<Peer>,
}

/// Another server's token endpoint, and a client of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) url: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// What is measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Token,
    Introspection,
    Keys,
    Create,
    SignIn,
    EffectiveUsers,
    AccessGraph,
    Delete,
    List,
    Console,
    Memory,
    Start,
}

impl Section {
    pub(super) const ALL: [Self; 12] = [
        Self::Token,
        Self::Introspection,
        Self::Keys,
        Self::Create,
        Self::SignIn,
        Self::EffectiveUsers,
        Self::AccessGraph,
        Self::Delete,
        Self::List,
        Self::Console,
        Self::Memory,
        Self::Start,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Keys => "keys",
            Self::Create => "create",
            Self::SignIn => "sign-in",
            Self::EffectiveUsers => "effective-users",
            Self::AccessGraph => "access-graph",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Console => "console",
            Self::Memory => "memory",
            Self::Start => "start",
        }
    }

    fn parse(word: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|section| section.as_str() == word);
        found.ok_or_else(|| Failure::new(format!("there is no section `{word}`; {PURPOSE}")))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { quick: false, json: false, seconds: 4, only: None, peer: None }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let (mut url, mut client) = (None, None);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Failure::new(format!("`{word}` needs a value")));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--json" => options.json = true,
                "--seconds" => options.seconds = seconds(value()?)?,
                "--only" => options.only = Some(Section::parse(value()?)?),
                "--peer" => url = Some(value()?.clone()),
                "--peer-client" => client = Some(value()?.clone()),
                _ => return Err(Failure::new(format!("`{word}` is not understood; {PURPOSE}"))),
            }
        }
        options.peer = peer(url, client)?;
        Ok(options)
    }

    pub(super) fn wants(&self, section: Section) -> bool {
        self.only.is_none_or(|only| only == section)
    }
}

fn seconds(text: &str) -> Result<u32, Failure> {
    let seconds = text.parse().ok().filter(|seconds| (1..=600).contains(seconds));
    seconds.ok_or_else(|| Failure::new(format!("`{text}` is no number of seconds")))
}

fn peer(url: Option<String>, client: Option<String>) -> Result<Option<Peer>, Failure> {
    match (url, client) {
        (None, None) => Ok(None),
        (Some(url), Some(client)) => match client.split_once(':') {
            Some((id, secret)) => {
                Ok(Some(Peer { url, client_id: id.to_owned(), client_secret: secret.to_owned() }))
            }
            None => Err(Failure::new("`--peer-client` is an id, a colon and a secret")),
        },
        _ => Err(Failure::new("`--peer` and `--peer-client` go together")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Options> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments).ok()
    }

    #[test]
    fn a_line_is_read_or_refused() {
        let default = Options::default();
        let peer = Peer {
            url: "http://localhost:3000/token".to_owned(),
            client_id: "a".to_owned(),
            client_secret: "b:c".to_owned(),
        };
        for (line, expected) in [
            ("", Some(default.clone())),
            ("--quick --json", Some(Options { quick: true, json: true, ..default.clone() })),
            (
                "--only list --seconds 9",
                Some(Options { only: Some(Section::List), seconds: 9, ..default.clone() }),
            ),
            ("--only console", Some(Options { only: Some(Section::Console), ..default.clone() })),
            ("--only sign-in", Some(Options { only: Some(Section::SignIn), ..default.clone() })),
            (
                "--peer http://localhost:3000/token --peer-client a:b:c",
                Some(Options { peer: Some(peer), ..default }),
            ),
            ("--only everything", None),
            ("--seconds 0", None),
            ("--seconds", None),
            ("--peer http://localhost:3000/token", None),
            ("--peer http://localhost:3000/token --peer-client a", None),
            ("quick", None),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
