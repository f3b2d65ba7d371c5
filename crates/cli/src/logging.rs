//! Log lines, to the standard error output, each with the request it is of.

use std::fmt;

use appkeep_config::{Config, LogFormat};
use appkeep_http::RequestUnderWay;
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer, format};
use tracing_subscriber::fmt::{FmtContext, fmt};
use tracing_subscriber::registry::LookupSpan;

use crate::failure::Failure;

/// Starts logging for the rest of the process.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log_filter)
        .map_err(|error| Failure::because("the configuration cannot be used: log_filter", error))?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Json => {
            let line = format().json().flatten_event(true);
            lines.json().event_format(OfRequest { line, append: append_json }).try_init()
        }
        LogFormat::Human => {
            let line = format().with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
            lines.event_format(OfRequest { line, append: append_words }).try_init()
        }
    };
    started.map_err(|error| Failure::because("logging cannot be started", error))
}

/// A form of log lines that adds the request, where a line is of one.
struct OfRequest<F> {
    line: F,
    append: fn(&str, &RequestUnderWay, &mut Writer<'_>) -> fmt::Result,
}

impl<S, N, F> FormatEvent<S, N> for OfRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(request) = RequestUnderWay::current() else {
            return self.line.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.line.format_event(context, Writer::new(&mut line), event)?;
        (self.append)(line.trim_end(), &request, &mut writer)
    }
}

/// As one more member. Nothing needs to be escaped: a method is a token
/// (RFC 9110 §9.1), and routes are our own.
fn append_json(line: &str, request: &RequestUnderWay, writer: &mut Writer<'_>) -> fmt::Result {
    let (members, id, method) = (line.strip_suffix('}').unwrap_or(line), request.id, &request.method);
    let route = request.route();
    writeln!(
        writer,
        r#"{members},"span":{{"name":"request","request_id":"{id}","method":"{method}","route":"{route}"}}}}"#
    )
}

fn append_words(line: &str, request: &RequestUnderWay, writer: &mut Writer<'_>) -> fmt::Result {
    writeln!(writer, "{line} request_id={} method={} route={}", request.id, request.method, request.route())
}
