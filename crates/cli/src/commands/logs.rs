//! `logs`: what a run did, step by step.

use std::io::Write as _;

use copydesk_domain::RunId;
use copydesk_engine::view::RunView;
use copydesk_journal::RecordedStep;
use copydesk_store::{ExchangeRecord, LogLine, StepRecord};
use serde_json::{Value, json};

use crate::app::{Folder, OpenOptions, require_folder};
use crate::args::{Command, LogsArgs};
use crate::asker::Asker;
use crate::commands::log_lines::{self, Names};
use crate::control;
use crate::exit::Failure;
use crate::lock::{Turn, own_or_forward};
use crate::outcome::Outcome;
use crate::progress::can_move;

/// Between two looks of `-f`; a command line has no notification from another process.
const LOOK: std::time::Duration = std::time::Duration::from_millis(300);

/// One exchange with a model where it is named, or else what the run did.
pub async fn execute(folder: &Folder, args: &LogsArgs) -> Result<Outcome, Failure> {
    match args.exchange {
        Some(number) => super::exchange::exchange(folder, &args.run, number).await,
        None => logs(folder, &args.run, args.stage.as_deref()).await,
    }
}

/// The steps of a run, and the lines that its stages wrote.
async fn logs(folder: &Folder, run: &str, stage: Option<&str>) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let store = folder.engine.store();
    let view = folder.engine.view(&id).await?;
    if let Some(stage) = stage {
        require_stage(&view, stage)?;
    }
    // Who asks for steps again and again watches the run.
    folder.engine.progress().look(&id);
    let is_wanted = |name: &str| stage.is_none_or(|stage| stage == name);
    let steps: Vec<StepRecord> = store
        .steps(&id, 0)
        .await?
        .into_iter()
        .filter(|step| is_wanted(step.stage.as_str()))
        .collect();
    let lines: Vec<LogLine> = store
        .logs(&id)
        .await?
        .into_iter()
        .filter(|line| is_wanted(line.stage.as_str()))
        .collect();
    let exchanges: Vec<_> = (1..).zip(store.exchanges(&id).await?).collect();
    let data: Vec<Value> = steps.iter().map(|step| step_json(step, &exchanges)).collect();
    let text = match store.run(&id).await? {
        Some(run) => log_lines::text(&steps, &lines, &Names::of(folder, &run).await?),
        None => String::new(),
    };
    Ok(Outcome::new(Value::Array(data), text))
}

/// That a run has a stage of this name, begun or still to come.
fn require_stage(view: &RunView, stage: &str) -> Result<(), Failure> {
    let names: Vec<&str> = view.stages.iter().map(|known| known.stage.as_str()).collect();
    if names.contains(&stage) {
        return Ok(());
    }
    let text = format!("{} has no stage `{stage}`", view.run);
    Err(Failure::usage(
        text,
        format!("the stages are: {}", names.join(", ")),
    ))
}

fn step_json(step: &StepRecord, exchanges: &[(usize, ExchangeRecord)]) -> Value {
    let of_step = exchanges.iter().filter(|(_, record)| {
        record.key == step.key && record.stage == step.stage && record.round == step.round
    });
    let exchanges: Vec<Value> = of_step
        .map(|(number, record)| exchange_json(*number, record))
        .collect();
    json!({
        "sequence": step.sequence,
        "stage": step.stage,
        "round": step.round,
        "key": step.key,
        "task": step.task,
        "tool": step.tool,
        "model": step.model,
        "answered_by": step.answered_by,
        "tokens_in": step.tokens_in,
        "tokens_out": step.tokens_out,
        "ms": step.ms,
        "spend_microusd": step.spend,
        "attempts": step.attempts,
        "state": step.state,
        "outcome": step.outcome,
        "from_recording": RecordedStep::has_answered(step),
        "finished_at": step.finished_at,
        "exchanges": exchanges,
    })
}

