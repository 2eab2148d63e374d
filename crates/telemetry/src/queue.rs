//! Spans that wait to be sent: bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use copydesk_journal::trace::{Attribute, TraceSpan};
use tokio::sync::Notify;

/// Spans that wait at most: some forty days' worth of a pipeline's calls within one outage of the collector.
const SPANS_MAX: usize = 4_096;
/// What they hold together at most, in bytes.
const BYTES_MAX: usize = 16 << 20;
/// Spans of one request.
pub(crate) const BATCH_MAX: usize = 512;

/// The queue. What does not fit is dropped and counted.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    dropped: AtomicU64,
    pub(crate) is_full_batch: Notify,
}

#[derive(Default)]
struct Waiting {
    spans: VecDeque<TraceSpan>,
    bytes: usize,
}

impl Queue {
    /// Takes a span, or drops it where there is no room.
    pub(crate) fn put(&self, span: TraceSpan) {
        let bytes = bytes_of(&span);
        let mut waiting = self.waiting();
        if waiting.spans.len() >= SPANS_MAX || waiting.bytes + bytes > BYTES_MAX {
            drop(waiting);
            self.count_dropped(1);
            return;
        }
        waiting.bytes += bytes;
        waiting.spans.push_back(span);
        if waiting.spans.len() >= BATCH_MAX {
            self.is_full_batch.notify_one();
        }
    }

    /// The oldest spans, at most one batch of them.
    pub(crate) fn take_batch(&self) -> Vec<TraceSpan> {
        let mut waiting = self.waiting();
        let count = waiting.spans.len().min(BATCH_MAX);
        let batch: Vec<TraceSpan> = waiting.spans.drain(..count).collect();
        waiting.bytes -= batch.iter().map(bytes_of).sum::<usize>();
        batch
    }

    /// Spans that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().spans.len()
    }

    /// More spans that nobody will see.
    pub(crate) fn count_dropped(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// Spans dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("no holder of this lock panics")
    }
}

/// What a span holds, roughly.
fn bytes_of(span: &TraceSpan) -> usize {
    /// Ids, times and the vector's own room.
    const OVERHEAD: usize = 160;
    let attributes = span.attributes.iter().map(|(name, value)| {
        let value = match value {
            Attribute::Text(text) => text.len(),
            Attribute::Texts(texts) => texts.iter().map(String::len).sum(),
            Attribute::Number(_) => 8,
        };
        name.len() + value + 32
    });
    OVERHEAD + span.name.len() + span.error.as_ref().map_or(0, String::len) + attributes.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::sample;

    #[test]
    fn a_full_queue_drops_and_counts() {
        let queue = Queue::default();
        for _ in 0..SPANS_MAX + 3 {
            queue.put(sample("chat m"));
        }
        assert_eq!((queue.len(), queue.dropped()), (SPANS_MAX, 3));
        assert_eq!(queue.take_batch().len(), BATCH_MAX);
        queue.put(sample("chat m"));
        assert_eq!(queue.dropped(), 3);
    }

    #[test]
    fn long_texts_are_bounded_in_bytes() {
        let queue = Queue::default();
        let mut long = sample("chat m");
        long.attributes
            .push(("gen_ai.input.messages", "x".repeat(BYTES_MAX / 4).into()));
        for _ in 0..5 {
            queue.put(long.clone());
        }
        assert_eq!((queue.len(), queue.dropped()), (3, 2));
        while !queue.take_batch().is_empty() {}
        queue.put(long);
        assert_eq!((queue.len(), queue.dropped()), (1, 2));
    }
}
