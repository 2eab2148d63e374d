//! What a person at a terminal sees while stages work: one line that moves, and one line for each stage done.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

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
                };
                moving(&state)
            }
            ProgressEvent::StepFinished { is_stored, .. } => {
                state.steps += 1;
                state.stored += u32::from(is_stored);
                moving(&state)
            }
            ProgressEvent::Note { text, .. } => {
                state.note = text;
                moving(&state)
            }
            ProgressEvent::StageFinished { stage, summary } => {
                let seconds = state.started_at.elapsed().as_secs_f64();
                format!("\r\x1b[K{stage:<11}{summary}  ({seconds:.1} s)\n")
            }
        };
        // A terminal that went away is no reason to stop the work.
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.flush());
    }
}

fn moving(state: &State) -> String {
    let seconds = state.started_at.elapsed().as_secs();
    let stored = if state.stored > 0 {
        format!(", {} from the journal", state.stored)
    } else {
        String::new()
    };
    let line = format!(
        "{:<11}{} · {} steps{stored} · {seconds} s",
        state.stage, state.note, state.steps
    );
    format!("\r\x1b[K{}", line.chars().take(110).collect::<String>())
}
