//! A replay in words: what is the same, what differs, and what either side used.

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Header, Untrusted};
use copydesk_domain::{RunId, RunState};
use copydesk_engine::replay::{Figures, Made, Op, Pair, Piece, Sides, StageSides, TextSides, Verdicts};
use copydesk_engine::view::RunView;
use copydesk_guard::CHECKER_VERSION;

/// Lines of a text that differ and are shown.
const LINES_MAX: usize = 30;
/// Words that are shown around those that differ.
const WORDS_AROUND: usize = 6;

/// A replay from records.
pub fn made(run: &RunId, made: &Made, recorded_by: &(String, String)) -> String {
    let mut text = String::new();
    let artifacts: usize = made.compared.iter().map(|round| round.artifacts.len()).sum();
    if made.is_same() {
        let _ = writeln!(
            text,
            "same: {run} came out with the same bytes: {artifacts} artifacts of {} rounds, no model and no tool asked",
            made.compared.len()
        );
    } else {
        let _ = writeln!(text, "differs: {run} did not come out with the same bytes");
    }
    for round in &made.compared {
        let mark = if round.same { "same" } else { "differs" };
        let hashes: Vec<String> = round
            .artifacts
            .iter()
            .map(|artifact| {
                let hash = artifact.replayed.or(artifact.recorded);
                let hash = hash.map_or_else(String::new, |hash| hash.short(12));
                format!("{} {hash}", artifact.kind.as_str())
            })
            .collect();
        let _ = writeln!(
            text,
            "  {:<11} round {}  {mark:<8} {}",
            round.stage.to_string(),
            round.round.0,
            hashes.join(", ")
        );
    }
    text.push_str(&difference(made, recorded_by));
    text
}

fn difference(made: &Made, (version, checks): &(String, String)) -> String {
    let Some(found) = &made.difference else {
        return String::new();
    };
    let place = match (&found.artifact, &found.path) {
        (Some(kind), Some(path)) => format!("{} at {path}", kind.as_str()),
        (Some(kind), None) => kind.as_str().to_owned(),
        (None, _) => "its end".to_owned(),
    };
    let mut text = format!(
        "first difference: {} (round {}), {place}\n",
        found.stage, found.round.0
    );
    let _ = writeln!(text, "  then  {}", found.recorded.escape::<Header>());
    let _ = writeln!(text, "  now   {}", found.replayed.escape::<Header>());
    if let Some(step) = &found.step {
        let _ = writeln!(
            text,
            "  since {}",
            Untrusted::new(step.as_str()).escape::<Header>()
        );
    }
    let now = (env!("CARGO_PKG_VERSION"), CHECKER_VERSION);
    if (version.as_str(), checks.as_str()) != now {
        let _ = writeln!(
            text,
            "  it was recorded by copydesk {version} with checks {checks}, and replayed by {} with checks {}: other \
             bytes are no fault of the run",
            now.0, now.1
        );
    }
    text
}

/// A run and its replay side by side.
pub fn sides(view: &RunView, sides: &Sides) -> String {
    let mut text = format!("{} is a replay of {}: {}\n", sides.replay, sides.run, view.state);
    if view.state != RunState::Completed {
        let _ = writeln!(
            text,
            "  {}",
            view.reason.as_deref().unwrap_or("it came to no end")
        );
    }
    if sides.changes.is_empty() {
        text.push_str("  nothing was changed\n");
    }
    for change in &sides.changes {
        let _ = writeln!(text, "  changed  {change}");
    }
    text.push_str("                        then                          now\n");
    for stage in &sides.stages {
        text.push_str(&stage_line(stage));
    }
    text.push_str(&two_columns("claims", &sides.verdicts, verdicts));
    text.push_str(&two_columns("used", &sides.figures, figures));
    for one in &sides.texts {
        text.push_str(&words(one));
    }
    text
}

fn stage_line(stage: &StageSides) -> String {
    let side = |side: &copydesk_engine::replay::StageSide| {
        let rounds = if side.round.0 > 1 {
            format!(" (round {})", side.round.0)
        } else {
            String::new()
        };
        format!("{}{rounds}, {}", side.state, used(&side.figures))
    };
    let mark = if stage.same { "same" } else { "differs" };
    two_columns(
        &format!("{:<11}{mark}", stage.stage.to_string()),
        &stage.sides,
        side,
    )
}

fn two_columns<T>(name: &str, pair: &Pair<T>, shown: impl Fn(&T) -> String) -> String {
    let side = |side: &Option<T>| side.as_ref().map_or_else(|| "-".to_owned(), &shown);
    format!(
        "  {name:<20}  {:<28}  {}\n",
        side(&pair.recorded),
        side(&pair.replayed)
    )
}

fn verdicts(counted: &Verdicts) -> String {
    format!(
        "{} in source, {} unsettled, {} blocked",
        counted.supported, counted.unsettled, counted.blocked
    )
}

fn figures(figures: &Figures) -> String {
    let taken = if figures.from_recording > 0 {
        format!(", {} from the recording", figures.from_recording)
    } else {
        String::new()
    };
    format!(
        "{} model, {} tool{taken}, {}",
        figures.model_calls,
        figures.tool_calls,
        used(figures)
    )
}

fn used(figures: &Figures) -> String {
    format!("{}, {} ms", figures.spend_microusd, figures.ms)
}

/// The words of a text that differ, `[-then-]` and `{+now+}`, with a few around them.
fn words(text: &TextSides) -> String {
    let kind = text.kind.as_str();
    if text.same {
        return format!("{kind}: no word differs\n");
    }
    let mut shown = format!(
        "{kind}: {} words gone, {} new\n",
        text.words_removed, text.words_added
    );
    let marked: String = text
        .pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| marked(piece, at, text.pieces.len()))
        .collect();
    let lines: Vec<&str> = marked.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in lines.iter().take(LINES_MAX) {
        let _ = writeln!(shown, "    {line}");
    }
    if lines.len() > LINES_MAX {
        let _ = writeln!(
            shown,
            "    … {} lines more; the desk shows all of it",
            lines.len() - LINES_MAX
        );
    }
    shown
}

/// A piece with its mark; of words that both have, those near a difference.
fn marked(piece: &Piece, at: usize, of: usize) -> String {
    let text = piece.text.escape::<Header>().to_string();
    match piece.op {
        Op::Removed => format!("[-{text}-] "),
        Op::Added => format!("{{+{text}+}} "),
        Op::Same => {
            let words: Vec<&str> = text.split_whitespace().collect();
            let (before, after) = (at > 0, at + 1 < of);
            if words.len() <= 2 * WORDS_AROUND {
                return format!("{} ", words.join(" "));
            }
            let head = if before {
                words[..WORDS_AROUND].join(" ")
            } else {
                String::new()
            };
            let tail = if after {
                words[words.len() - WORDS_AROUND..].join(" ")
            } else {
                String::new()
            };
            format!("{head} …\n{tail} ")
        }
    }
}
