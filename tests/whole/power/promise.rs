//! What was acknowledged up to a moment, read off the bytes that left the process. Pure.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;

use crate::power::trace::Event;

/// Something that a client knows once certain bytes have left.
#[derive(Debug, Clone)]
pub struct Promise {
    /// What the bytes hold; `a…b` holds both.
    pub mark: String,
    /// What it knows then.
    pub known: Known,
}

/// What a client knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A token opens the API.
    Token(String),
    /// A file is there with these bytes.
    File { path: PathBuf, bytes: Vec<u8> },
    /// A run was started.
    Run(String),
    /// The issue of a run waits for its approval, so research, draft and review are done.
    Issue { run: String, hash: String },
    /// The author's decision was taken.
    Approved { run: String, hash: String },
    /// The issue is out.
    Published(String),
    /// A model was asked so often in a run, and each call has its reserve.
    Reserves { run: String, calls: usize },
    /// A model was asked something that needs the answers to so many earlier questions of a task.
    Answers { run: String, task: String, count: usize },
    /// A stage is done, since the model is asked for the next one.
    Stage { run: String, stage: &'static str },
}

/// Tasks in the order in which a run asks them, each with the stage that must be done before it.
const TASKS: [(&str, Option<&str>); 9] = [
    ("take_notes", None),
    ("follow_up", None),
    ("rank_stories", None),
    ("plan_issue", Some("research")),
    ("write_section", None),
    ("write_title", None),
    ("suggest_edits", Some("draft")),
    ("rate_draft", None),
    ("triage_reply", Some("review")),
];

/// What is acknowledged from which event on, in the order of events. Panics where a promise was never made: then the
/// trace does not hold what it should.
pub fn acknowledged(events: &[Event], promises: &[Promise], models: &str) -> Vec<(usize, Known)> {
    let mut found = Vec::new();
    let mut left: Vec<&Promise> = promises.iter().collect();
    let runs = promises.iter().filter_map(|promise| match &promise.known {
        Known::Run(run) => Some(run.clone()),
        _ => None,
    });
    let mut asked = Asked {
        runs: runs.collect(),
        ..Asked::default()
    };
    for (index, event) in events.iter().enumerate() {
        let Event::Send { to, bytes } = event else {
            continue;
        };
        if to.ends_with(&format!("->{models}]")) {
            asked.question(bytes, |known| found.push((index, known)));
            continue;
        }
        left.retain(|promise| {
            let is_made = promise.mark.split('…').all(|part| holds(bytes, part.as_bytes()));
            if is_made {
                asked.is_out |= matches!(promise.known, Known::Published(_));
                found.push((index, promise.known.clone()));
            }
            !is_made
        });
    }
    assert!(left.is_empty(), "never told: {left:?}");
    found
}

/// What of it is worth comparing: where more calls or answers are told of later, that is all that counts.
pub fn newest<'a>(told: impl DoubleEndedIterator<Item = &'a Known>) -> Vec<&'a Known> {
    let mut seen = HashSet::new();
    let subject = |known: &Known| match known {
        Known::Reserves { run, .. } => Some(("reserves", run.clone(), String::new())),
        Known::Answers { run, task, .. } => Some(("answers", run.clone(), task.clone())),
        Known::Stage { run, stage } => Some(("stage", run.clone(), (*stage).to_owned())),
        _ => None,
    };
    told.rev()
        .filter(|known| subject(known).is_none_or(|subject| seen.insert(subject)))
        .collect()
}

/// The questions so far in the run that is under way. One run asks after the other.
#[derive(Default)]
struct Asked {
    /// The runs that have asked nothing yet are behind the one that asks.
    runs: VecDeque<String>,
    /// Whether the issue of the run that asks is known to be out.
    is_out: bool,
    calls: usize,
    by_task: BTreeMap<&'static str, usize>,
}

impl Asked {
    fn question(&mut self, bytes: &[u8], mut tell: impl FnMut(Known)) {
        let is_it = |task: &str| holds(bytes, format!("\"{task}_v1\"").as_bytes());
        let Some(place) = TASKS.iter().position(|(task, _)| is_it(task)) else {
            return;
        };
        // The next run is started after that: of one that is out, only replies are asked about. What it begins with
        // depends on what is new.
        if TASKS[place].0 != "triage_reply" && self.is_out {
            self.runs.pop_front();
            (self.is_out, self.calls, self.by_task) = (false, 0, BTreeMap::new());
        }
        let Some(run) = self.runs.front().cloned() else {
            return;
        };
        self.calls += 1;
        *self.by_task.entry(TASKS[place].0).or_default() += 1;
        tell(Known::Reserves {
            run: run.clone(),
            calls: self.calls,
        });
        for (task, _) in &TASKS[..place] {
            let count = self.by_task.get(task).copied().unwrap_or_default();
            tell(Known::Answers {
                run: run.clone(),
                task: (*task).to_owned(),
                count,
            });
        }
        for stage in TASKS[..=place].iter().filter_map(|(_, stage)| *stage) {
            tell(Known::Stage {
                run: run.clone(),
                stage,
            });
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
