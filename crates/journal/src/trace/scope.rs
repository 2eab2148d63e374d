//! Which span the working task is in, and how the next one opens below it.

use std::future::Future;
use std::sync::Arc;

use copydesk_domain::{Clock, Instant};

use super::ids::{SpanId, TraceId};
use super::open::OpenSpan;
use super::span::{Attribute, SpanKind, TraceSink, TraceSpan};
use crate::context::StageContext;
use crate::stage::StageError;
use crate::tools::{ToolError, ToolName, ToolReply};

tokio::task_local! {
    static SCOPE: Scope;
}

/// Makes spans and hands them on. Cheap to clone.
#[derive(Clone)]
pub struct Tracer {
    sink: Arc<dyn TraceSink>,
    clock: Arc<dyn Clock>,
    words: Words,
}

/// Whether the words of prompts and replies go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Never.
    None,
    /// Those that may leave this machine.
    Free,
    /// All: the collector is on this machine.
    All,
}

/// Where in a trace a task stands.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) tracer: Tracer,
    trace: TraceId,
    parent: Option<SpanId>,
    /// What every span below says too.
    common: Arc<[(&'static str, Attribute)]>,
}

impl Tracer {
    /// A tracer that gives spans to `sink`.
    pub fn new(sink: Arc<dyn TraceSink>, clock: Arc<dyn Clock>, words: Words) -> Self {
        Self { sink, clock, words }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn take(&self, span: TraceSpan) {
        self.sink.take(span);
    }

    pub(super) fn wants_words(&self, is_pinned: bool) -> bool {
        match self.words {
            Words::None => false,
            Words::Free => !is_pinned,
            Words::All => true,
        }
    }
}

impl Scope {
    fn open(&self, kind: SpanKind, name: String) -> OpenSpan {
        let started_at = self.tracer.now();
        let span = TraceSpan {
            trace: self.trace,
            id: SpanId::new(self.trace, started_at),
            parent: self.parent,
            name,
            kind,
            started_at,
            finished_at: started_at,
            attributes: self.common.to_vec(),
            error: None,
        };
        OpenSpan::new(self.clone(), span)
    }

    fn below(&self, span: &OpenSpan) -> Self {
        let parent = span.inner().map(|span| span.id);
        Self {
            parent,
            ..self.clone()
        }
    }
}

fn current() -> Option<Scope> {
    SCOPE.try_with(Clone::clone).ok()
}

/// Drives one go at a round of a stage, as a span `invoke_agent` that everything within belongs to.
pub async fn of_stage<T>(
    tracer: Option<&Tracer>,
    ctx: &StageContext,
    work: impl Future<Output = Result<T, StageError>>,
) -> Result<T, StageError> {
    let Some(tracer) = tracer else {
        return work.await;
    };
    // A replay is a run of its own, whatever its stages take it for.
    let (run, stage) = (&ctx.params.lease.run, &ctx.place.stage);
    let scope = Scope {
        tracer: tracer.clone(),
        trace: TraceId::of_run(run, ctx.params.seed),
        parent: None,
        common: Arc::new([
            ("gen_ai.conversation.id", run.as_str().into()),
            ("copydesk.run", run.as_str().into()),
            ("copydesk.pipeline", ctx.pipeline().pipeline.name.as_str().into()),
            ("copydesk.stage", stage.as_str().into()),
            ("copydesk.round", ctx.round().0.into()),
        ]),
    };
    let mut span = scope.open(SpanKind::Internal, format!("invoke_agent {stage}"));
    span.set("gen_ai.operation.name", "invoke_agent");
    span.set("gen_ai.agent.name", stage.as_str());
    let result = SCOPE.scope(scope.below(&span), work).await;
    if let Err(error) = &result {
        span.fail(error.kind(), &error.to_string());
    }
    span.end();
    result
}

/// Drives a step that asks a model: the spans of its tries name the step and its task.
pub async fn in_step<T>(key: &str, task: &str, work: impl Future<Output = T>) -> T {
    let Some(scope) = current() else {
        return work.await;
    };
    let own = [("copydesk.step", key.into()), ("copydesk.task", task.into())];
    let common = scope.common.iter().cloned().chain(own).collect();
    SCOPE.scope(Scope { common, ..scope }, work).await
}

/// Drives a call of a tool as a span `execute_tool`.
pub(crate) async fn of_tool(
    key: &str,
    tool: &ToolName,
    work: impl Future<Output = Result<ToolReply, ToolError>>,
) -> Result<ToolReply, ToolError> {
    let Some(scope) = current() else {
        return work.await;
    };
    let mut span = scope.open(SpanKind::Internal, format!("execute_tool {tool}"));
    span.set("gen_ai.operation.name", "execute_tool");
    span.set("gen_ai.tool.name", tool.to_string());
    span.set("gen_ai.tool.type", "function");
    // The key names the call within its run for good; ids that models make up repeat.
    span.set("gen_ai.tool.call.id", key);
    span.set("copydesk.step", key);
    let result = SCOPE.scope(scope.below(&span), work).await;
    match &result {
        Ok(reply) if reply.is_error => span.fail("tool_error", "the tool says that it failed"),
        Ok(_) => {}
        Err(error) => span.fail(error.kind(), &error.to_string()),
    }
    span.end();
    result
}

/// Opens a span for a request that is about to go out; none where nobody watches.
pub fn open_client(name: impl FnOnce() -> String) -> Option<OpenSpan> {
    let scope = current()?;
    Some(scope.open(SpanKind::Client, name()))
}

/// The span that the working task is in, as the header `traceparent` of W3C Trace Context says it.
pub fn traceparent() -> Option<String> {
    let scope = current()?;
    let parent = scope.parent?;
    Some(format!("00-{}-{parent}-01", scope.trace))
}
