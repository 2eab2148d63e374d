//! A replay in words: what is the same, what differs, and what either side used.

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Header, Untrusted};
use copydesk_domain::{RunId, RunState};
use copydesk_engine::replay::{
    Figures, Made, Op, Pair, Piece, Sides, StageSide, StageSides, TextSides, Verdicts,
};
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
    let mut rows = vec![row("", "then".to_owned(), "now".to_owned())];
    rows.extend(sides.stages.iter().map(stage_row));
    rows.push(pair_row("claims", &sides.verdicts, verdicts));
    rows.push(pair_row("asked", &sides.figures, figures));
    rows.push(pair_row("used", &sides.figures, used));
    text.push_str(&table(&rows));
    for one in &sides.texts {
        text.push_str(&words(one));
    }
    text
}

/// Name, then, now.
type Row = [String; 3];

fn row(name: &str, then: String, now: String) -> Row {
    [name.to_owned(), then, now]
}

fn stage_row(stage: &StageSides) -> Row {
    let side = |side: &StageSide| {
        let rounds = match side.round.0 {
            0 | 1 => String::new(),
            round => format!(" (round {round})"),
        };
        format!("{}{rounds}, {}", side.state, used(&side.figures))
    };
    let mark = if stage.same { "same" } else { "differs" };
    let name = format!("{:<11}{mark}", stage.stage.to_string());
    pair_row(&name, &stage.sides, side)
}

fn pair_row<T>(name: &str, pair: &Pair<T>, shown: impl Fn(&T) -> String) -> Row {
    let side = |side: &Option<T>| side.as_ref().map_or_else(|| "-".to_owned(), &shown);
    row(name, side(&pair.recorded), side(&pair.replayed))
}

/// Rows in columns as wide as their widest cell.
fn table(rows: &[Row]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let lines = rows.iter().map(|[name, then, now]| {
        let line = format!("  {name:<first$}  {then:<second$}  {now}");
        format!("{}\n", line.trim_end())
    });
    lines.collect::<Vec<_>>().concat()
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
        "{} model, {} tool{taken}",
        figures.model_calls, figures.tool_calls
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
            if words.len() <= 2 * WORDS_AROUND {
                return format!("{text} ");
            }
            let head = if at > 0 {
                words[..WORDS_AROUND].join(" ")
            } else {
                String::new()
            };
            let tail = if at + 1 < of {
                words[words.len() - WORDS_AROUND..].join(" ")
            } else {
                String::new()
            };
            format!("{head} …\n… {tail} ")
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_engine::replay::pieces;

    use super::*;

    fn shown(first: &str, second: &str) -> String {
        let pieces = pieces(first, second);
        let count = |op: Op| {
            pieces
                .iter()
                .filter(|piece| piece.op == op)
                .map(|piece| piece.words)
                .sum()
        };
        words(&TextSides {
            kind: copydesk_domain::artifact::ArtifactKind::Draft,
            same: false,
            words_removed: count(Op::Removed),
            words_added: count(Op::Added),
            pieces,
        })
    }

    #[test]
    fn words_that_differ_stand_with_a_few_around_them() {
        let text = shown(
            "Clocks run on quartz and drift.",
            "Clocks run on caesium and drift.",
        );
        assert_eq!(
            text,
            "draft: 1 words gone, 1 new\n    Clocks run on [-quartz-] {+caesium+} and drift. \n"
        );
        let many = "word ".repeat(50);
        let text = shown(&format!("{many}old {many}"), &format!("{many}new {many}"));
        assert!(
            text.contains("… word word word word word word [-old-] {+new+} word"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() < 120), "{text}");
    }

    #[test]
    fn what_a_page_wrote_moves_no_cursor() {
        let text = shown("plain", "\u{1b}[2Jred");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            row("", "then".to_owned(), "now".to_owned()),
            row("claims", "a long cell".to_owned(), "x".to_owned()),
        ];
        assert_eq!(
            table(&rows),
            "          then         now\n  claims  a long cell  x\n"
        );
    }
}
