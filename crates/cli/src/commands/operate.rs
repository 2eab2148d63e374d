//! `note`, `cancel`, `retry`, `pause`, `resume`, `skip`, `schedule`.

use copydesk_config::PipelineSettings;
use copydesk_domain::{
    ChannelName, Instant, IssueState, MicroUsd, ModelName, PipelineName, RunId, RunState, StageName,
    StageState, WaitingFor,
};
use copydesk_engine::planner::Rule;
use copydesk_engine::view::{RunView, StageView};
use copydesk_engine::{GoOn, Scope};
use copydesk_store::{Command as Write, OutboxRecord, OutboxState, Sighting, StoreError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::app::{Folder, pipelines_there_are};
use crate::exit::{FAILED, Failure, USAGE};
use crate::outcome::Outcome;

/// A stage stops within two seconds; what takes longer goes on without us.
const STOP_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// A slot may wait for so long behind an older run; no date before that has one to leave out.
const WAITS_DAYS: i64 = 7;

/// Stores a note of the author, as a file below `notes/` that the next run reads.
pub fn note(folder: &Folder, text: &str) -> Result<Outcome, Failure> {
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "the note is empty",
            "write what you saw: copydesk note \"…\"",
        ));
    }
    let now = folder.engine.clock().now();
    let path = copydesk_config::notes::add(&folder.dir.join("notes"), text, now)
        .map_err(|error| Failure::io("notes", &error))?;
    let path = path.display().to_string();
    Ok(Outcome::new(
        json!({ "file": path }),
        format!("noted in {path}; the next run reads it\n"),
    ))
}

/// Stops a run.
pub async fn cancel(folder: &Folder, run: &str) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let at = folder.engine.clock().now();
    let store = folder.engine.store();
    let known = store.run(&id).await?;
    if let Some(known) = known.as_ref().filter(|run| run.state.is_final()) {
        return Err(Failure::new(
            "CD009",
            FAILED,
            format!("{id} is {} already", known.state),
            format!("`copydesk show {id}` shows how it ended"),
        ));
    }
    store.apply(Write::RequestCancel { run: id.clone(), at }).await?;
    // Whoever works on it in this process stops; a worker that died left it to us.
    let ended = tokio::time::timeout(STOP_MAX, folder.engine.advance(&id, &Scope::default())).await;
    let text = match ended {
        Ok(ended) => {
            ended?;
            format!("{id} is cancelled\n")
        }
        Err(_) => format!("{id} is being cancelled; `copydesk show {id}` shows when it has ended\n"),
    };
    let was_approved = known.is_some_and(|run| run.issue == IssueState::Approved);
    let is_taken_back = was_approved
        && store
            .run(&id)
            .await?
            .is_some_and(|run| run.issue == IssueState::Reviewed);
    let data = json!({ "run": id, "cancelled": true, "approval_recalled": is_taken_back });
    let outcome = Outcome::new(data, text);
    Ok(if is_taken_back {
        outcome.with_talk(format!(
            "your approval is taken back, and nothing goes out; after a copydesk retry {id} the issue waits for you again"
        ))
    } else {
        outcome
    })
}

/// Lets a waiting or failed run go on.
pub async fn retry(
    folder: &Folder,
    run: &str,
    budget: Option<String>,
    route: Option<String>,
    embedded: bool,
) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let extra = match budget {
        Some(text) => text
            .trim_start_matches('+')
            .parse::<MicroUsd>()
            .map_err(|error| Failure::usage(error.to_string(), "write it as --budget '+$1', with the quotes"))
            .and_then(more_than_nothing)?,
        None => MicroUsd::ZERO,
    };
    let models = match &route {
        Some(text) => Some(named_route(folder, &id, text).await?),
        None => None,
    };
    let chosen = GoOn {
        extra,
        route: models.clone(),
        embedded,
    };
    let is_plain = chosen == GoOn::default();
    if is_plain {
        if folder.engine.ask_sources_again(&id).await? {
            return sources_asked_again(folder, &id).await;
        }
        require_something_to_try(folder, &id).await?;
    }
    folder.engine.go_on(&id, chosen).await?;
    let view = folder.engine.view(&id).await?;
    if is_plain && let Some(stage) = left_failed(view.state, &view.stages) {
        return Err(Failure::new(
            "CD009",
            FAILED,
            format!("{id} is at work, and what its stage `{stage}` failed by cannot be opened meanwhile"),
            format!("retry it once it rests; `copydesk logs {id} -f` follows it"),
        ));
    }
    let data = json!({
        "run": id, "state": view.state, "budget_extra_microusd": extra, "route": models, "embedded": embedded,
    });
    let text = match view.state {
        RunState::Queued => format!(
            "{id} goes on with the next `copydesk run {}`, or by the daemon\n",
            view.pipeline
        ),
        RunState::Running if is_plain => {
            format!("{id} is at work; an endpoint that it leaves alone is asked again at once\n")
        }
        RunState::Running => format!("{id} is at work; what was granted counts from now on\n"),
        _ => {
            let waits = if view.waiting_for.is_empty() {
                format!("waits for its time; `copydesk show {id}` says what comes")
            } else {
                "waits for you; `copydesk waiting` says for what".to_owned()
            };
            let kept = granted(extra, models.as_deref(), embedded);
            format!("nothing to try again: {id} {waits}{kept}\n")
        }
    };
    Ok(Outcome::new(data, text))
}

