//! `replay`: a past run once more, from its records or anew from one of its stages.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use copydesk_config::{Release, prompts};
use copydesk_domain::{ModelName, RunId, RunState, StageName};
use copydesk_engine::EngineError;
use copydesk_engine::replay::{
    Anew, Change, ChangeError, Made, ModelChoice, PromptChange, ReplayError, Unreached, World, changed,
    re_execute, unreached,
};
use copydesk_guard::CHECKER_VERSION;
use copydesk_journal::Library;
use copydesk_net::SystemClock;
use copydesk_store_memory::MemoryStore;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::replay_text;
use crate::app::{Folder, stages};
use crate::args::ReplayArgs;
use crate::exit::{FAILED, Failure, USAGE};
use crate::outcome::Outcome;
use crate::progress::TerminalProgress;

/// Replays a run of the folder.
pub async fn execute(folder: &Folder, args: ReplayArgs) -> Result<Outcome, Failure> {
    let name = args.run.clone().unwrap_or_default();
    let run = RunId::new(name.as_str());
    let is_changed = args.model.is_some() || args.route.is_some() || args.prompt.is_some();
    if args.from.is_none() && !is_changed {
        return again(folder, &run).await;
    }
    let record = folder.engine.store().run(&run).await?;
    let record = record.ok_or_else(|| copydesk_store::StoreError::RunUnknown { run: run.clone() })?;
    let release = folder.engine.release(&record).await?;
    let from = match &args.from {
        Some(stage) => StageName::new(stage.as_str()),
        None => first_stage(&release)?,
    };
    let change = change(folder, &release, &args)?;
    if let Some(unreached) = unreached(&release.pipeline, &change, &from) {
        return Err(unreached_failure(&unreached));
    }
    let release = changed(&release, &change, &folder.workspace.config.models)
        .map_err(|error| change_failure(&error))?;
    let anew = Anew {
        run: run.clone(),
        from,
        release,
        choice: change.model,
    };
    let kept = folder.replayer.anew(anew).await;
    let kept = kept.map_err(|error| replay_failure(&name, error))?;
    let view = folder.engine.view(&kept).await?;
    let sides = folder.engine.sides(&kept).await?;
    let sides = sides.ok_or_else(|| Failure::bug(format!("the replay {kept} has no parent")))?;
    let text = replay_text::sides(&view, &sides);
    let mut data = serde_json::to_value(&view).unwrap_or_default();
    add(&mut data, "sides", json!(sides));
    let exit = if view.state == RunState::Completed {
        0
    } else {
        FAILED
    };
    Ok(Outcome::new(data, text).with_exit(exit))
}

fn first_stage(release: &Release) -> Result<StageName, Failure> {
    let first = release.pipeline.stages.first();
    let none = || {
        Failure::usage(
            "the run's pipeline has no stage",
            "`copydesk show RUN` shows its stages",
        )
    };
    first
        .map(copydesk_config::StageConfig::stage_name)
        .ok_or_else(none)
}

/// From its records alone.
async fn again(folder: &Folder, run: &RunId) -> Result<Outcome, Failure> {
    let again = folder.replayer.again(run, Arc::new(MemoryStore::new())).await;
    let again = again.map_err(|error| replay_failure(run.as_str(), error))?;
    let view = folder.engine.view(&again.run).await?;
    let mut data = serde_json::to_value(&view).unwrap_or_default();
    add_made(&mut data, &again.made, &again.recorded_by);
    let mut text = replay_text::made(run, &again.made, &again.recorded_by);
    let _ = writeln!(text, "kept as {}", again.run);
    Ok(Outcome::new(data, text).with_exit(exit_of(&again.made)))
}

/// A recording in a file, without any folder.
pub async fn from_file(file: &Path, is_json: bool) -> Result<Outcome, Failure> {
    let (recording, library) = crate::recording::read(file)?;
    if !recording.has_executed() {
        let text = format!(
            "{}: no stage ended in this recording, so there is nothing to replay",
            file.display()
        );
        let hint = "ask whoever made it for one of a run that has come further";
        return Err(Failure::new("CD024", FAILED, text, hint));
    }
    let library: Arc<dyn Library> = Arc::new(library);
    let world = World {
        library: Arc::clone(&library),
        scratch: Arc::new(MemoryStore::new()),
        stages: stages(),
        clock: Arc::new(SystemClock),
        progress: Arc::new(TerminalProgress::new(!is_json)),
        shutdown: watch::channel(false).1,
    };
    let remade = re_execute(&recording, &world).await?;
    let made = Made::of(&recording, remade, library.as_ref()).await?;
    let recorded_by = (
        recording.release.version.clone(),
        recording.release.checker.clone(),
    );
    let run = &recording.run;
    let mut data = json!({
        "run": run.run,
        "pipeline": run.pipeline,
        "recording": file.display().to_string(),
        "stages": made.remade.iter().map(stage_of).collect::<Vec<_>>(),
        "spend_microusd": 0,
        "model_calls": 0,
        "tool_calls": 0,
    });
    add_made(&mut data, &made, &recorded_by);
    let text = replay_text::made(&run.run, &made, &recorded_by);
    Ok(Outcome::new(data, text).with_exit(exit_of(&made)))
}

