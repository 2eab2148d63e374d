//! What a collector of traces sees of a run.

use std::sync::{Arc, Mutex};

use copydesk_domain::StageName;
use copydesk_engine::replay::Anew;
use copydesk_engine::{Advanced, Scope, StartParams};
use copydesk_journal::ToolError;
use copydesk_journal::trace::{self, TraceSink, TraceSpan, Tracer, Words};
use tokio::sync::watch;

use crate::house::{House, daily, release};
use crate::replays::replayer;

#[derive(Default)]
struct Seen(Mutex<Vec<TraceSpan>>);

impl TraceSink for Seen {
    fn take(&self, span: TraceSpan) {
        self.0.lock().unwrap().push(span);
    }
}

impl Seen {
    fn named(&self, name: &str) -> TraceSpan {
        let spans = self.0.lock().unwrap();
        let found: Vec<&TraceSpan> = spans.iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name} in {spans:#?}");
        found[0].clone()
    }
}

async fn advance(house: &House, seen: &Arc<Seen>) -> (String, Advanced) {
    let (_shutdown, receiver) = watch::channel(false);
    let tracer = Tracer::new(Arc::clone(seen) as _, Arc::clone(&house.clock) as _, Words::None);
    let engine = house.engine(receiver).traced_by(tracer);
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let run = engine.start(start).await.unwrap();
    let advanced = engine.advance(&run, &Scope::default()).await.unwrap();
    (engine.view(&run).await.unwrap().trace_id, advanced)
}

#[tokio::test]
async fn each_stage_of_a_run_is_a_span_of_its_one_trace() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let seen = Arc::new(Seen::default());
    let (trace_id, advanced) = advance(&house, &seen).await;
    assert!(matches!(advanced, Advanced::WaitFor(..)), "{advanced:?}");
    for stage in ["research", "draft", "review"] {
        let span = seen.named(&format!("invoke_agent {stage}"));
        assert_eq!(span.trace.to_string(), trace_id);
        assert_eq!((span.parent, &span.error), (None, &None));
        assert_eq!(span.text("gen_ai.operation.name"), Some("invoke_agent"));
        assert_eq!(span.text("gen_ai.agent.name"), Some(stage));
        assert_eq!(span.text("copydesk.stage"), Some(stage));
        assert_eq!(span.text("gen_ai.conversation.id"), span.text("copydesk.run"));
    }
    assert_eq!(trace::traceparent(), None, "nobody is within a stage here");
}

#[tokio::test]
async fn a_tool_call_is_a_span_below_its_stage_and_says_how_it_failed() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let error = ToolError::Protocol {
        tool: "blog/post".to_owned(),
        reason: "no result\nand more".to_owned(),
    };
    *house.script.tool_error.lock().unwrap() = Some(error);
    let seen = Arc::new(Seen::default());
    advance(&house, &seen).await;
    let stage = seen.named("invoke_agent research");
    assert_eq!(stage.text("error.type"), Some("tool"));
    let spans = seen.0.lock().unwrap().clone();
    let call = spans
        .iter()
        .find(|span| span.name.starts_with("execute_tool "))
        .unwrap();
    assert_eq!((call.trace, call.parent), (stage.trace, Some(stage.id)));
    assert_eq!(call.text("gen_ai.operation.name"), Some("execute_tool"));
    assert_eq!(call.text("gen_ai.tool.call.id"), Some("post"));
    assert_eq!(call.text("error.type"), Some("protocol"));
    assert!(!call.error.as_deref().unwrap().contains('\n'));
}

#[tokio::test]
async fn a_stage_that_is_replayed_anew_is_a_span_of_the_replays_own_trace() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let seen = Arc::new(Seen::default());
    advance(&house, &seen).await;
    let run = house.runs().await.remove(0);
    let original = seen.named("invoke_agent research").trace;
    seen.0.lock().unwrap().clear();
    let tracer = Tracer::new(Arc::clone(&seen) as _, Arc::clone(&house.clock) as _, Words::None);
    let anew = Anew {
        run: run.id.clone(),
        from: StageName::new("review"),
        release: release(daily("")),
        choice: None,
    };
    let replay = replayer(&house).traced_by(tracer).anew(anew).await.unwrap();
    let span = seen.named("invoke_agent review");
    assert_eq!(span.text("copydesk.run"), Some(replay.as_str()));
    let (_shutdown, receiver) = watch::channel(false);
    let view = house.engine(receiver).view(&replay).await.unwrap();
    assert_eq!(span.trace.to_string(), view.trace_id, "as `show` names it");
    assert_ne!(span.trace, original);
    assert_eq!(
        seen.0.lock().unwrap().len(),
        1,
        "stages that are taken over have no span"
    );
}
