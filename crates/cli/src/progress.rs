//! What a person at a terminal sees while stages work: one line that moves, and one line for each stage done.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use copydesk_domain::RunId;
use copydesk_journal::{Progress, ProgressEvent};

/// Shows progress on stderr. Where that is no terminal, only what a person has to know.
pub struct TerminalProgress {
    state: Mutex<State>,
    shown: Shown,
    /// Whether warnings are told here; the daemon has them in its log.
    tells_warnings: bool,
}

/// How much of the progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// A line for each stage done: a line that moves would be rubbish on this terminal.
    Stages,
    /// A line that moves, besides.
    Moving,
}

/// Whether stderr is a terminal on which a line can be written over.
pub fn can_move() -> bool {
    let environment = copydesk_config::Environment::system();
    std::io::stderr().is_terminal() && environment.get("TERM") != Some("dumb")
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
        let shown = match (is_for_people && std::io::stderr().is_terminal(), can_move()) {
            (false, _) => Shown::Nothing,
            (true, false) => Shown::Stages,
            (true, true) => Shown::Moving,
        };
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
            shown,
            tells_warnings: true,
        }
    }

    /// The same without warnings, which stand in the log of a daemon.
    #[must_use]
    pub fn without_warnings(self) -> Self {
        Self {
            tells_warnings: false,
            ..self
        }
    }

    fn line_of(&self, event: ProgressEvent) -> Option<String> {
        if let ProgressEvent::Warned { stage, text, .. } = event {
            let line = (self.tells_warnings).then(|| format!("{stage}: {text}\n"))?;
            return Some(match self.shown {
                Shown::Moving => format!("\r\x1b[K{line}"),
                Shown::Nothing | Shown::Stages => line,
            });
        }
        if self.shown == Shown::Nothing {
            return None;
        }
        let mut state = self.state.lock().expect("no holder of this lock panics");
        let ended = followed(&mut state, event);
        match (ended, self.shown) {
            (Some(line), Shown::Moving) => Some(format!("\r\x1b[K{line}")),
            (Some(line), _) => Some(line),
            (None, Shown::Moving) => Some(moving(&state)),
            (None, _) => None,
        }
    }
}

impl Progress for TerminalProgress {
    fn report(&self, event: ProgressEvent) {
        if let Some(line) = self.line_of(event) {
            let mut stderr = std::io::stderr().lock();
            // A terminal that went away is no reason to stop the work.
            let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.flush());
        }
    }

    fn is_watched(&self, _run: &RunId) -> bool {
        self.shown == Shown::Moving
    }
}

/// Takes note of an event; the line of a stage that ended with it.
fn followed(state: &mut State, event: ProgressEvent) -> Option<String> {
    match event {
        ProgressEvent::StageStarted { stage, .. } => {
            *state = State {
                started_at: Instant::now(),
                stage: stage.to_string(),
                note: String::new(),
                steps: 0,
                stored: 0,
                writing: BTreeMap::new(),
            };
        }
        ProgressEvent::StepFinished { is_stored, key, .. } => {
            state.writing.remove(&key);
            state.steps += 1;
            state.stored += u32::from(is_stored);
        }
        ProgressEvent::Writing { key, tokens, .. } => {
            state.writing.insert(key, tokens);
        }
        ProgressEvent::Note { text, .. } => state.note = text,
        ProgressEvent::Warned { .. } => {}
        ProgressEvent::StageFinished { stage, summary, .. } => {
            let seconds = state.started_at.elapsed().as_secs_f64();
            return Some(format!("{stage:<11}{summary}  ({seconds:.1} s)\n"));
        }
    }
    None
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

    fn shows(shown: Shown) -> TerminalProgress {
        TerminalProgress {
            shown,
            ..TerminalProgress::new(false)
        }
    }

    fn finished() -> ProgressEvent {
        ProgressEvent::StageFinished {
            run: "r1".into(),
            stage: "draft".into(),
            summary: "34 words".to_owned(),
        }
    }

    #[test]
    fn a_dumb_terminal_gets_one_line_a_stage_and_no_escape() {
        let dumb = shows(Shown::Stages);
        let started = ProgressEvent::StageStarted {
            run: "r1".into(),
            stage: "draft".into(),
        };
        assert_eq!(dumb.line_of(started.clone()), None);
        let line = dumb.line_of(finished()).unwrap();
        assert!(
            line.starts_with("draft      34 words  (") && !line.contains('\x1b'),
            "{line:?}"
        );
        assert!(
            shows(Shown::Moving)
                .line_of(started)
                .unwrap()
                .starts_with("\r\x1b[K")
        );
        assert_eq!(shows(Shown::Nothing).line_of(finished()), None);
    }

    #[test]
    fn a_warning_is_told_off_a_terminal_too_and_not_twice_by_a_daemon() {
        let warned = || ProgressEvent::Warned {
            run: "r1".into(),
            stage: "research".into(),
            text: "model `near` keeps failing and is left alone for 15 s".to_owned(),
        };
        let told = shows(Shown::Nothing).line_of(warned());
        assert_eq!(
            told.as_deref(),
            Some("research: model `near` keeps failing and is left alone for 15 s\n")
        );
        assert_eq!(shows(Shown::Nothing).without_warnings().line_of(warned()), None);
    }

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