fn stage_of(again: &copydesk_engine::replay::Remade) -> Value {
    let made = again.made.as_ref();
    let artifacts = made.map(|output| {
        let artifacts = output.artifacts.iter();
        artifacts
            .map(|artifact| json!({ "kind": artifact.kind, "hash": artifact.hash }))
            .collect::<Vec<_>>()
    });
    json!({
        "stage": again.stage,
        "round": again.round,
        "state": if again.made.is_ok() { "completed" } else { "failed" },
        "artifacts": artifacts.unwrap_or_default(),
        "reason": made.err(),
    })
}

fn exit_of(made: &Made) -> u8 {
    if made.is_same() { 0 } else { FAILED }
}

fn add_made(data: &mut Value, made: &Made, recorded_by: &(String, String)) {
    add(data, "same", json!(made.is_same()));
    add(data, "difference", json!(made.difference));
    add(data, "compared", json!(made.compared));
    add(
        data,
        "recorded_by",
        json!({ "copydesk": recorded_by.0, "checks": recorded_by.1 }),
    );
    add(
        data,
        "replayed_by",
        json!({ "copydesk": env!("CARGO_PKG_VERSION"), "checks": CHECKER_VERSION }),
    );
}

fn add(data: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = data {
        fields.insert(field.to_owned(), value);
    }
}

/// What the command line changes.
fn change(folder: &Folder, release: &Release, args: &ReplayArgs) -> Result<Change, Failure> {
    let routes = &folder.workspace.config.routes;
    let model = match (&args.model, &args.route) {
        (Some(model), _) => Some(ModelChoice {
            task: None,
            models: vec![ModelName::new(model.as_str())],
        }),
        (None, Some(words)) => {
            Some(ModelChoice::parse(words, release, routes).map_err(|error| change_failure(&error))?)
        }
        (None, None) => None,
    };
    let prompt = match &args.prompt {
        Some(file) => Some(prompt(release, file)?),
        None => None,
    };
    Ok(Change { model, prompt })
}

fn prompt(release: &Release, file: &Path) -> Result<PromptChange, Failure> {
    let place = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::input(
            &place,
            &error,
            "name a prompt file, such as a changed copy of prompts/draft/write_section.md",
        )
    })?;
    let path = prompts::replaces(release, &place, &text)?;
    Ok(PromptChange { path, text })
}

fn change_failure(error: &ChangeError) -> Failure {
    let text = error.to_string();
    match error {
        ChangeError::ModelUnknown { .. } => Failure::new(
            "CD015",
            USAGE,
            text,
            "name one of them, or write the model under [models] of config.toml; `copydesk models` lists them",
        ),
        ChangeError::Pinned { .. } => {
            Failure::usage(text, "choose a model that is local_only, or `embedded`")
        }
        ChangeError::TaskUnknown { .. } | ChangeError::Empty => Failure::usage(
            text,
            "write a route's name, models with commas between, or `TASK=model,model`",
        ),
    }
}

fn unreached_failure(unreached: &Unreached) -> Failure {
    let by: Vec<String> = unreached
        .by
        .iter()
        .map(|stage| format!("`--from {stage}`"))
        .collect();
    let hint = if by.is_empty() {
        "no stage of the run's pipeline asks it; `copydesk show RUN` shows its stages".to_owned()
    } else if unreached.is_after_first {
        format!("{}, or leave `--from` out", by.join(" or "))
    } else {
        by.join(" or ")
    };
    Failure::usage(unreached.to_string(), hint)
}

/// Why a run cannot be replayed, for people and scripts.
pub fn replay_failure(run: &str, error: ReplayError) -> Failure {
    let text = error.to_string();
    let refused = |hint: String| Failure::new("CD024", FAILED, text.clone(), hint);
    match error {
        ReplayError::Engine(EngineError::Release { .. }) => {
            refused("replay it with the copydesk that made it".to_owned())
        }
        ReplayError::Engine(error) => error.into(),
        ReplayError::UnderWay {
            state: RunState::Queued,
            is_scheduled: false,
            pipeline,
            ..
        } => refused(format!(
            "`copydesk run {pipeline}` goes on with it, or `copydesk cancel {run}`"
        )),
        ReplayError::UnderWay { .. } => refused(format!(
            "wait until `copydesk show {run}` says that it waits or has ended"
        )),
        ReplayError::Pruned { .. } => refused(format!(
            "`copydesk replay {run} --from STAGE` still works: it takes the artifacts of the stages before over and \
             asks models anew"
        )),
        ReplayError::Empty { .. } => refused(format!("`copydesk show {run}` says how far it came")),
        ReplayError::StageUnknown { .. } => Failure::usage(text, "name one of them with --from"),
        ReplayError::Unreadable { .. } => refused("`copydesk doctor` looks at the database".to_owned()),
    }
}
