//! A span that has ended, and who takes it.

use copydesk_domain::Instant;

use super::ids::{SpanId, TraceId};

/// What a span says of itself under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A whole number.
    Number(i64),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Attribute {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Attribute {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Attribute {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

/// On which side of a call a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work of this program.
    Internal,
    /// A request that this program sent.
    Client,
}

/// Something that began and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSpan {
    /// Its trace.
    pub trace: TraceId,
    /// Its id.
    pub id: SpanId,
    /// The span that it is part of.
    pub parent: Option<SpanId>,
    /// Its name, such as `chat gpt-4.1-mini`.
    pub name: String,
    /// Its kind.
    pub kind: SpanKind,
    /// When it began.
    pub started_at: Instant,
    /// When it ended, not before it began.
    pub finished_at: Instant,
    /// Its attributes, each name once.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Why it failed, in one line; none where it did not.
    pub error: Option<String>,
}

impl TraceSpan {
    /// An attribute by its name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// An attribute that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attribute(name) {
            Some(Attribute::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Takes spans that have ended. Must not block and must not fail: a run never waits for who watches it.
pub trait TraceSink: Send + Sync + 'static {
    /// Takes one.
    fn take(&self, span: TraceSpan);
}
