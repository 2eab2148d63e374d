//! The command line. Names are fixed: people script on them.

mod actions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

pub use actions::{FeedsAction, LabPart, ModelsAction, StoriesAction, TokenAction, ToolsAction};

/// A newsletter desk that researches, drafts and reviews by itself, ties every claim to a source, and publishes
/// nothing without your yes.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, max_term_width = 100)]
pub struct Cli {
    /// Folder of config.toml; state lies in its `data`.
    #[arg(short = 'C', long = "dir", global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print JSON on stdout, errors as JSON on stderr.
    #[arg(long, global = true)]
    pub json: bool,
    /// Let a power cut lose commits where config.toml asks for `synchronous = "normal"`.
    #[arg(long, global = true, hide = true)]
    pub unsafe_durability: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum Command {
    /// Make a first issue now: from the shipped feeds, or from a bundled sample week.
    Try(TryArgs),
    /// Write config.toml, pipelines, prompts and voice.md into a folder.
    Init {
        /// The folder; made if absent.
        dir: PathBuf,
    },
    /// Read every file and name all problems at once.
    Check {
        /// Look ahead as the daemon does before each slot: tool servers, trust, keys, models, disk, clock, feeds.
        #[arg(long)]
        preflight: bool,
        /// Send a trial by every way of `[alarms]`.
        #[arg(long, conflicts_with = "preflight")]
        alarms: bool,
    },
    /// The feeds of a pipeline.
    Feeds {
        /// What to do with them.
        #[command(subcommand)]
        action: FeedsAction,
    },
    /// Write down what you saw: a source for the next run.
    Note {
        /// The note.
        #[arg(required = true, num_args = 1..)]
        text: Vec<String>,
    },
    /// Put your past issues into the archive, and propose a first voice.md from them.
    Import {
        /// A folder of Markdown and HTML files, one such file, or a feed: its address or its file.
        #[arg(value_name = "DIR|FEED")]
        from: String,
        /// The pipeline whose newsletter they are of.
        #[arg(long, default_value = "daily")]
        pipeline: String,
    },
    /// Run a pipeline until it is done or wants you.
    Run(RunArgs),
    /// Run the day by itself: schedule, page and API.
    Daemon,
    /// Print a one-time link to the page of the running daemon or `try`.
    Login {
        /// The page that it leads to: /runs/RUN.
        #[arg(long, value_name = "PATH", default_value = "/")]
        to: String,
    },
    /// The runs, newest first.
    Runs {
        /// Only of this pipeline.
        #[arg(long)]
        pipeline: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// One run: stages, artifacts, what it waits for.
    Show {
        /// The run.
        run: String,
        /// Its issue as Markdown: what an approval sends out.
        #[arg(long)]
        #[serde(default)]
        issue: bool,
    },
    /// What a run did, step by step.
    Logs(LogsArgs),
    /// A run's stories by rank, and what you say of them.
    Stories {
        /// The run.
        run: String,
        /// What to say; lists the stories where not given.
        #[command(subcommand)]
        action: Option<StoriesAction>,
    },
    /// Write a run's artifacts and snapshots as files, or all that replays it as one file.
    Export {
        /// The run.
        run: String,
        /// The folder; made if absent.
        #[arg(long, value_name = "DIR", required_unless_present = "recording")]
        to: Option<PathBuf>,
        /// One file that replays the run anywhere, for a bug report; it must not exist. No key is in it.
        #[arg(long, value_name = "FILE", conflicts_with = "to")]
        recording: Option<PathBuf>,
        /// Leave the letters of readers out of the recording.
        #[arg(long, requires = "recording")]
        without_replies: bool,
    },
    /// Run a past run once more: from its records, or anew from one of its stages. Nothing goes out.
    Replay(ReplayArgs),
    /// What waits for you.
    Waiting,
    /// Say yes to an issue, or to a drafted answer.
    Approve(ApproveArgs),
    /// Have the issue drafted again.
    SendBack {
        /// The run.
        run: String,
        /// What to change.
        #[arg(long)]
        note: String,
        /// Of several drafts this one, by its letter; what stands first where not given.
        #[arg(long, value_name = "LETTER")]
        #[serde(default)]
        draft: Option<String>,
    },
    /// Say no to an issue, or to a drafted answer.
    Reject {
        /// The run.
        run: String,
        /// The answer; the issue where not given.
        #[arg(long, value_name = "ID")]
        answer: Option<String>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take an approval back within its hold.
    Recall {
        /// The run.
        run: String,
    },
    /// Stop a run.
    Cancel {
        /// The run.
        run: String,
    },
    /// Let a waiting or failed run go on.
    Retry {
        /// The run.
        run: String,
        /// More budget for it: `+$1`.
        #[arg(long, value_name = "+$N", allow_hyphen_values = true)]
        budget: Option<String>,
        /// Have other models answer the rest: some of config.toml, with commas between them, or the name of a route there.
        #[arg(long, value_name = "R", conflicts_with = "embedded")]
        route: Option<String>,
        /// Finish with the embedded model.
        #[arg(long)]
        embedded: bool,
        /// A channel could not tell, and you saw the issue there: it is out.
        #[arg(long, value_name = "CHANNEL", requires = "reason", conflicts_with_all = ["budget", "route", "embedded"])]
        delivered: Option<String>,
        /// A channel could not tell, and you saw that the issue is not there: it is handed over again.
        #[arg(long, value_name = "CHANNEL", requires = "reason", conflicts_with_all = ["budget", "route", "embedded", "delivered"])]
        not_delivered: Option<String>,
        /// How you know; it is kept with the run.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Stop making new runs of a pipeline.
    Pause {
        /// The pipeline.
        pipeline: String,
    },
    /// Make new runs again.
    Resume {
        /// The pipeline.
        pipeline: String,
    },
    /// Leave out one date of a pipeline.
    Skip {
        /// The pipeline.
        pipeline: String,
        /// The local date: 2026-12-24.
        date: String,
        /// Leave it out no more.
        #[arg(long)]
        #[serde(default)]
        undo: bool,
    },
    /// Past slots with their outcome, and the next ones.
    Schedule {
        /// Only of this pipeline.
        pipeline: Option<String>,
    },
    /// Tool servers and their tools.
    Tools {
        /// What to do with them; lists them where not given.
        #[command(subcommand)]
        action: Option<ToolsAction>,
    },
    /// Models and routes.
    Models {
        /// What to do with them; lists them where not given.
        #[command(subcommand)]
        action: Option<ModelsAction>,
    },
    /// What was spent, by day, pipeline, stage, task and model.
    Spend {
        /// So many days back.
        #[arg(long, default_value_t = 30, conflicts_with = "since")]
        days: u32,
        /// From this day on, in the time zone of each pipeline: 2026-11-01.
        #[arg(long, value_name = "DATE")]
        since: Option<String>,
        /// What to add up by; all of them where not given.
        #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
        by: Vec<SpendBy>,
    },
    /// Tokens for the JSON API.
    Token {
        /// What to do with them.
        #[command(subcommand)]
        action: TokenAction,
    },
    /// Write one file with the database and your files, beside a running daemon too. Keys stay out.
    Backup {
        /// The file; it must not exist.
        file: PathBuf,
    },
    /// Make the folder DIR, absent or empty, of a backup.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Everything that an operator would look at, with the next step; no secret is in it.
    Doctor,
    /// Measure the text side on the suites in `evals/`.
    Eval(EvalArgs),
    /// One piece alone, on stdin: why does it do that?
    Lab {
        /// The piece.
        #[command(subcommand)]
        part: LabPart,
    },
    /// Serve a bundled tool server over stdio, for any MCP host.
    Mcp {
        /// `feeds`, `web`, `archive` or `replies`.
        name: String,
    },
    /// Shell completions on stdout.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// The manual page on stdout.
    Man,
    /// Run a stdio tool server that does not outlive its parent.
    #[command(hide = true)]
    Guard {
        /// Process of the parent.
        parent: i32,
        /// The server and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
}

/// `try`
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct TryArgs {
    /// Use the bundled sample week, whatever answers.
    #[arg(long)]
    pub sample: bool,
    /// Do not open the page in a browser.
    #[arg(long)]
    pub no_open: bool,
}

/// `run`
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct RunArgs {
    /// The pipeline.
    pub pipeline: String,
    /// The instant that the run calls now: 2026-08-20T23:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Stop after this stage.
    #[arg(long, value_name = "STAGE")]
    pub until: Option<String>,
    /// Run this stage alone.
    #[arg(long, value_name = "STAGE", conflicts_with = "until")]
    pub only: Option<String>,
    /// Start another run even if one is unfinished.
    #[arg(long)]
    pub new: bool,
}

/// `replay`
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct ReplayArgs {
    /// The run.
    #[arg(required_unless_present = "recording")]
    pub run: Option<String>,
    /// A recording in place of a run of this folder; needs no folder.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "from", "model", "prompt", "route"])]
    pub recording: Option<PathBuf>,
    /// The stage from which on it runs anew; what asks the same as then is answered from the records.
    #[arg(long, value_name = "STAGE")]
    pub from: Option<String>,
    /// The model that answers this time.
    #[arg(long, value_name = "MODEL", conflicts_with = "route")]
    pub model: Option<String>,
    /// A prompt file in place of the one of its task.
    #[arg(long, value_name = "FILE")]
    pub prompt: Option<PathBuf>,
    /// The models that answer this time, in order: a route's name, or `a,b`; of one task: `TASK=a,b`.
    #[arg(long, value_name = "ROUTE")]
    pub route: Option<String>,
}

/// `approve`
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct ApproveArgs {
    /// The run.
    pub run: String,
    /// The hash that you looked at; what waits now where not given.
    #[arg(long)]
    pub hash: Option<String>,
    /// Of several drafts this one, by its letter; what stands first where not given.
    #[arg(long, value_name = "LETTER", conflicts_with_all = ["hash", "answer"])]
    #[serde(default)]
    pub draft: Option<String>,
    /// A drafted answer in place of the issue.
    #[arg(long, value_name = "ID")]
    pub answer: Option<String>,
    /// Why, where red items are open.
    #[arg(long)]
    pub reason: Option<String>,
    /// Go on until the channels have taken it.
    #[arg(long)]
    pub wait: bool,
}

/// `eval`
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct EvalArgs {
    /// Only these suites; all where none is given.
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
    /// Keep the numbers as those that later runs are compared with: `evals/baseline.json`.
    #[arg(long)]
    pub bless: bool,
    /// Write the report as one page too.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What spends are added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
pub enum SpendBy {
    /// The day in the time zone of its pipeline.
    Day,
    /// The pipeline.
    Pipeline,
    /// The stage.
    Stage,
    /// The task.
    Task,
    /// The model.
    Model,
}

/// A shell.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize, Deserialize)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// elvish
    Elvish,
}

/// What `logs` shows.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct LogsArgs {
    /// The run.
    pub run: String,
    /// Only this stage.
    #[arg(long)]
    pub stage: Option<String>,
    /// Go on until the run ends.
    #[arg(short, long)]
    pub follow: bool,
    /// What a model was asked and what it answered, whole: the exchange of this number, as `--json` counts them.
    #[arg(long, value_name = "N", conflicts_with_all = ["stage", "follow"])]
    pub exchange: Option<usize>,
}
