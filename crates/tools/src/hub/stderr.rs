//! What a stdio server says on its stderr.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use copydesk_config::Blanks;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::options::StderrSink;

/// Lines kept to explain why a server ended.
const LINES_KEPT: usize = 4;
/// Characters of one line; the rest of a longer one is dropped.
const LINE_CHARS_MAX: usize = 2_000;
/// Bytes read before a line without an end is handed on: four bytes a character.
const LINE_BYTES_MAX: u64 = 4 * LINE_CHARS_MAX as u64;

/// The last lines of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(200).collect());
    }

    /// The lines as a remark for an error: empty, or `; it said: …`.
    pub(super) fn remark(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        format!(
            "; it said: {}",
            lines.iter().map(String::as_str).collect::<Vec<_>>().join(" / ")
        )
    }
}

/// Hands on each line until the stream ends, without the secrets that the server was given.
pub(super) async fn drain(
    server: String,
    stream: impl AsyncRead + Unpin,
    (sink, secrets): (StderrSink, Blanks),
    last: LastLines,
) {
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = (&mut reader)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut bytes)
            .await;
        if !matches!(read, Ok(count) if count > 0) {
            return;
        }
        let line: String = String::from_utf8_lossy(&bytes)
            .trim_end()
            .chars()
            .take(LINE_CHARS_MAX)
            .collect();
        let line = secrets.blank(&line);
        if line.is_empty() {
            continue;
        }
        tracing::debug!(target: "copydesk_tools::stderr", server, "{line}");
        sink(&server, &line);
        last.push(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_reach_the_sink_and_the_last_ones_are_kept() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink: StderrSink = {
            let seen = Arc::clone(&seen);
            Arc::new(move |server, line| seen.lock().unwrap().push(format!("{server}: {line}")))
        };
        let last = LastLines::default();
        let text = b"one\n\ntwo \xff\nthree\nfour\nfive".as_slice();
        drain("a".to_owned(), text, (sink, Blanks::default()), last.clone()).await;
        assert_eq!(seen.lock().unwrap().len(), 5);
        assert_eq!(seen.lock().unwrap()[1], "a: two \u{fffd}");
        assert!(last.remark().ends_with("three / four / five"));
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let count = Arc::new(Mutex::new(Vec::new()));
        let lengths = Arc::clone(&count);
        let sink: StderrSink = Arc::new(move |_, line| lengths.lock().unwrap().push(line.len()));
        drain(
            "a".to_owned(),
            vec![b'x'; 9_000].as_slice(),
            (sink, Blanks::default()),
            LastLines::default(),
        )
        .await;
        assert_eq!(*count.lock().unwrap(), [2_000, 1_000]);
    }
}
