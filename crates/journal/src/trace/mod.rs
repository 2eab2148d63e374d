//! What happened when, for a collector of traces: one trace a run, in it a span for each go at a stage, each call of a
//! tool and each try at a model, with the names of OpenTelemetry's conventions for generative AI.
//!
//! Where a span begins is known from the task that works: [`of_stage`] opens the scope that everything below it finds.
//! Without a [`Tracer`] there is no scope, and nothing is made or kept.

mod ids;
mod open;
mod scope;
mod span;

pub use ids::{SpanId, TraceId};
pub use open::OpenSpan;
pub(crate) use scope::of_tool;
pub use scope::{Tracer, Words, in_step, of_stage, open_client, traceparent};
pub use span::{Attribute, SpanKind, TraceSink, TraceSpan};
