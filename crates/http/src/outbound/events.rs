//! Streams of events (HTML Living Standard §9.2), as far as one holds the reply
//! to a call.

use serde_json::Value;

pub(super) fn is_stream(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("text/event-stream")
}

/// A stream, read as it comes: each byte is looked at once, and of what was read
/// no more is kept than the event that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Of the line that is not whole yet.
    line: Vec<u8>,
    /// Of the event that is not.
    data: Option<String>,
    /// Whether the last byte was a carriage return, which a newline may follow.
    is_returned: bool,
}

impl Events {
    /// The first whole event that is a reply of JSON-RPC, as its text, if it
    /// ends in `chunk`.
    pub(super) fn read(&mut self, chunk: &[u8]) -> Option<String> {
        for byte in chunk {
            let was_returned = std::mem::take(&mut self.is_returned);
            match byte {
                b'\n' if was_returned => {}
                b'\n' | b'\r' => {
                    self.is_returned = *byte == b'\r';
                    if let Some(event) = self.end_line().filter(|event| is_reply(event)) {
                        return Some(event);
                    }
                }
                _ => self.line.push(*byte),
            }
        }
        None
    }

    /// The event that an empty line ends.
    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        if let Some(rest) = line.strip_prefix(b"data:") {
            let rest = String::from_utf8_lossy(rest.strip_prefix(b" ").unwrap_or(rest));
            match &mut self.data {
                None => self.data = Some(rest.into_owned()),
                Some(data) => data.extend(["\n", &*rest]),
            }
        }
        None
    }
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

    const NOTICE: &str = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n";
    const ANSWER: &str = "id: 7\ndata: {\"id\":1,\ndata: \"result\":{}}\n\n";

    /// What is found when so many bytes come at a time.
    fn found(stream: &str, at_a_time: usize) -> Option<String> {
        let mut events = Events::default();
        stream.as_bytes().chunks(at_a_time).find_map(|chunk| events.read(chunk))
    }

    #[test]
    fn a_reply_is_found_among_other_events_however_they_come() {
        let whole = Some("{\"id\":1,\n\"result\":{}}");
        for (stream, expected) in [
            (String::new(), None),
            (NOTICE.to_owned(), None),
            (ANSWER.to_owned(), whole),
            ([NOTICE, ": a comment\n\n", ANSWER, "data: {"].concat(), whole),
            (ANSWER.replace('\n', "\r\n"), whole),
            (ANSWER.replace('\n', "\r"), whole),
            (ANSWER.trim_end().to_owned(), None),
            (ANSWER.trim_end().to_owned() + "\n", None),
            ("data: {\"id\":1,\"error\":{}}\n\n".to_owned(), Some("{\"id\":1,\"error\":{}}")),
            ("data:{\"id\":1,\"error\":{}}\n\n".to_owned(), Some("{\"id\":1,\"error\":{}}")),
            ("data: {\"id\":1,\"method\":\"ping\"}\n\n".to_owned(), None),
            ("data: hello\n\n".to_owned(), None),
        ] {
            for at_a_time in [1, 2, 3, 7, 1_000] {
                assert_eq!(found(&stream, at_a_time).as_deref(), expected, "{at_a_time}: {stream}");
            }
        }
        assert!(is_stream("Text/Event-Stream; charset=utf-8") && !is_stream("application/json"));
    }

    /// With work that grows as the square of what is read this would take hours.
    #[test]
    fn a_long_stream_in_small_pieces_is_read_once() {
        let stream = NOTICE.repeat(10_000) + ANSWER;
        assert!(found(&stream, 1).is_some());
        let endless = "data: ".to_owned() + &"x".repeat(1_000_000);
        assert_eq!(found(&endless, 1), None);
    }
}
