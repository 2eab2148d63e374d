//! Whether a stage can be started: what it needs, its times, and one that is put off. Pure.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{Decision, Instant, Round, RunState, StageName, StageState};
use copydesk_store::{RunRecord, StageRecord};

use crate::gates::{self, StageGate};
use crate::next::{Next, View, failed, record};

/// Start a stage now, later, or never.
pub(crate) fn start(view: &View<'_>, stage: &StageConfig, round: Round) -> Next {
    let name = stage.stage_name();
    if let Some(missing) = missing_need(view, stage) {
        return Next::Skip(name, round, missing);
    }
    if let Some(at) = put_off_until(view, &name, round) {
        return Next::WakeAt(at);
    }
    if round == Round::FIRST && record(view, &name, round).is_none() {
        if let Some(late) = wall_time(view.run, stage.worth_until).filter(|until| view.now > *until) {
            let text = stage
                .worth_until
                .map(|time| time.strftime("%H:%M").to_string())
                .unwrap_or_default();
            return Next::Skip(name, round, format!("past worth_until {text} ({late})"));
        }
        if let Some(at) = wall_time(view.run, stage.at).filter(|at| view.now < *at) {
            return Next::WakeAt(at);
        }
    }
    Next::Run(name, round)
}

/// What a stage needs and cannot have, in words; none where it can start.
pub(crate) fn missing_need(view: &View<'_>, stage: &StageConfig) -> Option<String> {
    let mut needs = view.pipeline.needs_of(stage).into_iter();
    needs.find_map(|need| Some(format!("it needs {need}, {}", lack(view, &need)?)))
}

/// Why a stage cannot run alone in a run that has nothing yet, in words; none where it can.
pub fn lack_of_new_run(pipeline: &Pipeline, stage: &StageName) -> Option<String> {
    if stage.as_str() == StageName::PUBLISH {
        return Some("its issue is none".to_owned());
    }
    let config = pipeline
        .stages
        .iter()
        .find(|config| config.stage_name() == *stage)?;
    let need = pipeline.needs_of(config).into_iter().next()?;
    Some(format!("it needs {need}, which has no artifact"))
}

/// Why what a stage made cannot be used.
fn lack(view: &View<'_>, need: &StageName) -> Option<&'static str> {
    let rounds = view.stages.iter().filter(|record| record.stage == *need);
    let newest = rounds.max_by_key(|record| record.round);
    if newest.is_none_or(|record| record.state != StageState::Completed) {
        return Some("which has no artifact");
    }
    let mut stages = view.pipeline.stages.iter();
    match gates::gate(view, stages.find(|stage| stage.stage_name() == *need)?) {
        StageGate::Open | StageGate::Decided(Decision::Approved) => None,
        StageGate::Waits => Some("which waits for the author"),
        StageGate::Decided(decision) => Some(gates::refused(decision)),
    }
}

/// A wall time on the slot's local date; none for runs without a slot, which ignore wall times.
fn wall_time(run: &RunRecord, time: Option<jiff::civil::Time>) -> Option<Instant> {
    let slot = run.slot.as_ref().filter(|_| run.is_scheduled)?;
    let zone = jiff::tz::TimeZone::get(&slot.zone).ok()?;
    let date = slot.nominal.timestamp().to_zoned(zone.clone()).date();
    crate::planner::resolve(date.to_datetime(time?), &zone)
}

/// Until when a stage is put off that found what it needs out of reach. A run that a person has had go on, or that moved
/// in the meantime, is not waiting any more: the stage is tried at once.
fn put_off_until(view: &View<'_>, stage: &StageName, round: Round) -> Option<Instant> {
    let is_put_off = record(view, stage, round).is_some_and(|record| record.state == StageState::Waiting);
    let is_waiting = is_put_off && view.run.state == RunState::Waiting;
    view.run.wake_at.filter(|at| is_waiting && *at > view.now)
}

/// Until when a stage that finds what it needs out of reach is tried again by itself: its `worth_until`, else the
/// `max_late` of its pipeline, and no longer than a stage that works from it is worth while. None for a run or a round that
/// a person started, who wants to see what came of it.
pub(crate) fn patience(
    pipeline: &Pipeline,
    run: &RunRecord,
    stage: &StageConfig,
    round: Round,
) -> Option<Instant> {
    let slot = run
        .slot
        .as_ref()
        .filter(|_| run.is_scheduled && round == Round::FIRST)?;
    let latest = || slot.nominal.plus(pipeline.pipeline.max_late);
    let own = wall_time(run, stage.worth_until).unwrap_or_else(latest);
    let behind = pipeline
        .stages
        .iter()
        .filter(|other| pipeline.is_after(other, &|before| before == stage));
    let others = behind.filter_map(|other| wall_time(run, other.worth_until));
    others.chain([own]).min()
}

/// Why a run waits that waits for a time alone: a stage failed before, or is put off.
pub(crate) fn why_it_waits(stages: &[StageRecord]) -> Option<String> {
    let put_off = stages.iter().rfind(|record| record.state == StageState::Waiting);
    let telling = failed(stages).next().or(put_off);
    telling.and_then(|record| record.reason.clone())
}

#[cfg(test)]
mod tests {
    use copydesk_domain::IssueState;
    use copydesk_store::Slot;

    use super::*;
    use crate::any_run::any_run;

    #[test]
    fn a_stage_of_a_slot_is_patient_until_it_is_worth_nothing_any_more() {
        let text = |worth: &str| {
            format!("[pipeline]\nname = \"p\"\nmax_late = \"6h\"\n[[stage]]\nagent = \"research\"\n{worth}\n")
        };
        let run = RunRecord {
            slot: Some(Slot {
                nominal: "2026-11-22T04:00:00Z".parse().unwrap(),
                zone: "Europe/Berlin".to_owned(),
            }),
            ..any_run(RunState::Running, IssueState::None)
        };
        let until = |run: &RunRecord, worth: &str, round| {
            let pipeline: Pipeline = toml::from_str(&text(worth)).unwrap();
            patience(&pipeline, run, &pipeline.stages[0], round).map(|at| at.to_string())
        };
        let first = |worth| until(&run, worth, Round::FIRST).unwrap();
        assert_eq!(first("worth_until = \"11:00\""), "2026-11-22T10:00:00Z");
        assert_eq!(first(""), "2026-11-22T10:00:00Z", "six hours after it was due");
        assert_eq!(first("worth_until = \"08:00\""), "2026-11-22T07:00:00Z");
        let behind = "[[stage]]\nagent = \"draft\"\nworth_until = \"09:00\"";
        assert_eq!(
            first(behind),
            "2026-11-22T08:00:00Z",
            "nothing is made of it later"
        );
        assert_eq!(until(&run, "", Round(2)), None, "a person sent it back");
        let manual = RunRecord {
            is_scheduled: false,
            ..run.clone()
        };
        assert_eq!(until(&manual, "", Round::FIRST), None);
    }
}
