//! Streams of events (HTML Living Standard §9.2), as far as one holds the reply
//! to a call.

use serde_json::Value;

pub(super) fn is_stream(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("text/event-stream")
}

/// The first whole event that is a reply of JSON-RPC, as its text.
pub(super) fn reply(stream: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
    // What is behind the last empty line is not whole yet.
    let (whole, _) = text.rsplit_once("\n\n")?;
    whole.split("\n\n").filter_map(data).find(|data| is_reply(data))
}

fn data(event: &str) -> Option<String> {
    let lines: Vec<&str> = event
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|rest| rest.strip_prefix(' ').unwrap_or(rest))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A request of the other side, or a word of its own, has a method.
fn is_reply(data: &str) -> bool {
    let message: Option<Value> = serde_json::from_str(data).ok();
    message.is_some_and(|message| {
        message.get("id").is_some() && (message.get("result").is_some() || message.get("error").is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_found_among_other_events() {
        let notice = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n";
        let answer = "id: 7\ndata: {\"id\":1,\ndata: \"result\":{}}\n\n";
        for (stream, found) in [
            (String::new(), None),
            (notice.to_owned(), None),
            (answer.to_owned(), Some("{\"id\":1,\n\"result\":{}}")),
            ([notice, ": a comment\n\n", answer, "data: {"].concat(), Some("{\"id\":1,\n\"result\":{}}")),
            (answer.replace('\n', "\r\n"), Some("{\"id\":1,\n\"result\":{}}")),
            (answer.trim_end().to_owned(), None),
            ("data: {\"id\":1,\"error\":{}}\n\n".to_owned(), Some("{\"id\":1,\"error\":{}}")),
            ("data: {\"id\":1,\"method\":\"ping\"}\n\n".to_owned(), None),
            ("data: hello\n\n".to_owned(), None),
        ] {
            assert_eq!(reply(stream.as_bytes()).as_deref(), found, "{stream}");
        }
        assert!(is_stream("Text/Event-Stream; charset=utf-8") && !is_stream("application/json"));
    }
}
