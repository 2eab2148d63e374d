//! What a person at a terminal sees while stages work: one line that moves, and one line for each stage done.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use copydesk_domain::RunId;
use copydesk_journal::{Progress, ProgressEvent};

/// Shows progress on stderr. Nothing where stderr is no terminal.
pub struct TerminalProgress {
    state: Mutex<State>,
    is_shown: bool,
}

struct State {
    started_at: Instant,
    stage: String,
    note: String,
    steps: u32,
    stored: u32,
    /// Tokens that are being written, by step.
    writing: BTreeMap<String, u64>,
}

impl TerminalProgress {
    /// Shown if stderr is a terminal and the output is for people.
    pub fn new(is_for_people: bool) -> Self {
        let is_shown = is_for_people && std::io::stderr().is_terminal();
        let started_at = Instant::now();
        let state = State {
            started_at,
            stage: String::new(),
            note: String::new(),
            steps: 0,
            stored: 0,
            writing: BTreeMap::new(),
        };
        Self {
            state: Mutex::new(state),
            is_shown,
        }
    }
}

impl Progress for TerminalProgress {
    fn report(&self, event: ProgressEvent) {
        if !self.is_shown {
            return;
        }
        let mut state = self.state.lock().expect("no holder of this lock panics");
        let mut stderr = std::io::stderr().lock();
        let line = match event {
            ProgressEvent::StageStarted { stage, .. } => {
                *state = State {
                    started_at: Instant::now(),
                    stage: stage.to_string(),
                    note: String::new(),
                    steps: 0,
                    stored: 0,
                    writing: BTreeMap::new(),
                };
                moving(&state)
            }
            ProgressEvent::StepFinished { is_stored, key, .. } => {
                state.writing.remove(&key);
                state.steps += 1;
                state.stored += u32::from(is_stored);
                moving(&state)
            }
            ProgressEvent::Writing { key, tokens, .. } => {
                state.writing.insert(key, tokens);
                moving(&state)
            }
            ProgressEvent::Note { text, .. } => {
                state.note = text;
                moving(&state)
            }
            ProgressEvent::StageFinished { stage, summary, .. } => {
                let seconds = state.started_at.elapsed().as_secs_f64();
                format!("\r\x1b[K{stage:<11}{summary}  ({seconds:.1} s)\n")
            }
        };
        // A terminal that went away is no reason to stop the work.
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.flush());
    }

    fn is_watched(&self, _run: &RunId) -> bool {
        self.is_shown
    }
}

fn moving(state: &State) -> String {
    let seconds = state.started_at.elapsed().as_secs();
    let stored = if state.stored > 0 {
        format!(", {} from the journal", state.stored)
    } else {
        String::new()
    };
    let writing = match state.writing.values().sum::<u64>() {
        0 => String::new(),
        tokens => format!(", writing ≈{tokens} tokens"),
    };
    let line = format!(
        "{:<11}{} · {} steps{stored}{writing} · {seconds} s",
        state.stage, state.note, state.steps
    );
    format!("\r\x1b[K{}", line.chars().take(110).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_what_all_steps_write() {
        let mut state = State {
            started_at: Instant::now(),
            stage: "draft".to_owned(),
            note: "writing the sections".to_owned(),
            steps: 3,
            stored: 0,
            writing: BTreeMap::from([("a".to_owned(), 40), ("b".to_owned(), 2)]),
        };
        let line = moving(&state);
        assert!(line.contains("3 steps, writing ≈42 tokens · "), "{line}");
        state.writing.clear();
        assert!(moving(&state).contains("3 steps · "));
    }
}
