//! `run`: a pipeline until it is done or wants the author.

use copydesk_domain::{Instant, PipelineName, RunId, RunState, StageName, WaitingFor};
use copydesk_engine::view::RunView;
use copydesk_engine::{Advanced, EngineError, Scope, StartParams, next};

use crate::app::Folder;
use crate::args::RunArgs;
use crate::commands::show;
use crate::exit::{FAILED, FINE, Failure, WAITS};
use crate::outcome::Outcome;
use crate::words;

/// Runs that are looked through for one to go on with.
const RUNS_LOOKED_AT: u32 = 50;

/// Starts or goes on with a manual run.
pub async fn execute(folder: &Folder, args: RunArgs) -> Result<Outcome, Failure> {
    let now = args.now.as_deref().map(parse_time).transpose()?;
    let release = folder.release(&args.pipeline)?;
    let scope = Scope {
        until: args.until.map(StageName::new),
        only: args.only.map(StageName::new),
    };
    for stage in scope.until.iter().chain(&scope.only) {
        known_stage(&release, stage)?;
    }
    let unfinished =
        newest_unfinished(folder, &PipelineName::new(args.pipeline.clone()), now, args.new).await?;
    let (run, talk) = if let Some(run) = unfinished {
        (run.clone(), vec![format!("going on with {run}")])
    } else {
        // Before the run is made: one that cannot do what it was made for would be worked through whole by the daemon.
        if let Some(only) = &scope.only {
            require_startable_alone(&release, only)?;
        }
        let notes = copydesk_config::notes::read(&folder.dir.join("notes"));
        let params = StartParams {
            release,
            slot: None,
            fixed_now: now,
            notes: notes.notes,
        };
        let run = folder.engine.start(params).await?;
        let mut talk: Vec<String> = notes.skipped.iter().map(ToString::to_string).collect();
        talk.push(format!("run {run}"));
        (run, talk)
    };
    let advanced = folder.engine.advance(&run, &scope).await;
    let advanced = advanced.map_err(|error| named_unready(error, &run))?;
    let view = folder.engine.view(&run).await?;
    let mut outcome = finish(folder, &view, &advanced).await?;
    outcome.talk.extend(talk);
    Ok(outcome)
}

/// A run as the outcome of `run` and `try`, with its exit code.
pub async fn finish(folder: &Folder, view: &RunView, advanced: &Advanced) -> Result<Outcome, Failure> {
    let is_cut_off = *advanced == Advanced::Interrupted;
    let exit = if !view.waiting_for.is_empty() {
        WAITS
    } else if view.state == RunState::Failed || is_cut_off {
        FAILED
    } else {
        FINE
    };
    let text = show::text_of(folder, view).await?;
    let mut outcome = Outcome::new(serde_json::to_value(view).unwrap_or_default(), text).with_exit(exit);
    let id = &view.run;
    if is_cut_off {
        outcome = outcome.with_talk(format!(
            "stopped before it was done; `copydesk run {}` goes on with {id}",
            view.pipeline
        ));
    }
    let choices = folder.engine.choices(id).await?;
    for what in &view.waiting_for {
        if let Some(choices) = choices
            .as_ref()
            .filter(|_| matches!(what, WaitingFor::Budget | WaitingFor::Model))
        {
            let first = match what {
                WaitingFor::Budget => "waits for more budget. How it goes on:",
                _ => "waits for its model. How it goes on:",
            };
            outcome = outcome.with_talk(first);
            for command in choices.commands(id) {
                outcome = outcome.with_talk(format!("  {command}"));
            }
            continue;
        }
        outcome = outcome.with_talk(match what {
            WaitingFor::Approval => format!("waits for you: copydesk approve {id}, send-back or reject"),
            WaitingFor::Budget => {
                format!("waits: copydesk retry {id} --budget '+$1', or --embedded, or cancel")
            }
            WaitingFor::Model => {
                format!("waits for its model: mend it, then copydesk retry {id}, or --embedded")
            }
            WaitingFor::ToolTrust => match untrusted_tool(view.reason.as_deref()) {
                Some(tool) => {
                    format!("waits: copydesk tools, then copydesk tools trust {tool}, then copydesk retry {id}")
                }
                None => {
                    format!("waits: copydesk tools, then copydesk tools trust SERVER/TOOL, then copydesk retry {id}")
                }
            },
            WaitingFor::PublishUnknown => {
                format!(
                    "waits: a channel cannot tell whether it took the issue; copydesk show {id} names it. Look there, \
                     then copydesk retry {id} --delivered CHANNEL --reason \"…\", or --not-delivered CHANNEL; a plain \
                     copydesk retry {id} has the channel asked again"
                )
            }
            WaitingFor::Answers => {
                format!("drafted answers wait: copydesk waiting, then copydesk approve {id} --answer ID")
            }
        });
    }
    if let Advanced::WakeAt(at) = advanced {
        outcome = outcome.with_talk(format!(
            "goes on at {}: the daemon does it, or copydesk approve {id} --wait",
            words::coming(*at, folder.engine.clock().now())
        ));
    }
    Ok(outcome)
}