/// One exchange with an endpoint: what its support asks for, and what it cost in tokens and time.
pub fn exchange_json(number: usize, record: &ExchangeRecord) -> Value {
    let exchange = &record.exchange;
    json!({
        "number": number,
        "model": exchange.model,
        "base_url": exchange.base_url,
        "asked": exchange.asked,
        "answered_by": exchange.answered_by,
        "request_id": exchange.request_id,
        "status": exchange.status,
        "outcome": exchange.outcome,
        "reason": exchange.reason,
        "finish_reason": exchange.finish_reason,
        "is_streamed": exchange.is_streamed,
        "tokens_in": exchange.tokens_in,
        "tokens_out": exchange.tokens_out,
        "tokens_cached": exchange.tokens_cached,
        "ms": exchange.ms,
        "request": record.request_hash,
        "reply": record.reply_hash,
        "at": record.at,
    })
}

/// Follows a run's steps until it ends, or until nobody works on it: JSON lines, or lines for people.
pub async fn follow(options: OpenOptions, args: LogsArgs, is_json: bool) -> Result<Outcome, Failure> {
    let mut seen = 0;
    let nothing = || Outcome::new(Value::Null, String::new());
    require_folder(&options.dir)?;
    let run = args.run.clone();
    let command = Command::Logs(LogsArgs {
        follow: false,
        ..args
    });
    let show = Command::Show { run, issue: false };
    let mut is_over = false;
    loop {
        let steps = match own_or_forward(&options.dir, &command).await? {
            Turn::Forwarded(steps) => steps,
            // The folder is ours, so nobody works on the run: one last look.
            Turn::Owned(lock) => {
                let folder = Folder::open_owned(options, lock).await?;
                let asker = Asker::here(folder.shutdown.subscribe());
                let steps = super::within(&folder, command, &asker).await?;
                let printed = print_new(&steps, &mut seen, is_json);
                folder.close().await;
                return printed.map(|_| nothing());
            }
        };
        if !print_new(&steps, &mut seen, is_json)? || is_over {
            return Ok(nothing());
        }
        if let Some(view) = control::forward(&options.dir, &show).await {
            let view = view?;
            show_writing(&view.data, is_json);
            let run_state = view.data.get("state").and_then(Value::as_str).unwrap_or_default();
            // What it did between the last look at its steps and its end is still to be told.
            is_over = !matches!(run_state, "queued" | "running" | "waiting");
            if is_over {
                continue;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Shows on a terminal how far models are that write just now: a line that moves, below what is printed.
fn show_writing(view: &Value, is_json: bool) {
    let mut stderr = std::io::stderr();
    if is_json || !can_move() {
        return;
    }
    let writing: Vec<String> = view
        .get("writing")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(writing_words)
        .collect();
    let line: String = writing.join("; ").chars().take(110).collect();
    // A terminal that went away is no reason to stop following.
    let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
}

/// Takes the line that moves away, so that what is printed next does not stand behind it.
fn clear_writing(is_json: bool) {
    let mut stderr = std::io::stderr();
    if !is_json && can_move() {
        let _ = write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush());
    }
}

/// `draft write_section/lead: near ≈120 tokens`
fn writing_words(now: &Value) -> Option<String> {
    let word = |name: &str| now.get(name).and_then(Value::as_str);
    let tokens = now.get("tokens").and_then(Value::as_u64)?;
    Some(format!(
        "{} {}: {} ≈{tokens} tokens",
        word("stage")?,
        word("key")?,
        word("model")?
    ))
}

/// Prints the steps that were not seen yet; false where the reader has gone away.
fn print_new(steps: &Outcome, seen: &mut i64, is_json: bool) -> Result<bool, Failure> {
    let mut stdout = std::io::stdout().lock();
    for step in steps.data.as_array().into_iter().flatten() {
        let sequence = step.get("sequence").and_then(Value::as_i64).unwrap_or_default();
        if sequence <= *seen {
            continue;
        }
        *seen = sequence;
        clear_writing(is_json);
        let word = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        let line = if is_json {
            step.to_string()
        } else {
            format!("{} {} {}", word("stage"), word("key"), word("outcome"))
        };
        if let Err(error) = writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
            return crate::talk::unwritten(&error).map_or(Ok(false), Err);
        }
    }
    Ok(true)
}
