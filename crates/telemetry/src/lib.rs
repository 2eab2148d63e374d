//! Spans and measures of what models and tools did, on their way to an OpenTelemetry collector: OTLP over HTTP, as
//! protobuf.
//!
//! It never holds up a run: [`Exporter`] takes spans into a bounded queue, drops and counts what does not fit, and sends
//! from a task of its own. The messages are those of `opentelemetry-proto`. The exporter of `opentelemetry-otlp` is not
//! used, since it reads the environment by itself, and only `config` may do that here.
//!
//! Invariant: only it names OTLP; it sends to the one address that the operator wrote.

mod exporter;
mod meters;
mod otlp;
mod queue;
mod reply;

pub use exporter::{Exporter, Options};
