//! One command, one file.

mod answers;
mod backup;
mod check;
mod daemon;
mod decide;
mod eval;
mod exchange;
mod export;
mod feeds;
mod import;
mod lab;
mod log_lines;
mod login;
mod logs;
mod look_ahead;
mod man;
mod mcp;
mod models;
mod next_steps;
mod operate;
mod rated_text;
mod replay;
mod replay_text;
mod run;
mod schedule;
mod show;
mod spend;
mod spoilt;
mod stories;
mod token;
mod tools;
mod trial;

pub use check::inspect;
pub use replay::replay_failure;

use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory;
use copydesk_config::{Environment, Workspace};
use copydesk_store::Sighting;
use serde_json::json;

use crate::app::{Folder, OpenOptions, require_folder};
use crate::args::{Cli, Command, ReplayArgs, Shell};
use crate::asker::Asker;
use crate::control::{Control, Finish};
use crate::exit::Failure;
use crate::lock::{Turn, own_or_forward};
use crate::outcome::Outcome;
use crate::progress::TerminalProgress;
use spend::SpendArgs;

/// Executes a command line.
pub async fn execute(cli: Cli) -> Result<Outcome, Failure> {
    let is_json = cli.json && !crate::is_raw(&cli.command);
    let dir = folder_dir(&cli)?;
    if cli.dir.is_some() && matches!(cli.command, Command::Lab { .. } | Command::Mcp { .. }) {
        require_dir(&dir)?;
    }
    match cli.command {
        Command::Completions { shell } => Ok(completions(shell)),
        Command::Man => man::execute(),
        Command::Init { dir } => check::init(&dir),
        Command::Check {
            preflight: false,
            alarms: false,
        } => Ok(check::check(&dir, &Environment::system())),
        Command::Check { alarms: true, .. } => look_ahead::alarms(&dir, &Environment::system()).await,
        Command::Feeds { action } => feeds::execute(&dir, action),
        Command::Backup { file } => backup::backup(&dir, &file).await,
        Command::Restore { file } => backup::restore(&dir, &file).await,
        Command::Doctor => Ok(crate::doctor::examine(&dir, &Environment::system()).await),
        Command::Eval(args) => eval::execute(&dir, &Environment::system(), &args, is_json),
        Command::Lab { part } => lab::execute(&dir, &part),
        Command::Replay(ReplayArgs {
            recording: Some(file),
            ..
        }) => replay::from_file(&file, is_json).await,
        Command::Mcp { name } => mcp::execute(open_options(dir, true, cli.unsafe_durability), &name).await,
        Command::Try(args) => trial::execute(dir, args, is_json, cli.unsafe_durability).await,
        Command::Login { to } => login::execute(&dir, to).await,
        Command::Daemon => {
            let progress = Arc::new(TerminalProgress::new(!is_json).without_warnings());
            let options = open_options(dir, is_json, cli.unsafe_durability);
            daemon::execute(OpenOptions { progress, ..options }).await
        }
        Command::Logs(args) if args.follow => {
            logs::follow(open_options(dir, is_json, cli.unsafe_durability), args, is_json).await
        }
        command => in_folder(open_options(dir, is_json, cli.unsafe_durability), command).await,
    }
}

/// The folder that a command means, as an absolute path: later relative paths lie in it.
fn folder_dir(cli: &Cli) -> Result<PathBuf, Failure> {
    let default = if matches!(cli.command, Command::Try(_)) {
        "copydesk-try"
    } else {
        "."
    };
    let dir = cli.dir.clone().unwrap_or_else(|| PathBuf::from(default));
    std::path::absolute(&dir).map_err(|error| Failure::io(&dir.display().to_string(), &error))
}

/// That a folder which was named is there. What works without one must not take a misspelt name for none.
fn require_dir(dir: &std::path::Path) -> Result<(), Failure> {
    let place = dir.display().to_string();
    match std::fs::metadata(dir) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage(
            format!("{place} is no folder"),
            "name a folder with -C",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Failure::new(
            "CD002",
            crate::exit::USAGE,
            format!("there is no folder {place}"),
            "name the folder of a config.toml with -C, or leave -C out",
        )),
        Err(error) => Err(Failure::io(&place, &error)),
    }
}

/// The usual way of opening a folder.
fn open_options(dir: PathBuf, is_json: bool, unsafe_durability: bool) -> OpenOptions {
    OpenOptions {
        dir,
        environment: Environment::system(),
        progress: Arc::new(TerminalProgress::new(!is_json)),
        allow: Vec::new(),
        channels: None,
        unsafe_durability,
    }
}

/// Has the owner of the folder execute the command, or becomes its owner.
async fn in_folder(options: OpenOptions, command: Command) -> Result<Outcome, Failure> {
    let command = absolute(command)?;
    require_folder(&options.dir)?;
    if let Err(problems) = Workspace::load(&options.dir, &options.environment) {
        return spoilt::execute(options, command, problems.into()).await;
    }
    let lock = match own_or_forward(&options.dir, &command).await? {
        Turn::Forwarded(outcome) => return Ok(outcome),
        Turn::Owned(lock) => lock,
    };
    let folder = Arc::new(Folder::open_owned(options, lock).await?);
    crate::signals::watch(folder.shutdown.clone());
    // Other commands reach one that takes long; they wait for a short one.
    let control = if matches!(
        command,
        Command::Run(_) | Command::Approve(_) | Command::Import { .. } | Command::Replay(_)
    ) {
        Some(Control::serve(Arc::clone(&folder)).await?)
    } else {
        None
    };
    let asker = Asker::here(folder.shutdown.subscribe());
    let result = within(&folder, command, &asker).await;
    if let Some(control) = control {
        control.finish(Finish::AfterCommands).await;
    }
    folder.close().await;
    result
}

