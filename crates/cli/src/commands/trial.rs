//! `try`: a first issue, now. From the shipped feeds if any answers, else from the sample week.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_config::{Environment, Release};
use copydesk_domain::{Clock, RunId};
use copydesk_engine::view::RunView;
use copydesk_engine::{Scope, StartParams};
use copydesk_net::{Allow, GetRequest, GuardedClient, SystemClock};
use copydesk_store::Command as Write;
use futures::StreamExt;
use serde_json::Value;

use crate::app::{Folder, OpenOptions, load, release};
use crate::args::TryArgs;
use crate::asker::Asker;
use crate::backup::require_finished;
use crate::commands::{export, run};
use crate::control::{Control, Finish};
use crate::desk;
use crate::exit::{FAILED, FINE, Failure};
use crate::outcome::Outcome;
use crate::pace::Pace;
use crate::progress::{TerminalProgress, can_move};
use crate::sample::{SampleChannels, Served, Wire, serve};
use crate::words::quoted;

/// Feeds that have not answered by then count as silent.
const PROBE: Duration = Duration::from_secs(5);
/// Between approval and publishing in a trial.
const HOLD: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);
/// How far back a trial looks.
const WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// Line under the title, since a trial looks back further than a day.
const DECK: &str = "What changed in the last seven days, with every source";
/// The pipeline that is tried.
const PIPELINE: &str = "daily";

/// Makes a first issue; on a terminal it serves the page until Ctrl-C.
pub async fn execute(
    dir: PathBuf,
    args: TryArgs,
    is_json: bool,
    unsafe_durability: bool,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    require_finished(&dir)?;
    copydesk_config::init(&dir).map_err(|error| {
        Failure::new(
            "CD010",
            crate::exit::ENVIRONMENT,
            error.to_string(),
            "choose a folder that you can write with -C",
        )
    })?;
    let environment = if args.sample {
        Environment::system().without_models()
    } else {
        Environment::system()
    };
    let shipped = release(&load(&dir, &environment)?, PIPELINE)?;
    let is_silent = !args.sample && !answers(&shipped, is_json).await;
    if is_silent {
        eprintln!(
            "no feed answered within {} s: using the bundled sample week",
            PROBE.as_secs()
        );
    }
    let sample = if args.sample || is_silent {
        Some(open_sample().await?)
    } else {
        None
    };
    let environment = if sample.is_some() {
        environment.without_models()
    } else {
        environment
    };
    let folder = open(&dir, environment, sample.as_ref(), is_json, unsafe_durability).await?;
    crate::signals::watch(folder.shutdown.clone());
    let control = Control::serve(Arc::clone(&folder)).await?;
    let id = start(&folder, sample.as_ref()).await?;
    let advanced = folder.engine.advance(&id, &Scope::default()).await?;
    let view = folder.engine.view(&id).await?;
    let out = folder.dir.join("out").join(id.as_str());
    export::write(&folder, &id, &out).await?;
    let page = if is_watched(is_json) {
        Some(desk::open(&folder, &id).await?)
    } else {
        None
    };
    let finished = run::finish(&folder, &view, &advanced).await?;
    let outcome = report(&folder, &view, finished, &out, page.as_deref(), started.elapsed());
    let Some(page) = page else {
        control.finish(Finish::AfterCommands).await;
        folder.close().await;
        return Ok(outcome);
    };
    print!("{}", outcome.text);
    if !args.no_open {
        open_browser(&page);
    }
    keep(&folder, &id, &out).await?;
    control.finish(Finish::AfterCommands).await;
    folder.close().await;
    Ok(Outcome::new(Value::Null, String::new()).with_exit(outcome.exit))
}

/// Whether any of the shipped feeds answers.
async fn answers(release: &Release, is_json: bool) -> bool {
    let is_shown = can_move() && !is_json;
    if is_shown {
        eprint!("\r\x1b[Kasking {} feeds …", release.pipeline.feeds.len());
    }
    let client = GuardedClient::new(copydesk_net::Options::new(Allow::none(), crate::app::USER_AGENT));
    let urls: Vec<String> = release
        .pipeline
        .feeds
        .iter()
        .map(|feed| feed.url.clone())
        .collect();
    let count = urls.len();
    let asked = futures::stream::iter(urls).map(|url| {
        let client = client.clone();
        async move {
            client
                .get(GetRequest::new(url))
                .await
                .is_ok_and(|response| response.is_success())
        }
    });
    let any = async {
        asked
            .buffer_unordered(count.max(1))
            .any(|is_up| async move { is_up })
            .await
    };
    let is_any = tokio::time::timeout(PROBE, any).await.unwrap_or(false);
    if is_shown {
        eprint!("\r\x1b[K");
    }
    is_any
}

async fn open_sample() -> Result<Served, Failure> {
    serve(Wire::load(SystemClock.now())?).await
}