/// A day on which nothing could be read is read again.
async fn sources_asked_again(folder: &Folder, id: &RunId) -> Result<Outcome, Failure> {
    let view = folder.engine.view(id).await?;
    let data = json!({ "run": id, "state": view.state, "sources": "asked_again" });
    let text = format!(
        "{id} could read no source; they are asked again with the next `copydesk run {}`, or by the daemon\n",
        view.pipeline
    );
    Ok(Outcome::new(data, text))
}

fn more_than_nothing(extra: MicroUsd) -> Result<MicroUsd, Failure> {
    if extra > MicroUsd::ZERO {
        return Ok(extra);
    }
    Err(Failure::usage(
        "a grant of nothing changes nothing",
        "say how much more: --budget '+$1'",
    ))
}

/// That a plain retry of a run has something to try again: it would change nothing else, and seem to have done so.
async fn require_something_to_try(folder: &Folder, id: &RunId) -> Result<(), Failure> {
    let view = folder.engine.view(id).await?;
    let outbox = folder.engine.payloads_out(id).await?;
    if has_something_to_try(&view, &outbox) {
        return Ok(());
    }
    let hint = match view.state {
        RunState::Running => format!("it is at work; `copydesk logs {id} -f` follows it"),
        _ if !view.waiting_for.is_empty() => "it waits for you; `copydesk waiting` says for what".to_owned(),
        RunState::Queued => format!(
            "`copydesk run {}` goes on with it, or the daemon does",
            view.pipeline
        ),
        _ => format!("it waits for its time; `copydesk show {id}` says what comes"),
    };
    let text = format!("nothing of {id} failed or waits for an operator, so there is nothing to try again");
    Err(Failure::new("CD009", FAILED, text, hint))
}

/// Whether a stage, a payload of the issue or the run itself failed, or waits for an operator. Of a run that has ended,
/// and of a replay, the store says itself why it is not tried again. Pure.
fn has_something_to_try(view: &RunView, outbox: &[OutboxRecord]) -> bool {
    let is_open = matches!(
        view.state,
        RunState::Queued | RunState::Running | RunState::Waiting
    );
    let is_of_author = |what: &WaitingFor| matches!(what, WaitingFor::Approval | WaitingFor::Answers);
    let is_stuck = |state: StageState| {
        matches!(
            state,
            StageState::Failed | StageState::Cancelled | StageState::Waiting
        )
    };
    let is_doubtful = |state: OutboxState| {
        matches!(
            state,
            OutboxState::Unknown | OutboxState::Refused | OutboxState::Absent
        )
    };
    !is_open
        // A call may wait for a model that is left alone: a retry has it asked at once.
        || view.state == RunState::Running
        || view.parent.is_some()
        || view.waiting_for.iter().any(|what| !is_of_author(what))
        || view.stages.iter().any(|stage| is_stuck(stage.state))
        || outbox.iter().any(|row| is_doubtful(row.state))
}

/// The failed stage of a run at work: what a worker holds is not opened again. Pure.
fn left_failed(run: RunState, stages: &[StageView]) -> Option<&StageName> {
    let has_failed = |stage: &&StageView| matches!(stage.state, StageState::Failed | StageState::Cancelled);
    let is_at_work = run == RunState::Running;
    stages
        .iter()
        .find(|stage| is_at_work && has_failed(stage))
        .map(|stage| &stage.stage)
}

/// What was granted to a run that has nothing to try again, in words.
fn granted(extra: MicroUsd, route: Option<&[ModelName]>, embedded: bool) -> String {
    let mut all = Vec::new();
    if extra != MicroUsd::ZERO {
        all.push(format!("+{extra}"));
    }
    if let Some(models) = route {
        let names: Vec<&str> = models.iter().map(ModelName::as_str).collect();
        all.push(format!("the models {}", names.join(", ")));
    }
    if embedded {
        all.push("the embedded model alone".to_owned());
    }
    if all.is_empty() {
        return String::new();
    }
    format!("\nkept for what it does next: {}", all.join("; "))
}

