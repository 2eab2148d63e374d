//! `runs`, `show`, `waiting`.

use std::fmt::Write as _;

use copydesk_domain::artifact::{Wish, WishFate};
use copydesk_domain::untrusted::Header;
use copydesk_domain::{Decision, Instant, IssueState, PipelineName, RunId, RunState, WaitingFor, counted};
use copydesk_engine::view::RunView;
use copydesk_engine::{Answered, EngineError};
use copydesk_store::Subject;
use serde_json::{Value, json};

use crate::app::{Folder, pipelines_there_are};
use crate::commands::answers::{self, AnswerDto};
use crate::commands::{next_steps, rated_text};
use crate::exit::{FAILED, Failure, USAGE};
use crate::outcome::Outcome;
use crate::words;

/// The runs, newest first.
pub async fn runs(folder: &Folder, pipeline: Option<&str>, limit: u32) -> Result<Outcome, Failure> {
    let pipeline = pipeline.map(PipelineName::new);
    let records = folder.engine.store().runs(pipeline.as_ref(), limit).await?;
    if let Some(name) = pipeline.as_ref().filter(|_| records.is_empty()) {
        require_known(folder, name)?;
    }
    let mut views = Vec::new();
    let mut text = String::new();
    for record in &records {
        let (view, unreadable) = listed(folder, &record.id).await?;
        let waiting: Vec<&str> = view.waiting_for.iter().map(|what| what.as_str()).collect();
        let waiting = if waiting.is_empty() {
            String::new()
        } else {
            format!("  waits for {}", waiting.join(", "))
        };
        let _ = writeln!(
            text,
            "{}  {:<10} {:<10} {}{waiting}{}{}",
            view.run,
            view.state,
            view.issue,
            view.spend_microusd,
            replayed(&view),
            unreadable.map(|why| format!("  ({why})")).unwrap_or_default()
        );
        views.push(view);
    }
    if text.is_empty() {
        let name = pipeline.as_ref().map_or("daily", PipelineName::as_str);
        let _ = writeln!(text, "no runs yet; start one with `copydesk run {name}`");
    }
    Ok(Outcome::new(
        serde_json::to_value(&views).unwrap_or_default(),
        text,
    ))
}

/// A run of a list. One whose release cannot be read, such as that of a newer version, hides no other: it is told by what
/// its own records say, with why.
async fn listed(folder: &Folder, run: &RunId) -> Result<(RunView, Option<String>), Failure> {
    match folder.engine.view(run).await {
        Err(error @ EngineError::Release { .. }) => {
            let view = folder.engine.view_without_release(run, &error).await?;
            Ok((view, Some(error.to_string())))
        }
        view => Ok((view?, None)),
    }
}

/// That a name without any run is that of a pipeline. One whose file was taken away keeps its runs.
fn require_known(folder: &Folder, name: &PipelineName) -> Result<(), Failure> {
    let workspace = folder.files.load()?;
    if workspace.pipelines.contains_key(name) {
        return Ok(());
    }
    let text = format!("there is no pipeline `{name}`, and no run of one");
    Err(Failure::new(
        "CD008",
        USAGE,
        text,
        pipelines_there_are(&workspace),
    ))
}

/// The Markdown of a run's issue.
pub async fn issue(folder: &Folder, run: &str) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let Some((hash, markdown)) = folder.engine.issue_markdown(&id).await? else {
        let hint = format!("`copydesk show {id}` says how far it is");
        return Err(Failure::new(
            "CD009",
            FAILED,
            format!("{id} has no issue to read"),
            hint,
        ));
    };
    let data = json!({ "run": id, "issue": hash, "markdown": markdown });
    // What sources quote must not command a terminal.
    let is_shown = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    Ok(Outcome::new(
        data,
        markdown.chars().filter(is_shown).collect::<String>(),
    ))
}

/// Where the author reads what waits for a yes.
fn where_to_read(folder: &Folder, view: &RunView) -> String {
    if !view.waiting_for.contains(&WaitingFor::Approval) {
        return String::new();
    }
    let id = &view.run;
    let command = if view.issue == IssueState::Reviewed {
        format!("copydesk show {id} --issue")
    } else {
        format!("copydesk export {id} --to DIR")
    };
    match folder.page.borrow().as_deref() {
        Some(page) => format!("  read it: {command}, or {page}/runs/{id}\n"),
        None => format!("  read it: {command}\n"),
    }
}

