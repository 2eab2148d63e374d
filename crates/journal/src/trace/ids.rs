//! Ids of traces and spans, as W3C Trace Context has them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use copydesk_domain::{ContentHash, Instant, RunId};

/// Which trace: 16 bytes, not all of them zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Which span of a trace: 8 bytes, not all of them zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

impl TraceId {
    /// The trace of a run. It derives from the run's id and recorded seed, so that every process that moves the run,
    /// and whoever looks at it later, knows it without anything being stored.
    pub fn of_run(run: &RunId, seed: i64) -> Self {
        let hash = ContentHash::of(format!("trace/{run}/{seed}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl SpanId {
    /// A new span. One process at a time owns a folder, so the instant and a count make it differ from all others.
    pub(super) fn new(trace: TraceId, at: Instant) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let hash = ContentHash::of(format!("{trace}/{}/{count}", at.as_micros()).as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        Self(bytes)
    }

    /// From its number, which is not zero: an id that somebody else chose.
    pub const fn of_number(number: u64) -> Self {
        Self(number.to_be_bytes())
    }

    /// The 8 bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_a_run_is_the_same_in_every_process_and_no_other_runs() {
        let run = RunId::new("daily-20260820-0500-k3f9");
        let trace = TraceId::of_run(&run, 7);
        assert_eq!(trace, TraceId::of_run(&run, 7));
        assert_eq!(trace.to_string().len(), 32);
        assert_ne!(trace, TraceId::of_run(&run, 8));
        assert_ne!(trace, TraceId::of_run(&RunId::new("daily-20260820-0500-k3f8"), 7));
    }

    #[test]
    fn spans_of_the_same_microsecond_differ() {
        let trace = TraceId::of_run(&RunId::new("r"), 0);
        let at = Instant::from_micros(1);
        assert_ne!(SpanId::new(trace, at), SpanId::new(trace, at));
    }
}
