//! Who gets spans of what stages do: the collector that `[telemetry]` names, and the counts of `/metrics`.

use std::path::Path;
use std::sync::Arc;

use copydesk_config::{Config, Environment, is_this_machine};
use copydesk_domain::{Clock, ContentHash};
use copydesk_journal::trace::{TraceSink, TraceSpan, Tracer, Words};
use copydesk_telemetry::{Exporter, Options};

use crate::exit::{Failure, USAGE};

/// An exporter to the collector; none where no address is given.
pub fn start(
    config: &Config,
    environment: &Environment,
    dir: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Exporter>, Failure> {
    let wrong = |error: String| {
        Failure::new(
            "CD001",
            USAGE,
            format!("config.toml: [telemetry]: {error}"),
            "write otlp = \"http://127.0.0.1:4318\", or take it out",
        )
    };
    let telemetry = &config.telemetry;
    let Some(otlp) = &telemetry.otlp else {
        return Ok(None);
    };
    let endpoint = environment
        .expand(otlp)
        .map_err(|error| wrong(error.to_string()))?;
    let headers = environment
        .headers_of_telemetry(telemetry)
        .map_err(|error| wrong(error.to_string()))?;
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, value.reveal().to_owned()));
    let options = Options {
        endpoint: endpoint.reveal().to_owned(),
        headers: headers.collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        // The folder's path says who works there; its hash only tells folders apart.
        instance: ContentHash::of(dir.to_string_lossy().as_bytes()).short(16),
        clock: Arc::clone(clock),
    };
    Exporter::start(options).map(Some).map_err(wrong)
}

/// What makes spans for all who want them; none where nobody does, so that none are made.
pub fn tracer(
    mut sinks: Vec<Arc<dyn TraceSink>>,
    config: &Config,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
) -> Option<Tracer> {
    let last = sinks.pop()?;
    let sink: Arc<dyn TraceSink> = if sinks.is_empty() {
        last
    } else {
        sinks.push(last);
        Arc::new(All(sinks))
    };
    let otlp = config.telemetry.otlp.as_deref().unwrap_or_default();
    let is_here = environment
        .expand(otlp)
        .is_ok_and(|address| is_this_machine(address.reveal()));
    let words = match (config.telemetry.prompts, is_here) {
        (false, _) => Words::None,
        (true, false) => Words::Free,
        (true, true) => Words::All,
    };
    Some(Tracer::new(sink, Arc::clone(clock), words))
}

/// Several who want spans.
struct All(Vec<Arc<dyn TraceSink>>);

impl TraceSink for All {
    fn take(&self, span: TraceSpan) {
        for sink in &self.0 {
            sink.take(span.clone());
        }
    }
}