/// One run.
pub async fn show(folder: &Folder, run: &str) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let view = folder.engine.view(&id).await?;
    let wishes = folder.engine.wishes(&id).await?;
    let answered = folder.engine.answered(&id).await?;
    let choices = folder.engine.choices(&id).await?;
    let rated = folder.engine.rated(&id).await?;
    let agreement = if rated
        .last()
        .is_some_and(|round| !round.is_blind && round.drafts.len() > 1)
    {
        folder.engine.agreement(&view.pipeline).await?
    } else {
        Vec::new()
    };
    let writing = folder.engine.progress().look(&id);
    let mut text = text_of(folder, &view).await? + &wish_lines(&wishes) + &answered_lines(&answered);
    text += &rated_text::lines(&id, &rated, &agreement);
    let pending = folder.engine.pending_answers(&id).await?;
    text += &where_to_read(folder, &view);
    text += &next_steps::of_approved(folder, &view).await?;
    text.extend(pending.iter().map(answers::lines));
    for now in &writing {
        let _ = writeln!(text, "{}", words::writing(now));
    }
    let mut commands = next_steps::of_unknown(folder, &view).await?;
    commands.extend(choices.iter().flat_map(|choices| choices.commands(&id)));
    for command in commands {
        let _ = writeln!(text, "  {command}");
    }
    let mut data = serde_json::to_value(&view).unwrap_or_default();
    data["models"] = json!(answered);
    if !wishes.is_empty() {
        data["wishes"] = json!(wishes);
    }
    if !rated.is_empty() {
        data["rated"] = json!(rated);
    }
    if !agreement.is_empty() {
        data["agreement"] = json!(agreement);
    }
    if !writing.is_empty() {
        data["writing"] = json!(writing);
    }
    if let Some(choices) = choices {
        data["choices"] = json!(choices);
    }
    if !pending.is_empty() {
        data["answers"] = json!(pending.iter().map(AnswerDto::from).collect::<Vec<_>>());
    }
    Ok(Outcome::new(data, text))
}

/// Which models answered, with how many calls in which stage.
fn answered_lines(answered: &[Answered]) -> String {
    let mut text = String::new();
    for model in answered {
        let by = match &model.answered_by {
            Some(by) if *by != model.model => format!(" ({})", words::line(by)),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "  {:<10} {}{by}, {} in {}",
            "answered",
            model.model,
            counted(
                usize::try_from(model.calls).unwrap_or(usize::MAX),
                "call",
                "calls"
            ),
            model.stage
        );
    }
    text
}

/// Whose replay a run is.
fn replayed(view: &RunView) -> String {
    let parent = view.parent.as_ref();
    parent.map_or_else(String::new, |parent| {
        format!("  replay of {parent}; it goes nowhere")
    })
}

/// Runs named to somebody who gave a pipeline's name instead.
const NAMED_MAX: u32 = 5;

/// The same failure with the pipeline's runs, where its name was given in place of a run's.
pub async fn run_hint(folder: &Folder, name: &str, failure: Failure) -> Failure {
    let pipeline = PipelineName::new(name);
    if !folder.workspace.pipelines.contains_key(&pipeline) {
        return failure;
    }
    let Ok(runs) = folder.engine.store().runs(Some(&pipeline), NAMED_MAX).await else {
        return failure;
    };
    let hint = if runs.is_empty() {
        format!("`{name}` is a pipeline, and it has no runs yet; `copydesk run {name}` starts one")
    } else {
        let runs: Vec<String> = runs
            .iter()
            .map(|run| format!("{} ({}, issue {})", run.id, run.state, run.issue))
            .collect();
        format!("`{name}` is a pipeline; its newest runs are: {}", runs.join(", "))
    };
    Failure { hint, ..failure }
}

/// A run for people, with the title of its issue.
pub async fn text_of(folder: &Folder, view: &RunView) -> Result<String, Failure> {
    let title = folder.engine.title(&view.run).await?;
    let title = title.map(|title| title.escape::<Header>().to_string());
    let mut text = text(view, title.as_deref(), folder.engine.clock().now());
    if folder.telemetry.is_some() {
        let _ = writeln!(text, "  trace      {}", view.trace_id);
    }
    Ok(text)
}

