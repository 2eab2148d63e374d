//! A past run once more: from its records alone, or anew from one of its stages on with another prompt or model.
//!
//! Invariant: whoever works here was handed no channel, no outbox and nobody to tell. From its records a run is
//! executed against [`NoModels`], [`NoTools`] and a store that is thrown away ([`re_execute`]); anew it may ask models
//! and tools that read ([`ReadingTools`]). Both are kept as a run with a `parent`, on which nobody decides, which no
//! later run reads, and which the daemon does not move.

mod again;
mod anew;
mod answers;
mod change;
mod compare;
mod difference;
mod error;
mod execute;
mod fenced;
mod keep;
mod library;
mod pinned;
mod plan;
mod reach;
mod recording;
mod replayer;
mod sides;
mod taking;
mod texts;
mod words;

pub use again::Again;
pub use anew::Anew;
pub use change::{Change, ChangeError, ModelChoice, PromptChange, changed};
pub use compare::{Compared, ComparedArtifact, Made, first_difference};
pub use difference::Difference;
pub use error::ReplayError;
pub use execute::{Remade, World, re_execute};
pub use fenced::{NoModels, NoTools, ReadingTools};
pub use library::{Overlay, Seen};
pub use reach::{Unreached, unreached};
pub use recording::{RecordedRound, RecordedRun, Recording};
pub use replayer::{Replayer, ReplayerOptions, settle_replays};
pub use sides::{Figures, Pair, Sides, StageSide, StageSides, TextSides, Verdicts};
pub use words::{Op, Piece, pieces};
