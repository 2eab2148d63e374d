//! How a stage has effects: every one goes through [`StageContext`], whose outcomes are durable before the next
//! effect starts. Also the traits that the rest of the house implements: [`Stage`], [`Models`], [`Tools`],
//! [`Renderer`], [`Channel`], [`AnswerOutbox`], [`Notifier`], [`Preflight`], [`FeedHistory`], [`Progress`], [`Library`],
//! [`TraceSink`](trace::TraceSink).
//!
//! Invariant: no I/O of its own. The journal writes through the store's commands and calls what it was handed.
//!
//! To add a stage: implement [`Stage`] in a folder of `stages`, and register it in `cli`.

mod answers;
mod batch;
pub mod budget;
pub mod calendar;
mod context;
mod doubt;
mod library;
mod models;
mod notifier;
mod outcome;
mod preflight;
mod progress;
mod publish;
mod recorded;
mod route;
mod stage;
mod step;
mod tools;
pub mod trace;
mod window;

pub use answers::{AnswerOutbox, AnswerOutboxError};
pub use batch::Batch;
pub use context::{Asked, ContextParams, CustomQuestion, StageContext, Turn};
pub use doubt::{AfterDoubt, CALLS_MAX, Course, LOOKS_MIN, Move};
pub use library::{Library, StoreLibrary};
pub use models::{
    AgentMessage, Bill, Ledger, ModelCall, ModelError, ModelReply, ModelSpec, Models, ReplyContent,
    Reservation, ToolCall,
};
pub use notifier::{Notifier, NotifyError};
pub use preflight::{FeedHeard, FeedHistory, Preflight};
pub use progress::{InWriting, Progress, ProgressEvent, Silent};
pub use publish::{
    Approved, Channel, ChannelError, Delivery, Found, PayloadBytes, RenderError, RenderSource, Rendered,
    Renderer, Rendering,
};
pub use recorded::RecordedStep;
pub use route::{is_pinned, route, stays_here};
pub use stage::{
    AuthorNoteInput, ImportedInput, PastIssue, ReadReply, ReadRun, Stage, StageArtifact, StageError,
    StageInputs, StageOutput,
};
pub use step::{Disposition, StepError};
pub use tools::{ToolError, ToolName, ToolReply, ToolSpec, Tools};