/// The models that a person named for a run, as its release knows them.
async fn named_route(folder: &Folder, run: &RunId, text: &str) -> Result<Vec<ModelName>, Failure> {
    let known = folder.engine.store().run(run).await?;
    let known = known.ok_or_else(|| StoreError::RunUnknown { run: run.clone() })?;
    let release = folder.engine.release(&known).await?;
    copydesk_config::chosen(&release.config, text).map_err(|error| {
        let hint = "name models of config.toml with commas between them, or a key of [routes]; a run keeps the \
                    config.toml that it was started with, and `copydesk models` lists that of now";
        Failure::new("CD015", USAGE, error.to_string(), hint)
    })
}

/// Settles a payload whose channel cannot tell by what the author saw there.
pub async fn settle_unknown(
    folder: &Folder,
    run: &str,
    channel: String,
    sighting: Sighting,
    reason: String,
) -> Result<Outcome, Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::usage(
            "the reason is empty",
            "say how you know: --reason \"it stands on the first page\"",
        ));
    }
    let (id, name) = (RunId::new(run), ChannelName::new(channel));
    folder
        .engine
        .settle_unknown(&id, &name, sighting, reason.trim().to_owned())
        .await?;
    let is_delivered = sighting == Sighting::There;
    let data = json!({ "run": id, "channel": name, "delivered": is_delivered, "reason": reason.trim() });
    let text = match sighting {
        Sighting::There => {
            format!("{name} has it, by your word; {id} goes on with the daemon or the next run\n")
        }
        Sighting::Absent => {
            format!(
                "{name} does not have it, by your word; {id} hands it over again, by the daemon or the next run\n"
            )
        }
    };
    Ok(Outcome::new(data, text))
}

/// Pauses or resumes a pipeline.
pub async fn pause(folder: &Folder, pipeline: &str, is_paused: bool) -> Result<Outcome, Failure> {
    let name = known(folder, pipeline)?.name;
    let paused_at = is_paused.then(|| folder.engine.clock().now());
    folder
        .engine
        .store()
        .apply(Write::SetPaused {
            pipeline: name,
            paused_at,
        })
        .await?;
    let word = if is_paused { "paused" } else { "resumed" };
    Ok(Outcome::new(
        json!({ "pipeline": pipeline, "paused": is_paused }),
        format!("{pipeline} is {word}\n"),
    ))
}

fn date_of(date: &str) -> Result<Date, Failure> {
    let parsed = date.parse::<Date>();
    parsed.map_err(|_| Failure::usage(format!("`{date}` is no date"), "write 2026-12-24"))
}

/// Takes back that a date is left out. A slot of it that was skipped already stays skipped.
pub async fn skip_no_more(folder: &Folder, pipeline: &str, date: &str) -> Result<Outcome, Failure> {
    let name = known(folder, pipeline)?.name;
    let date = date_of(date)?;
    let controls = folder.engine.store().controls().await?;
    let control = controls.iter().find(|control| control.pipeline == name);
    if !control.is_some_and(|control| control.skipped.contains(&date)) {
        return Err(Failure::usage(
            format!("{pipeline} does not leave out {date}"),
            format!("`copydesk schedule {pipeline}` shows the dates that it leaves out"),
        ));
    }
    let command = Write::KeepDate { pipeline: name, date };
    folder.engine.store().apply(command).await?;
    Ok(Outcome::new(
        json!({ "pipeline": pipeline, "date": date, "skipped": false }),
        format!("{pipeline} no longer leaves out {date}\n"),
    ))
}

/// Leaves out one date.
pub async fn skip(folder: &Folder, pipeline: &str, date: &str) -> Result<Outcome, Failure> {
    let settings = known(folder, pipeline)?;
    let date = date_of(date)?;
    let cron = settings.schedule.as_deref();
    let rule = cron.and_then(|cron| Rule::parse(cron, &settings.time_zone).ok());
    let today = today(rule.as_ref(), folder.engine.clock().now());
    if date.saturating_add(jiff::Span::new().days(WAITS_DAYS)) < today {
        return Err(Failure::usage(
            format!("{date} is over"),
            format!("name a date from {today} on; `copydesk schedule {pipeline}` lists the next ones"),
        ));
    }
    folder
        .engine
        .store()
        .apply(Write::SkipDate {
            pipeline: settings.name,
            date,
        })
        .await?;
    let outcome = Outcome::new(
        json!({ "pipeline": pipeline, "date": date, "skipped": true }),
        format!("{pipeline} leaves out {date}; `copydesk skip {pipeline} {date} --undo` takes that back\n"),
    );
    Ok(match no_slot(rule.as_ref(), date) {
        _ if date < today => outcome.with_talk("that day is over; a slot of it that waits yet is left out"),
        Some(why) => outcome.with_talk(format!("{pipeline} {why}")),
        None => outcome,
    })
}