fn text(view: &RunView, title: Option<&str>, now: Instant) -> String {
    let mut text = match &view.parent {
        None => format!("{}  {}  issue {}\n", view.run, view.state, view.issue),
        Some(_) => format!("{}  {}{}\n", view.run, view.state, replayed(view)),
    };
    if let Some(title) = title {
        let _ = writeln!(text, "  {title}");
    }
    for stage in &view.stages {
        let round = if stage.round.0 > 1 {
            format!(" (round {})", stage.round.0)
        } else {
            String::new()
        };
        let reason = stage.reason.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "  {:<11}{:<10}{reason}{round}",
            stage.stage.to_string(),
            stage.state.to_string()
        );
    }
    if let Some(hash) = &view.approval.hash {
        let what = if view.issue == IssueState::None {
            "artifact"
        } else {
            "issue hash"
        };
        let _ = writeln!(text, "  {what:<10} {}", hash.short(12));
    }
    if let Some(at) = &view.approval.expires_at {
        let _ = writeln!(text, "  expires    {}", words::coming(*at, now));
    }
    let _ = writeln!(
        text,
        "  spent      {} · {} · {}",
        view.spend_microusd,
        calls(view.model_calls, "model"),
        calls(view.tool_calls, "tool")
    );
    let saved = &view.saved_by_resume;
    if saved.calls > 0 {
        let _ = writeln!(
            text,
            "  saved by resume: {}, {}",
            counted(
                usize::try_from(saved.calls).unwrap_or(usize::MAX),
                "call",
                "calls"
            ),
            saved.spend_microusd
        );
    }
    if !view.labels.is_empty() {
        let _ = writeln!(
            text,
            "  labels     {}; `copydesk stories {}` shows them",
            view.labels.len(),
            view.run
        );
    }
    if let Some(reason) = &view.reason {
        let _ = writeln!(text, "  reason     {reason}");
    }
    text
}

/// What became of the author's note, a line for each wish.
fn wish_lines(wishes: &[Wish]) -> String {
    let mut text = String::new();
    if !wishes.is_empty() {
        text.push_str("  your note\n");
    }
    for wish in wishes {
        let fate = match wish.fate {
            WishFate::Followed => "followed",
            WishFate::NotFollowed => "not followed",
            WishFate::NotUnderstood => "not understood",
        };
        let reason = wish.reason.escape::<Header>();
        let _ = writeln!(text, "    {fate}: “{}” ({reason})", words::line(&wish.text));
    }
    text
}

/// `1 model call`, `3 tool calls`.
fn calls(number: u64, of: &str) -> String {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    counted(number, &format!("{of} call"), &format!("{of} calls"))
}

/// What waits for the author, over all runs.
pub async fn waiting(folder: &Folder) -> Result<Outcome, Failure> {
    let mut list: Vec<Value> = Vec::new();
    let mut text = String::new();
    for record in folder.engine.store().open_runs().await? {
        let (view, unreadable) = listed(folder, &record.id).await?;
        if view.waiting_for.is_empty() {
            if is_to_be_drafted(folder, &view).await? {
                let _ = writeln!(text, "{}  drafts again with the next run", view.run);
            }
            continue;
        }
        let answers = folder.engine.pending_answers(&record.id).await?;
        let waiting: Vec<&str> = view.waiting_for.iter().map(|what| what.as_str()).collect();
        let reason = view
            .reason
            .as_deref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let _ = writeln!(text, "{}  waits for {}{reason}", view.run, waiting.join(", "));
        text += &where_to_read(folder, &view);
        text.extend(answers.iter().map(answers::lines));
        let choices = match unreadable {
            Some(_) => None,
            None => folder.engine.choices(&record.id).await?,
        };
        let mut commands = next_steps::of_unknown(folder, &view).await?;
        commands.extend(choices.iter().flat_map(|choices| choices.commands(&record.id)));
        for command in commands {
            let _ = writeln!(text, "  {command}");
        }
        list.push(json!({
            "choices": choices,
            "run": view.run,
            "pipeline": view.pipeline,
            "waiting_for": view.waiting_for,
            "issue": view.issue,
            "approval": view.approval,
            "answers": answers.iter().map(AnswerDto::from).collect::<Vec<_>>(),
            "reason": view.reason,
        }));
    }
    if text.is_empty() {
        text.push_str("nothing waits for you\n");
    }
    Ok(Outcome::new(Value::Array(list), text))
}

/// Whether the author sent the issue back and nobody has begun to draft again. It waits for a process, not for the author.
async fn is_to_be_drafted(folder: &Folder, view: &RunView) -> Result<bool, Failure> {
    if view.issue != IssueState::Drafted || view.state == RunState::Running {
        return Ok(false);
    }
    let decisions = folder.engine.store().decisions(&view.run).await?;
    let newest = decisions
        .iter()
        .rev()
        .find(|record| record.subject == Subject::Issue);
    let Some(sent_back) = newest.filter(|record| record.decision == Decision::SentBack) else {
        return Ok(false);
    };
    let stages = folder.engine.store().stages(&view.run).await?;
    Ok(stages.iter().all(|stage| stage.started_at <= sent_back.at))
}
