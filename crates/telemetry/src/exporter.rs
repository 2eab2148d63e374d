//! The task that sends, and the handle that the rest of the program has.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use copydesk_domain::Clock;
use copydesk_journal::trace::{TraceSink, TraceSpan};
use copydesk_net::{HostPort, HttpClient};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::meters::Meters;
use crate::otlp::{Origin, spans_body};
use crate::queue::Queue;
use crate::reply::{Sent, sent};

/// Spans go out at the latest after so long.
const INTERVAL: Duration = Duration::from_secs(5);
/// The histograms go out no more often.
const METERS_INTERVAL: Duration = Duration::from_secs(30);
/// One exchange with the collector.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// Pause after the first failure; it doubles up to the longest.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// What the end of the program waits for the last spans.
const FLUSH_MAX: Duration = Duration::from_secs(3);
/// A warning of dropped spans is not repeated sooner.
const WARNING_INTERVAL: Duration = Duration::from_mins(1);

/// Where spans go, and as whose.
pub struct Options {
    /// The collector's address without `/v1/traces`, such as `http://127.0.0.1:4318`.
    pub endpoint: String,
    /// Headers of every request, such as a key.
    pub headers: Vec<(String, String)>,
    /// The program's version.
    pub version: String,
    /// What tells this folder from others.
    pub instance: String,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
}

/// Sends spans to a collector from a task of its own. Ends with [`finish`](Self::finish).
pub struct Exporter {
    shared: Arc<Shared>,
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    queue: Queue,
    meters: Meters,
    origin: Origin,
    clock: Arc<dyn Clock>,
    client: HttpClient,
    endpoint: String,
    headers: Vec<(String, String)>,
}

impl TraceSink for Shared {
    fn take(&self, span: TraceSpan) {
        self.meters.count(&span);
        self.queue.put(span);
    }
}

impl Exporter {
    /// Starts the task; needs a runtime. Nothing is sent before there is a span.
    ///
    /// # Errors
    /// Why the address cannot be used, in one line.
    pub fn start(options: Options) -> Result<Self, String> {
        let host = HostPort::of_url(&options.endpoint).map_err(|error| error.to_string())?;
        let client = HttpClient::new(&[host], EXCHANGE_MAX).map_err(|error| error.to_string())?;
        let endpoint = options.endpoint.trim_end_matches('/');
        let endpoint = endpoint.strip_suffix("/v1/traces").unwrap_or(endpoint).to_owned();
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            meters: Meters::since(options.clock.now()),
            origin: Origin {
                version: options.version,
                instance: options.instance,
            },
            clock: options.clock,
            client,
            endpoint,
            headers: options.headers,
        });
        let (closing, is_closing) = watch::channel(false);
        let sender = Sender {
            shared: Arc::clone(&shared),
            is_closing,
            warned: None,
            told: 0,
            meters_at: Instant::now(),
            has_meters: true,
        };
        let task = tokio::spawn(sender.run());
        Ok(Self {
            shared,
            closing,
            task: Mutex::new(Some(task)),
        })
    }

    /// What takes the spans.
    pub fn sink(&self) -> Arc<dyn TraceSink> {
        Arc::clone(&self.shared) as Arc<dyn TraceSink>
    }

    /// Spans that nobody will see: there was no room for them, or the collector did not want them.
    pub fn dropped(&self) -> u64 {
        self.shared.queue.dropped()
    }

    /// Sends what waits, for three seconds at most. What is left then is dropped and counted.
    pub async fn finish(&self) {
        self.closing.send_replace(true);
        let task = self.task.lock().expect("no holder of this lock panics").take();
        let Some(mut task) = task else { return };
        if tokio::time::timeout(FLUSH_MAX, &mut task).await.is_err() {
            task.abort();
            let left = self.shared.queue.len();
            tracing::warn!(
                left,
                "the collector of [telemetry] did not take the last spans in time"
            );
            self.shared.queue.count_dropped(left);
        }
    }
}

/// The sending side.
struct Sender {
    shared: Arc<Shared>,
    is_closing: watch::Receiver<bool>,
    warned: Option<Instant>,
    /// Dropped spans that a warning has counted.
    told: u64,
    meters_at: Instant,
    /// The collector takes histograms.
    has_meters: bool,
}

impl Sender {
    async fn run(mut self) {
        loop {
            let is_closing = *self.is_closing.borrow();
            self.send_spans().await;
            if is_closing || self.meters_at.elapsed() >= METERS_INTERVAL {
                self.send_meters().await;
            }
            self.warn_of_dropped(is_closing);
            if is_closing {
                return;
            }
            let queue = &self.shared.queue;
            tokio::select! {
                () = queue.is_full_batch.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
                _ = self.is_closing.wait_for(|is_set| *is_set) => {}
            }
        }
    }

    /// Sends all that waits.
    async fn send_spans(&mut self) {
        loop {
            let batch = self.shared.queue.take_batch();
            if batch.is_empty() {
                return;
            }
            self.send_batch(&batch).await;
        }
    }

    /// Sends one batch, again and again where that may help. The queue behind it is bounded.
    async fn send_batch(&mut self, batch: &[TraceSpan]) {
        let body = spans_body(&self.shared.origin, batch);
        let mut pause = PAUSE_FIRST;
        loop {
            match self.post("/v1/traces", body.clone()).await {
                Sent::Taken { refused } => {
                    self.shared.queue.count_dropped(refused.min(batch.len()));
                    return;
                }
                Sent::Refused(reason) => {
                    self.shared.queue.count_dropped(batch.len());
                    self.warn(&reason);
                    return;
                }
                Sent::Later(reason) => {
                    self.warn(&reason);
                    if *self.is_closing.borrow() {
                        self.shared.queue.count_dropped(batch.len());
                        return;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = self.is_closing.wait_for(|is_set| *is_set) => {}
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// Sends the histograms. They count from the start, so that one that is lost leaves no gap.
    async fn send_meters(&mut self) {
        self.meters_at = Instant::now();
        if !self.has_meters {
            return;
        }
        let shared = &self.shared;
        let Some(body) = shared.meters.body(&shared.origin, shared.clock.now()) else {
            return;
        };
        if let Sent::Refused(reason) = self.post("/v1/metrics", body).await {
            self.has_meters = false;
            tracing::info!(%reason, "the collector of [telemetry] takes no metrics");
        }
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Sent {
        let shared = &self.shared;
        let mut headers = vec![("Content-Type", "application/x-protobuf")];
        let own = shared.headers.iter();
        headers.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
        let url = format!("{}{path}", shared.endpoint);
        sent(shared.client.post(&url, &headers, body).await)
    }

    fn warn(&mut self, reason: &str) {
        let is_due = self.warned.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL);
        if is_due {
            self.warned = Some(Instant::now());
            let waiting = self.shared.queue.len();
            tracing::warn!(reason, waiting, "the collector of [telemetry] takes no spans");
        }
    }

    fn warn_of_dropped(&mut self, is_last: bool) {
        let dropped = self.shared.queue.dropped();
        let is_due = is_last || self.warned.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL);
        if dropped > self.told && is_due {
            self.warned = Some(Instant::now());
            tracing::warn!(
                dropped = dropped - self.told,
                "spans for the collector of [telemetry] were dropped"
            );
            self.told = dropped;
        }
    }
}

#[cfg(test)]
mod tests;