/// The date in the zone of a schedule.
fn today(rule: Option<&Rule>, now: Instant) -> Date {
    let zone = rule.map_or(TimeZone::UTC, |rule| rule.zone().clone());
    now.timestamp().to_zoned(zone).date()
}

/// That a schedule has no slot on a date, and the next that it has; none where there is one to leave out.
fn no_slot(rule: Option<&Rule>, date: Date) -> Option<String> {
    let Some(rule) = rule else {
        return Some("has no schedule, so that there was nothing to leave out".to_owned());
    };
    let before = date
        .yesterday()
        .ok()?
        .at(12, 0, 0, 0)
        .to_zoned(rule.zone().clone())
        .ok()?;
    let before = Instant::from_micros(before.timestamp().as_microsecond());
    let next = rule
        .after(before)
        .map(|due| due.wall.date())
        .find(|due| *due >= date)?;
    (next != date).then(|| format!("has no slot on {date} as it is; the next one after it is on {next}"))
}

/// Past slots with their outcome, and the next ones.
pub async fn schedule(folder: &Folder, pipeline: Option<&str>) -> Result<Outcome, Failure> {
    if let Some(pipeline) = pipeline {
        known(folder, pipeline)?;
    }
    super::schedule::execute(folder, pipeline).await
}

/// The settings of a pipeline that the folder has now; those of the start, while the files have errors.
fn known(folder: &Folder, pipeline: &str) -> Result<PipelineSettings, Failure> {
    let workspace = folder
        .files
        .load()
        .unwrap_or_else(|_| std::sync::Arc::clone(&folder.workspace));
    if let Some(found) = workspace.pipelines.get(&PipelineName::new(pipeline)) {
        return Ok(found.pipeline.clone());
    }
    Err(Failure::new(
        "CD008",
        USAGE,
        format!("there is no pipeline `{pipeline}`"),
        pipelines_there_are(&workspace),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_a_slot_is_told_with_the_next_one() {
        let rule = Rule::parse("0 5 * * 6", "Europe/Berlin").unwrap();
        let date = jiff::civil::date;
        assert_eq!(no_slot(Some(&rule), date(2026, 11, 28)), None);
        let why = no_slot(Some(&rule), date(2026, 12, 1)).unwrap();
        assert!(why.ends_with("the next one after it is on 2026-12-05"), "{why}");
        assert!(no_slot(None, date(2026, 12, 1)).unwrap().contains("no schedule"));
        // At half past eleven in the evening of London it is tomorrow in Berlin.
        let now = "2026-11-27T23:30:00Z".parse().unwrap();
        assert_eq!(today(Some(&rule), now), date(2026, 11, 28));
    }

    #[test]
    fn what_a_run_at_work_failed_by_is_not_opened_and_that_is_said() {
        let stage = |name: &str, state| StageView {
            stage: StageName::new(name),
            state,
            round: copydesk_domain::Round::FIRST,
            attempts: 1,
            started_at: None,
            finished_at: None,
            artifacts: Vec::new(),
            reason: None,
        };
        let stages = [
            stage("research", StageState::Completed),
            stage("draft", StageState::Failed),
            stage("engagement", StageState::Running),
        ];
        let named = left_failed(RunState::Running, &stages).map(StageName::as_str);
        assert_eq!(named, Some("draft"));
        assert_eq!(
            left_failed(RunState::Queued, &stages),
            None,
            "a retry has opened it"
        );
        assert_eq!(left_failed(RunState::Running, &stages[2..]), None);
    }

    #[test]
    fn what_is_kept_of_a_retry_that_has_nothing_to_try_is_named() {
        assert_eq!(granted(MicroUsd::ZERO, None, false), "");
        let models = [ModelName::new("a"), ModelName::new("b")];
        let kept = granted(MicroUsd(1_000_000), Some(&models), true);
        assert!(
            kept.ends_with("; the models a, b; the embedded model alone"),
            "{kept}"
        );
    }
}
