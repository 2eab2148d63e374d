//! `schedule`: what became of past slots, and the next ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use copydesk_config::Pipeline;
use copydesk_domain::{Instant, PipelineName, SlotState};
use copydesk_engine::planner::SlotView;
use copydesk_store::PipelineControl;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::Folder;
use crate::commands::daemon::loaded;
use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::cut;

/// Days shown before now.
const PAST_DAYS: i64 = 14;
/// Slots shown after now, of each pipeline.
const UPCOMING: usize = 7;
/// Characters of a pipeline's name.
const NAME_WIDTH: usize = 16;
/// Characters of a line.
const WIDTH: usize = 100;

/// Past slots with their outcome, and the next ones.
pub async fn execute(folder: &Folder, pipeline: Option<&str>) -> Result<Outcome, Failure> {
    let loaded = loaded(&folder.files)
        .map_err(|error| Failure::new("CD001", USAGE, error, "`copydesk check` names the files"))?;
    let wanted = pipeline.map(PipelineName::new);
    let is_wanted = |name: &PipelineName| wanted.as_ref().is_none_or(|wanted| wanted == name);
    let pipelines: Vec<Pipeline> = loaded
        .releases
        .into_iter()
        .map(|release| release.pipeline)
        .filter(|found| is_wanted(&found.pipeline.name))
        .collect();
    let pipelines: Vec<&Pipeline> = pipelines.iter().collect();
    let now = folder.engine.clock().now();
    let since = now.minus(jiff::SignedDuration::from_hours(24 * PAST_DAYS));
    let slots = folder.engine.schedule_view(&pipelines, since, UPCOMING).await?;
    let mut controls = folder.engine.store().controls().await?;
    controls.retain(|control| is_wanted(&control.pipeline));
    let mut text = table(&slots);
    for (date, name) in left_out(&slots, &controls, now) {
        let _ = writeln!(text, "{}  {name}: left out", date.strftime("%a %e %b %Y"));
    }
    if text.is_empty() {
        text.push_str("no pipeline has a schedule\n");
    }
    Ok(Outcome::new(
        serde_json::to_value(&slots).unwrap_or_default(),
        text,
    ))
}

/// Slots of all pipelines by time, on the clocks of their zones.
fn table(slots: &[SlotView]) -> String {
    let mut slots: Vec<&SlotView> = slots.iter().collect();
    slots.sort_by_key(|slot| slot.nominal);
    let zones: BTreeSet<&str> = slots.iter().map(|slot| slot.zone.as_str()).collect();
    let mut text = String::new();
    if let (Some(zone), 1) = (zones.first(), zones.len()) {
        let _ = writeln!(text, "Times of {zone}");
    }
    let names = slots.iter().map(|slot| slot.pipeline.as_str().chars().count());
    let width = names.max().unwrap_or(0).min(NAME_WIDTH);
    for slot in slots {
        let mut line = format!(
            "{}  {:<width$}",
            local(slot),
            cut(slot.pipeline.as_str(), NAME_WIDTH)
        );
        if zones.len() > 1 {
            let _ = write!(line, "  {}", slot.zone);
        }
        let state = slot.state.map_or("next", SlotState::as_str);
        let run = slot.run.as_ref().map(ToString::to_string);
        let reason = slot.reason.as_deref().map(|reason| on_clock(reason, &slot.zone));
        let why = reason.as_deref().or(slot.dst.as_deref());
        let _ = write!(line, "  {state:<10}");
        for part in [run.as_deref(), why].into_iter().flatten() {
            let is_room = line.chars().count() + 2 + part.chars().count() <= WIDTH;
            line.push_str(if is_room { "  " } else { "\n    " });
            line.push_str(part);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `Sat 28 Nov 05:00`
fn local(slot: &SlotView) -> String {
    on_clock_of(slot.nominal, &slot.zone)
}

fn on_clock_of(at: Instant, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = at.timestamp().to_zoned(zone);
    at.strftime("%a %e %b %H:%M").to_string()
}

/// A reason with its instants on the clocks of a zone, as the times around it are.
fn on_clock(reason: &str, zone: &str) -> String {
    let words = reason.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        match bare.parse::<Instant>() {
            Ok(at) if bare.ends_with('Z') => word.replace(bare, &on_clock_of(at, zone)),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Dates to come that the author leaves out and that no slot above stands for.
fn left_out<'a>(
    slots: &[SlotView],
    controls: &'a [PipelineControl],
    now: Instant,
) -> Vec<(Date, &'a PipelineName)> {
    let date_of = |slot: &SlotView| {
        let zone = TimeZone::get(&slot.zone).unwrap_or(TimeZone::UTC);
        slot.nominal.timestamp().to_zoned(zone).date()
    };
    let mut dates = Vec::new();
    for control in controls {
        let own = || slots.iter().filter(|slot| slot.pipeline == control.pipeline);
        let ahead = control.skipped.iter().filter(|date| **date >= now.date());
        let unseen = ahead.filter(|date| !own().any(|slot| date_of(slot) == **date));
        dates.extend(unseen.map(|date| (*date, &control.pipeline)));
    }
    dates.sort();
    dates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(pipeline: &str, at: &str, state: Option<SlotState>) -> SlotView {
        SlotView {
            pipeline: PipelineName::new(pipeline),
            nominal: at.parse().unwrap(),
            zone: "Europe/Berlin".to_owned(),
            local: String::new(),
            state,
            reason: None,
            run: None,
            dst: None,
        }
    }

    #[test]
    fn slots_of_all_pipelines_stand_by_time() {
        let slots = [
            slot("daily", "2026-11-28T04:00:00Z", None),
            slot("daily", "2026-11-29T04:00:00Z", None),
            slot("weekly", "2026-11-28T05:00:00Z", None),
        ];
        let wanted = "Times of Europe/Berlin\n\
                      Sat 28 Nov 05:00  daily   next\n\
                      Sat 28 Nov 06:00  weekly  next\n\
                      Sun 29 Nov 05:00  daily   next\n";
        assert_eq!(table(&slots), wanted);
    }

    #[test]
    fn a_reason_tells_times_as_the_table_does() {
        let reason = on_clock("folded into 2026-11-28T04:00:00Z, which ran", "Europe/Berlin");
        assert_eq!(reason, "folded into Sat 28 Nov 05:00, which ran");
        assert_eq!(
            on_clock("7 h late; catch_up is none", "UTC"),
            "7 h late; catch_up is none"
        );
    }

    #[test]
    fn a_long_reason_goes_to_the_next_line() {
        let mut late = slot("daily", "2026-11-28T04:00:00Z", Some(SlotState::Pending));
        late.reason = Some("x".repeat(90));
        let text = table(&[late]);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn dates_that_lie_ahead_are_shown_once() {
        let slots = [slot("daily", "2026-11-28T04:00:00Z", None)];
        let date = |text: &str| text.parse::<Date>().unwrap();
        let control = PipelineControl {
            pipeline: PipelineName::new("daily"),
            paused_at: None,
            skipped: vec![date("2026-11-01"), date("2026-11-28"), date("2026-12-24")],
            since: None,
            schedule: None,
        };
        let now = "2026-11-27T08:00:00Z".parse().unwrap();
        let name = PipelineName::new("daily");
        assert_eq!(left_out(&slots, &[control], now), [(date("2026-12-24"), &name)]);
    }
}