/// The tool that a run waits for, which its reason names first.
fn untrusted_tool(reason: Option<&str>) -> Option<&str> {
    let tool = reason?.split('`').nth(1)?;
    let is_tool = tool.contains('/') && !tool.contains(char::is_whitespace);
    is_tool.then_some(tool)
}

/// The run to go on with: the newest unfinished manual one, of this very `--now` where one is given.
async fn newest_unfinished(
    folder: &Folder,
    pipeline: &PipelineName,
    now: Option<Instant>,
    is_new: bool,
) -> Result<Option<RunId>, Failure> {
    if is_new {
        return Ok(None);
    }
    let runs = folder.engine.store().own_runs(pipeline, RUNS_LOOKED_AT).await?;
    let found = runs
        .into_iter()
        .find(|run| !run.is_scheduled && !run.state.is_final() && (now.is_none() || run.fixed_now == now));
    Ok(found.map(|run| run.id))
}

fn known_stage(release: &copydesk_config::Release, stage: &StageName) -> Result<(), Failure> {
    let mut names: Vec<String> = release
        .pipeline
        .stages
        .iter()
        .map(|config| config.stage_name().to_string())
        .collect();
    names.push(StageName::PUBLISH.to_owned());
    if names.iter().any(|name| name == stage.as_str()) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("there is no stage `{stage}`"),
        format!("the stages are: {}", names.join(", ")),
    ))
}

/// That a new run could begin with this stage.
fn require_startable_alone(release: &copydesk_config::Release, only: &StageName) -> Result<(), Failure> {
    let Some(reason) = next::lack_of_new_run(&release.pipeline, only) else {
        return Ok(());
    };
    let pipeline = &release.pipeline.pipeline.name;
    let unready = EngineError::StageUnready {
        stage: only.to_string(),
        reason,
    };
    let mut stages = release.pipeline.stages.iter();
    let config = stages.find(|stage| stage.stage_name() == *only);
    let need = config.and_then(|stage| release.pipeline.needs_of(stage).into_iter().next());
    let hint = match need {
        Some(need) => format!(
            "a new run has nothing yet, so none was made: `copydesk run {pipeline} --until {need}`, then --only {only}"
        ),
        None => format!(
            "a new run has nothing yet, so none was made: `copydesk run {pipeline}` goes to where you approve it"
        ),
    };
    Err(Failure {
        hint,
        ..Failure::from(unready)
    })
}

/// A refusal to run a stage alone names the run that it is about.
fn named_unready(error: EngineError, run: &RunId) -> Failure {
    let is_unready = matches!(error, EngineError::StageUnready { .. });
    let failure = Failure::from(error);
    if is_unready {
        let hint = format!("`copydesk show {run}` shows its stages");
        return Failure { hint, ..failure };
    }
    failure
}

/// An instant of the command line.
pub fn parse_time(text: &str) -> Result<Instant, Failure> {
    text.parse().map_err(|error: copydesk_domain::InstantError| {
        Failure::usage(error.to_string(), "write RFC 3339, such as 2026-08-20T23:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use copydesk_journal::ToolError;

    use super::*;

    #[test]
    fn the_tool_that_a_run_waits_for_is_read_from_its_reason() {
        let error = ToolError::NotTrusted {
            tool: "notes/read".to_owned(),
        };
        assert_eq!(untrusted_tool(Some(&error.to_string())), Some("notes/read"));
        assert_eq!(untrusted_tool(Some("the model `near` did not answer")), None);
        assert_eq!(untrusted_tool(None), None);
    }
}
