//! A replay beside the run that it replays, in two columns. There is no form on it: nobody decides on a replay.

use copydesk_domain::RunId;
use copydesk_engine::replay::{Figures, Op, Pair, Sides, StageSide, StageSides, TextSides, Verdicts};
use copydesk_store::RunRecord;
use maud::{Markup, html};

use super::guard::inert;
use crate::fault::Fault;
use crate::login::Session;
use crate::options::Desk;
use crate::page::layout::{Frame, frame, zone};
use crate::page::words;
use crate::serve::run_path;

/// While a replay is under way, its page loads itself again after so many seconds.
const REFRESH_S: i64 = 10;

/// The page of a replay.
pub(super) async fn replay(desk: &Desk, session: &Session, run: &RunRecord) -> Result<Markup, Fault> {
    let engine = desk.engine();
    let sides = engine.sides(&run.id).await?;
    let title = format!("{} · replay {}", run.pipeline, run.id);
    let zone = zone(engine, run).await;
    let refresh_s = (!run.state.is_final()).then_some(REFRESH_S);
    Ok(frame(
        &Frame::of(&title, session).refreshed(refresh_s),
        &html! {
            section.card.status {
                p.eyebrow {
                    (run.pipeline) " · " (run.id) " "
                    span.mark.(words::run_tone(run.state)) { (words::run(run.state)) }
                }
                @match &sides {
                    Some(sides) => (headline(sides)),
                    None => h1.lead { "A replay." },
                }
                p.soft { "Made " (words::minute(run.created_at, &zone)) ". It is shown here and goes nowhere." }
                @if let Some(reason) = &run.reason { p.soft { (words::sentence(reason)) } }
                @if let Some(sides) = &sides {
                    @if !sides.changes.is_empty() {
                        ul { @for change in &sides.changes { li { "Changed: " code { (change) } } } }
                    }
                }
            }
            @if let Some(sides) = &sides {
                (figures(sides))
                @for text in &sides.texts { (text_sides(text, sides)) }
            }
        },
    ))
}

fn headline(sides: &Sides) -> Markup {
    html! {
        h1.lead {
            @if sides.same { "The same bytes as " } @else { "Beside " }
            a href=(run_path(&sides.run)) { (sides.run) } "."
        }
    }
}

/// Stages, verdicts and costs of both.
fn figures(sides: &Sides) -> Markup {
    html! {
        section.sides-figures {
            table {
                thead { tr { th { "" } th { "Then" } th { "Now" } th { "" } } }
                tbody {
                    @for stage in &sides.stages { (stage_row(stage)) }
                    tr { th { "Claims" } (cells(&sides.verdicts, verdicts)) td { "" } }
                    tr { th { "Asked" } (cells(&sides.figures, asked)) td { "" } }
                    tr { th { "Cost, time" } (cells(&sides.figures, used)) td { "" } }
                }
            }
        }
    }
}

fn stage_row(stage: &StageSides) -> Markup {
    let side = |side: &StageSide| {
        let round = if side.round.0 > 1 {
            format!(", round {}", side.round.0)
        } else {
            String::new()
        };
        format!("{}{round}, {}", side.state, used(&side.figures))
    };
    html! {
        tr {
            th { (stage.stage) }
            (cells(&stage.sides, side))
            td {
                @if stage.same { span.mark.good { "same" } } @else { span.mark.ask { "differs" } }
            }
        }
    }
}

fn cells<T>(pair: &Pair<T>, shown: impl Fn(&T) -> String) -> Markup {
    let cell = |side: &Option<T>| side.as_ref().map_or_else(|| "–".to_owned(), &shown);
    html! { td { (cell(&pair.recorded)) } td { (cell(&pair.replayed)) } }
}

fn verdicts(counted: &Verdicts) -> String {
    format!(
        "{} in source, {} unsettled, {} left out",
        counted.supported, counted.unsettled, counted.blocked
    )
}

fn asked(figures: &Figures) -> String {
    let count = |number: u64, one: &str, many: &str| {
        words::count(usize::try_from(number).unwrap_or(usize::MAX), one, many)
    };
    let calls = format!(
        "{}, {}",
        count(figures.model_calls, "model call", "model calls"),
        count(figures.tool_calls, "tool call", "tool calls")
    );
    if figures.from_recording == 0 {
        return calls;
    }
    format!("{calls}, {} from the recording", figures.from_recording)
}

fn used(figures: &Figures) -> String {
    if figures.ms < 1_000 {
        return format!("{}, {} ms", figures.spend_microusd, figures.ms);
    }
    let ms = i64::try_from(figures.ms).unwrap_or(i64::MAX);
    let span = words::span(jiff::SignedDuration::from_millis(ms));
    format!("{}, {span}", figures.spend_microusd)
}

/// A text twice: what is gone is struck in the left column, what is new underlined in the right one.
fn text_sides(text: &TextSides, sides: &Sides) -> Markup {
    html! {
        section.sides {
            h2 { (heading(text)) }
            @if text.same { p.soft { "No word differs." } }
            @else {
                p.soft {
                    (words::count(text.words_removed, "word", "words")) " gone, "
                    (words::count(text.words_added, "word", "words")) " new."
                }
                div.columns {
                    div.column { h3 { "Then: " (sides.run) } div.letter { (column(text, Op::Added)) } }
                    div.column { h3 { "Now: " (sides.replay) } div.letter { (column(text, Op::Removed)) } }
                }
            }
        }
    }
}

const fn heading(text: &TextSides) -> &'static str {
    use copydesk_domain::artifact::ArtifactKind::{
        Custom, Draft, EngagementReport, Issue, Ratings, ResearchBrief, Review,
    };
    match text.kind {
        ResearchBrief => "Stories by rank",
        Draft => "The draft",
        EngagementReport => "Drafted answers",
        Custom => "What the stage made",
        Review | Issue | Ratings => "The issue",
    }
}

/// The text without the pieces of the other column.
fn column(text: &TextSides, others: Op) -> Markup {
    html! {
        @for piece in text.pieces.iter().filter(|piece| piece.op != others) {
            @match piece.op {
                Op::Same => (inert(&piece.text)),
                Op::Removed => del { (inert(&piece.text)) },
                Op::Added => ins { (inert(&piece.text)) },
            }
            " "
        }
    }
}

/// The replays of a run, newest first.
pub(super) fn list(replays: &[RunRecord], of: &RunId) -> Markup {
    html! {
        @if !replays.is_empty() {
            section.aside #replays {
                h2 { "Replays" }
                ul.runs {
                    @for replay in replays {
                        li {
                            a.of href=(run_path(&replay.id)) { (replay.id) " beside " (of) }
                            span.soft { (words::run(replay.state)) }
                            @if let Some(reason) = &replay.reason { span.soft.wide { (reason) } }
                        }
                    }
                }
            }
        }
    }
}