/// Paths on the command line are relative to where it was typed.
fn absolute(mut command: Command) -> Result<Command, Failure> {
    let named = match &mut command {
        Command::Export { to, recording, .. } => vec![to, recording],
        Command::Replay(args) => vec![&mut args.prompt],
        _ => Vec::new(),
    };
    for path in named.into_iter().flatten() {
        *path =
            std::path::absolute(&*path).map_err(|error| Failure::io(&path.display().to_string(), &error))?;
    }
    if let Command::Import { from, .. } = &mut command
        && !crate::import::is_address(from)
    {
        let path = std::path::absolute(&*from).map_err(|error| Failure::io(from, &error))?;
        *from = path.to_string_lossy().into_owned();
    }
    Ok(command)
}

/// Executes a command within an open folder, for whoever asked.
pub async fn within(folder: &Folder, command: Command, asker: &Asker) -> Result<Outcome, Failure> {
    let named = named_run(&command).map(str::to_owned);
    let result = dispatch(folder, command, asker).await;
    match (result, named) {
        (Err(failure), Some(name)) if failure.code == "CD007" => {
            Err(show::run_hint(folder, &name, failure).await)
        }
        (Err(failure), Some(name)) => Err(failure.about(&name)),
        (result, _) => result,
    }
}

/// The run that a command names.
fn named_run(command: &Command) -> Option<&str> {
    match command {
        Command::Show { run, .. }
        | Command::Stories { run, .. }
        | Command::Export { run, .. }
        | Command::SendBack { run, .. }
        | Command::Reject { run, .. }
        | Command::Recall { run }
        | Command::Cancel { run }
        | Command::Retry { run, .. } => Some(run),
        Command::Logs(args) => Some(&args.run),
        Command::Approve(args) => Some(&args.run),
        Command::Replay(args) => args.run.as_deref(),
        _ => None,
    }
}

async fn dispatch(folder: &Folder, command: Command, asker: &Asker) -> Result<Outcome, Failure> {
    match command {
        Command::Note { text } => operate::note(folder, &text.join(" ")),
        Command::Import { from, pipeline } => import::execute(folder, &from, &pipeline).await,
        Command::Run(args) => run::execute(folder, args).await,
        Command::Runs { pipeline, limit } => show::runs(folder, pipeline.as_deref(), limit).await,
        Command::Show { run, issue: true } => show::issue(folder, &run).await,
        Command::Show { run, issue: false } => show::show(folder, &run).await,
        Command::Logs(args) => logs::execute(folder, &args).await,
        Command::Export {
            run,
            recording: Some(file),
            without_replies,
            ..
        } => export::recording(folder, &run, &file, without_replies).await,
        Command::Export { run, to, .. } => export::execute(folder, &run, &to.unwrap_or_default()).await,
        Command::Replay(args) => replay::execute(folder, args).await,
        Command::Stories { run, action } => stories::execute(folder, &run, action).await,
        Command::Waiting => show::waiting(folder).await,
        Command::Approve(args) => decide::approve(folder, args, asker).await,
        Command::SendBack { run, note, draft } => decide::send_back(folder, &run, note, draft).await,
        Command::Reject { run, answer, reason } => decide::reject(folder, &run, answer, reason).await,
        Command::Recall { run } => decide::recall(folder, &run).await,
        Command::Cancel { run } => operate::cancel(folder, &run).await,
        command @ Command::Retry { .. } => retry(folder, command).await,
        Command::Pause { pipeline } => operate::pause(folder, &pipeline, true).await,
        Command::Resume { pipeline } => operate::pause(folder, &pipeline, false).await,
        Command::Skip {
            pipeline,
            date,
            undo: true,
        } => operate::skip_no_more(folder, &pipeline, &date).await,
        Command::Skip { pipeline, date, .. } => operate::skip(folder, &pipeline, &date).await,
        Command::Schedule { pipeline } => operate::schedule(folder, pipeline.as_deref()).await,
        Command::Tools { action } => tools::execute(folder, action).await,
        Command::Models { action } => models::execute(folder, action).await,
        Command::Spend { days, since, by } => spend::execute(folder, SpendArgs { days, since, by }).await,
        Command::Token { action } => token::execute(folder, action).await,
        Command::Login { to } => login::make(folder, &to).await,
        Command::Check { preflight: true, .. } => look_ahead::preflight(folder).await,
        Command::Try(_)
        | Command::Init { .. }
        | Command::Check { .. }
        | Command::Feeds { .. }
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Doctor
        | Command::Daemon
        | Command::Eval(_)
        | Command::Lab { .. }
        | Command::Mcp { .. }
        | Command::Completions { .. }
        | Command::Man
        | Command::Guard { .. } => Err(Failure::usage(
            "this command needs no open folder",
            "run it by itself",
        )),
    }
}

/// A retry as such, or the author's word on a channel that could not tell.
async fn retry(folder: &Folder, command: Command) -> Result<Outcome, Failure> {
    let Command::Retry {
        run,
        budget,
        embedded,
        route,
        delivered,
        not_delivered,
        reason,
    } = command
    else {
        unreachable!("called for Retry alone");
    };
    match (delivered, not_delivered, reason) {
        (Some(channel), _, Some(reason)) => {
            operate::settle_unknown(folder, &run, channel, Sighting::There, reason).await
        }
        (_, Some(channel), Some(reason)) => {
            operate::settle_unknown(folder, &run, channel, Sighting::Absent, reason).await
        }
        _ => operate::retry(folder, &run, budget, route, embedded).await,
    }
}

fn completions(shell: Shell) -> Outcome {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Elvish => clap_complete::Shell::Elvish,
    };
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "copydesk", &mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Outcome::new(json!(text), text)
}