async fn open(
    dir: &Path,
    environment: Environment,
    sample: Option<&Served>,
    is_json: bool,
    unsafe_durability: bool,
) -> Result<Arc<Folder>, Failure> {
    let options = OpenOptions {
        dir: dir.to_owned(),
        environment,
        progress: Arc::new(TerminalProgress::new(!is_json)),
        allow: sample.map(|served| served.host.clone()).into_iter().collect(),
        channels: sample
            .map(|_| Arc::new(SampleChannels::new(dir.to_owned())) as Arc<dyn copydesk_engine::Channels>),
        unsafe_durability,
    };
    let mut folder = Folder::open(options).await?;
    folder.is_daemon = is_watched(is_json);
    Ok(Arc::new(folder))
}

/// Whether somebody sits before it, so that it stays and serves the page.
fn is_watched(is_json: bool) -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !is_json
}

/// Starts the trial's run; unfinished trials before it give way.
async fn start(folder: &Folder, sample: Option<&Served>) -> Result<RunId, Failure> {
    let store = folder.engine.store();
    for open in store.open_runs().await? {
        let at = folder.engine.clock().now();
        store
            .apply(Write::RequestCancel {
                run: open.id.clone(),
                at,
            })
            .await?;
        folder.engine.advance(&open.id, &Scope::default()).await?;
    }
    let mut release = folder.release(PIPELINE)?;
    release.pipeline.pipeline.window = WINDOW;
    release.pipeline.issue.deck = Some(DECK.to_owned());
    release.config.approval.hold = HOLD;
    if let Some(served) = sample {
        release.pipeline.feeds.clone_from(&served.feeds);
        release.pipeline.issue.title_prefix = Some("SAMPLE".to_owned());
        release.pipeline.pipeline.beats = ["security", "cloud", "AI", "developer tools", "hardware"]
            .map(str::to_owned)
            .to_vec();
    }
    let notes = copydesk_config::notes::read(&folder.dir.join("notes"));
    for file in &notes.skipped {
        eprintln!("{file}");
    }
    let params = StartParams {
        release,
        slot: None,
        fixed_now: None,
        notes: notes.notes,
    };
    Ok(folder.engine.start(params).await?)
}

/// What a person reads at the end: what happened, where to read it, how to ask why.
fn report(
    folder: &Folder,
    view: &RunView,
    mut outcome: Outcome,
    out: &Path,
    page: Option<&str>,
    elapsed: Duration,
) -> Outcome {
    let said = |stage: &str| {
        let found = view.stages.iter().find(|view| view.stage.as_str() == stage);
        found
            .and_then(|stage| stage.reason.clone())
            .unwrap_or_else(|| "not done".to_owned())
    };
    let models: Vec<&str> = folder
        .workspace
        .config
        .models
        .keys()
        .map(copydesk_domain::ModelName::as_str)
        .collect();
    let model = if models.is_empty() {
        "no model, no key".to_owned()
    } else {
        models.join(", ")
    };
    let dir = relative(&folder.dir);
    let mut text = format!("{model} · state in {dir}\n");
    // On a terminal these lines stand above already, written as each stage ended.
    let is_said = std::io::stderr().is_terminal() && page.is_some();
    let stages: &[&str] = if is_said {
        &[]
    } else {
        &["research", "draft", "review"]
    };
    for stage in stages {
        let _ = writeln!(text, "{stage:<11}{}", said(stage));
    }
    let has_issue = out.join("issue.md").is_file();
    if has_issue {
        let _ = writeln!(
            text,
            "Ready in {:.1} s, {}.",
            elapsed.as_secs_f64(),
            view.spend_microusd
        );
        text.extend(page.map(|page| format!("Read it here; the link works once:\n{page}\n")));
        let _ = writeln!(text, "File   {}", relative(&out.join("issue.md")));
    } else {
        let _ = writeln!(
            text,
            "No issue: {}",
            view.reason.as_deref().unwrap_or("see the log")
        );
    }
    let _ = writeln!(text, "Why?   copydesk -C {} logs {}", quoted(&dir), view.run);
    outcome.talk.clear();
    outcome.text = text;
    outcome.with_exit(if has_issue { FINE } else { FAILED })
}

/// A path as a person in this folder would write it.
fn relative(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).map_or_else(
        |_| path.display().to_string(),
        |below| format!("./{}", below.display()),
    )
}

/// Opens the page where the system has a way to do so.
fn open_browser(page: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let quiet = std::process::Stdio::null;
    // No browser is no failure: the address is on the screen.
    let _ = std::process::Command::new(opener)
        .arg(page)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
}

/// Serves the page and moves the run on, until Ctrl-C.
async fn keep(folder: &Folder, id: &RunId, out: &Path) -> Result<(), Failure> {
    println!(
        "Approve it on the page: ten seconds later it is published to {}, and readers answer. Ctrl-C ends.",
        relative(&folder.dir.join("site"))
    );
    let asker = Asker::here(folder.shutdown.subscribe());
    let mut pace = Pace::new(folder, id, &asker);
    loop {
        let advanced = pace.advance().await?;
        export::write(folder, id, out).await?;
        if !pace.rest(&advanced).await? {
            return Ok(());
        }
    }
}
