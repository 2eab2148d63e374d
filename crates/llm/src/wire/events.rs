//! Server-sent events out of bytes, as far as the chat API uses them.

/// Splits bytes into events. Reads `\n` and `\r\n`, comments, a byte order mark, and data over several lines.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// What came after the last whole line.
    rest: Vec<u8>,
    /// Data lines of the event that is not over yet.
    data: Vec<u8>,
    has_data: bool,
    is_past_start: bool,
}

impl Events {
    /// Takes some more bytes; gives the data of each event that they complete, in order.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        // Only the new bytes can hold the next end of a line, so an event of many parts is looked through once.
        let mut searched = self.rest.len();
        self.rest.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(offset) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
            let end = searched + offset;
            let line = self.rest[start..end].to_vec();
            events.extend(self.take_line(&line));
            start = end + 1;
            searched = start;
        }
        self.rest.drain(..start);
        events
    }

    /// What stands at the end without the empty line that ends an event; some servers forget it.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.rest);
        self.take_line(&line).or_else(|| self.take_event())
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if self.is_past_start {
            line
        } else {
            line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line)
        };
        self.is_past_start = true;
        if line.is_empty() {
            return self.take_event();
        }
        // Comments keep a connection open; names and ids of events say nothing here.
        let data = line.strip_prefix(b"data:")?;
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data
            .extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        None
    }

    fn take_event(&mut self) -> Option<Vec<u8>> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then_some(data)
    }
}

/// Whether bytes look like events, whatever their type is said to be.
pub(crate) fn are_events(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let bytes = bytes.trim_ascii_start();
    bytes.starts_with(b"data:") || bytes.starts_with(b"event:") || bytes.starts_with(b": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> Vec<String> {
        let mut events = Events::default();
        let mut found: Vec<Vec<u8>> = parts
            .iter()
            .flat_map(|part| events.push(part.as_bytes()))
            .collect();
        found.extend(events.finish());
        found
            .into_iter()
            .map(|data| String::from_utf8(data).unwrap())
            .collect()
    }

    #[test]
    fn events_come_whole_however_their_bytes_are_cut() {
        let text =
            "\u{feff}: hello\r\nevent: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:two\n\n\n\ndata: three";
        let whole = vec!["{\"a\":\n1}", "two", "three"];
        assert_eq!(of(&[text]), whole);
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        let parts: Vec<&str> = bytes.iter().map(String::as_str).collect();
        assert_eq!(of(&parts), whole);
    }

    #[test]
    fn no_event_comes_of_comments_and_names() {
        assert!(of(&[": keep\n\n", "event: ping\n\n", "\n\n"]).is_empty());
        assert!(are_events(b": OPEN\n\ndata: 1") && are_events("\u{feff}data:1".as_bytes()));
        assert!(!are_events(b"{\"data\":1}") && !are_events(b"<html>"));
    }

    #[test]
    fn one_long_event_in_small_parts_costs_no_more_than_its_length() {
        let mut events = Events::default();
        let started = std::time::Instant::now();
        let part = vec![b'x'; 16];
        events.push(b"data: ");
        for _ in 0..200_000 {
            assert!(events.push(&part).is_empty());
        }
        assert_eq!(events.finish().unwrap().len(), 3_200_000);
        assert!(started.elapsed().as_secs() < 5);
    }
}
