//! Hands a page to the tokenizer, each tag without the attributes over the limit.
//!
//! What looks like a tag is none in a script, a style sheet, a title or a comment. Whether such a place is entered
//! depends on all that stands before it, so the page goes in up to there, and the tokenizer is asked.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer};

use super::parse::{Guard, Inside};
use super::tame::scan_tag;

/// Bytes handed over without a look at how much the tree has grown, between tags.
const PIECE_BYTES: usize = 16 * 1024;

/// A page on its way into the tokenizer.
pub struct Intake<'a> {
    html: &'a str,
    tokenizer: &'a Tokenizer<Guard>,
    queue: BufferQueue,
    /// All before this byte was handed over or left out.
    done: usize,
}

impl<'a> Intake<'a> {
    /// `html` on its way into `tokenizer`.
    pub fn new(html: &'a str, tokenizer: &'a Tokenizer<Guard>) -> Self {
        Self {
            html,
            tokenizer,
            queue: BufferQueue::default(),
            done: 0,
        }
    }

    /// Hands over the whole page, or as much of it as the tree takes.
    pub fn read(mut self) {
        let guard = &self.tokenizer.sink;
        let mut at = 0;
        while at < self.html.len() && !guard.is_full() {
            at = match guard.inside() {
                Inside::Markup => self.markup(at),
                Inside::Raw(name) => self.raw_text(at, &name),
                Inside::Plain => self.html.len(),
            };
        }
        if !guard.is_full() {
            self.hand_over(self.html.len());
        }
    }

    fn hand_over(&mut self, end: usize) {
        self.push(&self.html[self.done..end]);
        self.done = end;
    }

    fn push(&self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        self.queue.push_back(StrTendril::from_slice(piece));
        while !self.queue.is_empty() {
            // A script tag interrupts the tokenizer; there is nothing to run, so it goes on at once.
            let _ = self.tokenizer.feed(&self.queue);
        }
    }

    /// Reads on to behind the next tag, comment or lone `<`; returns where.
    fn markup(&mut self, from: usize) -> usize {
        let bytes = self.html.as_bytes();
        let Some(at) = find(bytes, from, b"<") else {
            return bytes.len();
        };
        if at - self.done >= PIECE_BYTES {
            self.hand_over(at);
        }
        let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        match bytes.get(at + 1) {
            Some(b'!' | b'?') => self.declaration(at),
            Some(b'/') if is_letter(at + 2) => self.tag(at + 2),
            Some(b'/') if bytes.get(at + 2) != Some(&b'>') => self.declaration(at),
            _ if is_letter(at + 1) => self.tag(at + 1),
            _ => at + 1,
        }
    }

    /// A tag whose name begins at `start`.
    fn tag(&mut self, start: usize) -> usize {
        let span = scan_tag(self.html.as_bytes(), start);
        if let Some(cut) = span.cut_at {
            self.hand_over(cut);
            self.done = span.end;
        }
        let next = self.html.len().min(span.end + 1);
        if may_hold_raw_text(&self.html.as_bytes()[start..]) {
            self.hand_over(next);
        }
        next
    }

    /// A comment, a document type or the like: it ends at a `>`, and the tokenizer knows at which.
    fn declaration(&mut self, at: usize) -> usize {
        let bytes = self.html.as_bytes();
        let guard = &self.tokenizer.sink;
        self.hand_over(at);
        if bytes[at..].starts_with(b"<![CDATA[") && guard.is_in_foreign() {
            return find(bytes, at, b"]]>").map_or(bytes.len(), |end| end + 3);
        }
        let before = guard.declarations();
        let mut next = at;
        while guard.declarations() == before {
            let Some(end) = find(bytes, next, b">") else {
                return bytes.len();
            };
            next = end + 1;
            self.hand_over(next);
        }
        next
    }

    /// Text without tags up to the end tag `name`; returns the place behind it.
    fn raw_text(&mut self, from: usize, name: &str) -> usize {
        let bytes = self.html.as_bytes();
        let mut at = from;
        while let Some(open) = find(bytes, at, b"</") {
            let (start, end) = (open + 2, open + 2 + name.len());
            at = start;
            let is_named = bytes
                .get(start..end)
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            let Some(&sign) = bytes.get(end).filter(|_| is_named) else {
                continue;
            };
            if sign != b'>' && sign != b'/' && !sign.is_ascii_whitespace() {
                continue;
            }
            // Behind `<!-- <script>` it is no end tag; the tokenizer tells once it has seen it closed. Attributes of
            // an end tag mean nothing, so they stay out.
            self.hand_over(end);
            self.push(">");
            self.done = end + 1;
            if !matches!(self.tokenizer.sink.inside(), Inside::Raw(_)) {
                self.done = bytes.len().min(scan_tag(bytes, start).end + 1);
                return self.done;
            }
        }
        bytes.len()
    }
}

/// Where `wanted` stands first at or behind `from`.
fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut at = 0;
    loop {
        at += rest[at..].iter().position(|&byte| byte == wanted[0])?;
        if rest[at..].starts_with(wanted) {
            return Some(from + at);
        }
        at += 1;
    }
}

/// Whether a name at the start of `bytes` is of an element that may hold text without tags.
fn may_hold_raw_text(bytes: &[u8]) -> bool {
    [
        "script",
        "style",
        "textarea",
        "title",
        "noscript",
        "iframe",
        "xmp",
        "noembed",
        "noframes",
        "plaintext",
    ]
    .iter()
    .any(|name| {
        bytes
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    })
}
