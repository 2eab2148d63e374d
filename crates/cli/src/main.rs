//! The binary `copydesk`: registers stages, wires all of it, and speaks to people and scripts.

mod agents_desk;
mod alarms;
mod app;
mod args;
mod asker;
mod backup;
mod built_in;
mod commands;
mod control;
mod database;
mod desk;
mod doctor;
mod exit;
mod files;
mod guard;
mod import;
mod live;
mod lock;
mod outcome;
mod pace;
mod preflight;
mod progress;
mod recording;
mod sample;
mod secret_places;
mod service_manager;
mod signals;
mod talk;
mod telemetry;
mod words;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Failure;

/// Warnings, and what changes or frees stored data.
const DAEMON_LOG: &str = "warn,copydesk_engine::daemon::pruner=info,copydesk_store_sqlite::migrate=info";

/// Errors, that a database was brought to this version, and that a collector of spans misses some.
const COMMAND_LOG: &str = "error,copydesk_store_sqlite::migrate=info,copydesk_telemetry=warn";

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return talk::usage(&error),
    };
    if let Command::Guard { parent, command } = &cli.command {
        return guard::run(*parent, command);
    }
    // Nobody watches a daemon, so what it notices stands in its log.
    let level = if matches!(cli.command, Command::Daemon) {
        DAEMON_LOG
    } else {
        COMMAND_LOG
    };
    talk::start_tracing(level);
    copydesk_net::install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let is_json = cli.json && !is_raw(&cli.command);
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(commands::execute(cli));
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            result
        }
        Err(error) => Err(Failure::io("starting", &error)),
    };
    match result {
        Ok(outcome) => talk::print(&outcome, is_json),
        Err(failure) => talk::fail(&failure, is_json),
    }
}

/// Whether a command prints raw text even under `--json`.
fn is_raw(command: &Command) -> bool {
    matches!(
        command,
        Command::Mcp { .. } | Command::Completions { .. } | Command::Man | Command::Guard { .. }
    )
}
