//! A span under way.

use super::scope::Scope;
use super::span::{Attribute, TraceSpan};

/// Characters of a reason that a span keeps.
const ERROR_CHARS_MAX: usize = 300;

/// A span under way. Dropped without [`end`](Self::end), it was cut off: by a shutdown, a cancel or a timeout outside.
pub struct OpenSpan {
    scope: Scope,
    span: Option<TraceSpan>,
}

impl OpenSpan {
    pub(super) const fn new(scope: Scope, span: TraceSpan) -> Self {
        Self {
            scope,
            span: Some(span),
        }
    }

    /// Sets an attribute; the last value of a name counts.
    pub fn set(&mut self, name: &'static str, value: impl Into<Attribute>) {
        let Some(span) = &mut self.span else { return };
        let value = value.into();
        match span.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => span.attributes.push((name, value)),
        }
    }

    /// Says that it failed. `kind`: a word out of few, for `error.type`; `reason`: in one line, cut where it is long.
    pub fn fail(&mut self, kind: impl Into<Attribute>, reason: &str) {
        self.set("error.type", kind);
        if let Some(span) = &mut self.span {
            let line = reason.lines().next().unwrap_or_default();
            span.error = Some(line.chars().take(ERROR_CHARS_MAX).collect());
        }
    }

    /// Whether the words of prompts and replies may stand in it. `is_pinned`: they must not leave this machine.
    pub fn wants_words(&self, is_pinned: bool) -> bool {
        self.scope.tracer.wants_words(is_pinned)
    }

    /// It has ended now.
    pub fn end(mut self) {
        self.send();
    }

    pub(super) const fn inner(&self) -> Option<&TraceSpan> {
        self.span.as_ref()
    }

    fn send(&mut self) {
        let Some(mut span) = self.span.take() else { return };
        // A clock that was set back must not make a span of negative length.
        span.finished_at = self.scope.tracer.now().max(span.started_at);
        self.scope.tracer.take(span);
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if self.span.is_some() {
            self.fail("cancelled", "cut off before it ended");
            self.send();
        }
    }
}
