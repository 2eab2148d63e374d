//! An open folder: lock, store, tool servers, models and engine, wired together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use copydesk_config::{Blanks, Environment, McpServerConfig, ModelConfig, Release, Workspace};
use copydesk_domain::{Clock, PipelineName};
use copydesk_engine::replay::{Replayer, ReplayerOptions, settle_replays};
use copydesk_engine::{Channels, Engine, Services};
use copydesk_guard::CHECKER_VERSION;
use copydesk_journal::trace::TraceSink;
use copydesk_journal::{Channel, Progress, Stage};
use copydesk_llm::{Router, RouterOptions};
use copydesk_net::{Allow, GuardedClient, HostPort, SystemClock};
use copydesk_publish::OutboxFolder;
use copydesk_stages::{CustomStage, DraftStage, EngagementStage, ResearchStage, ReviewStage};
use copydesk_store::Store;
use copydesk_telemetry::Exporter;
use copydesk_tools::{Hub, HubOptions, Maildirs, ServerDeps};
use copydesk_web::Meter;
use tokio::sync::watch;

use crate::agents_desk::AgentsDesk;
use crate::exit::{ENVIRONMENT, Failure, USAGE};
use crate::files::Files;
use crate::live::Live;
use crate::lock::FolderLock;

/// Ends what a crash left half done. The folder has just become ours, so nobody is at work on it.
async fn settle(engine: &Engine) {
    if let Err(error) = settle_replays(engine.store().as_ref(), engine.clock().as_ref(), FOLDER_OWNER).await {
        tracing::warn!(%error, "a replay that was cut off stays as it is");
    }
    if let Err(error) = engine.settle_outbox().await {
        // The folder is in the way of answers only; they say so when they are approved.
        tracing::warn!(%error, "the outbox is left as it is");
    }
}

/// What opens a folder.
pub struct OpenOptions {
    /// The folder of config.toml.
    pub dir: PathBuf,
    /// Environment variables.
    pub environment: Environment,
    /// Who watches the stages.
    pub progress: Arc<dyn Progress>,
    /// Servers inside this process that feeds and pages may name, beside `[net] allow`.
    pub allow: Vec<HostPort>,
    /// Wraps the channels of a release, for the sample week.
    pub channels: Option<Arc<dyn Channels>>,
    /// `synchronous = "normal"` is accepted.
    pub unsafe_durability: bool,
}

/// An open folder.
pub struct Folder {
    /// The folder of config.toml.
    pub dir: PathBuf,
    /// Environment variables.
    pub environment: Environment,
    /// Its files, as they are now.
    pub files: Arc<Files>,
    /// The same, as read at the start.
    pub workspace: Arc<Workspace>,
    /// The engine.
    pub engine: Engine,
    /// Who replays; it was handed no channel.
    pub replayer: Replayer,
    /// Tool servers.
    pub hub: Arc<Hub>,
    /// Models.
    pub router: Router,
    /// What bundled tool servers work with.
    pub deps: ServerDeps,
    /// Turns true when the process is to end.
    pub shutdown: watch::Sender<bool>,
    /// Who sends spans to a collector, if one is named.
    pub telemetry: Option<Exporter>,
    /// Who counts for `/metrics`, if anybody.
    pub meter: Option<Arc<Meter>>,
    /// Whether this process stays and moves runs on by itself.
    pub is_daemon: bool,
    /// Address of the page, such as `http://127.0.0.1:7420`, once it is served.
    pub page: watch::Sender<Option<String>>,
    _lock: FolderLock,
}

impl Folder {
    /// Opens a folder. Fails where another process owns it.
    pub async fn open(options: OpenOptions) -> Result<Self, Failure> {
        // Nothing is made in a folder that is not ours; its files are read once it is.
        require_folder(&options.dir)?;
        let lock = crate::lock::own(&options.dir).await?;
        Self::open_owned(options, lock).await
    }

    /// Opens a folder that is ours.
    pub async fn open_owned(options: OpenOptions, lock: FolderLock) -> Result<Self, Failure> {
        let files = Files::new(&options.dir, &options.environment);
        let workspace = files.load()?;
        Self::wire(options, files, workspace, lock).await
    }

    /// Opens a folder that is ours and whose files have errors, with what could be read of them: for commands that need
    /// only what is stored.
    pub async fn open_spoilt(
        options: OpenOptions,
        read: Workspace,
        lock: FolderLock,
    ) -> Result<Self, Failure> {
        let files = Files::new(&options.dir, &options.environment);
        Self::wire(options, files, Arc::new(read), lock).await
    }

    async fn wire(
        options: OpenOptions,
        files: Files,
        workspace: Arc<Workspace>,
        lock: FolderLock,
    ) -> Result<Self, Failure> {
        let store = crate::database::open(&options, &workspace).await?;
        let files = Arc::new(files);
        copydesk_net::install_crypto();
        let (shutdown, stopping) = watch::channel(false);
        let mut deps = server_deps(&options, &files, &workspace, &store)?;
        let clock = Arc::clone(&deps.clock);
        let hub = Arc::new(Hub::new(hub_options(&options, &workspace, &deps)?));
        let router = router(&options, &clock, Arc::clone(&store), stopping.clone()).await?;
        let channels: Arc<dyn Channels> = options.channels.clone().unwrap_or_else(|| {
            Arc::new(FolderChannels {
                dir: options.dir.clone(),
                environment: options.environment.clone(),
            })
        });
        let mut replayer = Replayer::new(ReplayerOptions {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            stages: stages(),
            models: Arc::new(router.clone()),
            tools: hub.clone(),
            progress: Arc::clone(&options.progress),
            owner: FOLDER_OWNER.to_owned(),
            shutdown: stopping.clone(),
        });
        let telemetry =
            crate::telemetry::start(&workspace.config, &options.environment, &options.dir, &clock)?;
        let mut engine = Engine::new(Services {
            store,
            clock,
            tools: hub.clone(),
            models: Arc::new(router.clone()),
            progress: Arc::new(Live::around(options.progress)),
            stages: stages(),
            channels,
            answers: Arc::new(OutboxFolder::new(options.dir.join("outbox"))),
            owner: FOLDER_OWNER.to_owned(),
            shutdown: stopping,
        });
        let sinks = telemetry.iter().map(Exporter::sink).collect();
        let config = &workspace.config;
        if let Some(tracer) = crate::telemetry::tracer(sinks, config, &options.environment, engine.clock()) {
            replayer = replayer.traced_by(tracer.clone());
            engine = engine.traced_by(tracer);
        }
        settle(&engine).await;
        deps.desk = Some(Arc::new(AgentsDesk::new(engine.clone())));
        Ok(Self {
            dir: options.dir,
            environment: options.environment,
            workspace,
            engine,
            replayer,
            hub,
            router,
            deps,
            shutdown,
            files,
            telemetry,
            meter: None,
            is_daemon: false,
            page: watch::Sender::new(None),
            _lock: lock,
        })
    }

    /// The release that a new run of a pipeline is pinned to, from the files as they are now.
    pub fn release(&self, pipeline: &str) -> Result<Release, Failure> {
        release(&*self.files.load()?, pipeline)
    }

    /// Has what stages do from now on counted for `/metrics`.
    pub fn count(&mut self) {
        let meter = Arc::new(Meter::default());
        let mut sinks: Vec<Arc<dyn TraceSink>> = vec![meter.clone()];
        sinks.extend(self.telemetry.iter().map(Exporter::sink));
        let (config, clock) = (&self.workspace.config, Arc::clone(self.engine.clock()));
        if let Some(tracer) = crate::telemetry::tracer(sinks, config, &self.environment, &clock) {
            self.replayer = self.replayer.clone().traced_by(tracer.clone());
            self.engine = self.engine.clone().traced_by(tracer);
        }
        self.meter = Some(meter);
    }

    /// Ends sessions with tool servers, so that no child outlives us, and sends the last spans.
    pub async fn close(&self) {
        let _ = self.shutdown.send(true);
        self.hub.close().await;
        if let Some(telemetry) = &self.telemetry {
            telemetry.finish().await;
        }
    }
}

/// What the bundled servers work with; the desk comes with the engine.
fn server_deps(
    options: &OpenOptions,
    files: &Arc<Files>,
    workspace: &Workspace,
    store: &Arc<dyn Store>,
) -> Result<ServerDeps, Failure> {
    let allow = allow(workspace, &options.allow)?;
    Ok(ServerDeps {
        store: Arc::clone(store),
        client: GuardedClient::new(copydesk_net::Options::new(allow, USER_AGENT)),
        clock: Arc::new(SystemClock),
        folder: options.dir.clone(),
        maildirs: maildirs(files, workspace),
        desk: None,
    })
}

/// The Maildirs that the pipelines name, as the files are when somebody asks. While they cannot be read, what they last
/// said holds.
fn maildirs(files: &Arc<Files>, workspace: &Workspace) -> Maildirs {
    let named = |workspace: &Workspace| -> Vec<String> {
        let pipelines = workspace.pipelines.values();
        let named: BTreeSet<&String> = pipelines.filter_map(|one| one.replies.maildir.as_ref()).collect();
        named.into_iter().cloned().collect()
    };
    let last = Mutex::new(named(workspace));
    let files = Arc::clone(files);
    Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(workspace) = files.look() {
            *last = named(&workspace);
        }
        last.clone()
    })
}

/// Who leases runs: whoever holds `data/lock`. One name for all processes, so that the one after a crash takes over the
/// dead one's leases at once; the fence rises all the same.
const FOLDER_OWNER: &str = "owner of the folder";

/// How we call ourselves to servers.
pub const USER_AGENT: &str = concat!("copydesk/", env!("CARGO_PKG_VERSION"));

/// The release of a pipeline of a loaded folder.
pub fn release(workspace: &Workspace, pipeline: &str) -> Result<Release, Failure> {
    Release::of(workspace, pipeline, CHECKER_VERSION).map_err(|error| {
        let text = format!("no pipeline is called `{}`", error.name);
        Failure::new("CD008", USAGE, text, pipelines_there_are(workspace))
    })
}

/// The hint to a wrong name.
pub fn pipelines_there_are(workspace: &Workspace) -> String {
    let names: Vec<&str> = workspace.pipelines.keys().map(PipelineName::as_str).collect();
    if names.is_empty() {
        return "there is no pipeline yet; `copydesk init DIR` writes `pipelines/daily.toml`".to_owned();
    }
    format!("the pipelines are: {}", names.join(", "))
}

/// Reads a folder's files.
pub fn load(dir: &Path, environment: &Environment) -> Result<Workspace, Failure> {
    require_folder(dir)?;
    Ok(Workspace::load(dir, environment)?)
}

/// That a folder is one of ours.
pub fn require_folder(dir: &Path) -> Result<(), Failure> {
    if has_config(dir)? {
        return Ok(());
    }
    crate::backup::require_finished(dir)?;
    Err(Failure::new(
        "CD002",
        USAGE,
        format!("there is no config.toml in {}", dir.display()),
        "make a folder with `copydesk init DIR`, then use -C DIR",
    ))
}

/// Whether a folder has a config.toml, and so is one of ours.
///
/// # Errors
/// CD010 where that cannot be told, or where it is no file: what is there is not absent.
pub fn has_config(dir: &Path) -> Result<bool, Failure> {
    let file = dir.join("config.toml");
    let place = file.display().to_string();
    match std::fs::metadata(&file) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(Failure::new(
            "CD010",
            ENVIRONMENT,
            format!("{place} is no file"),
            "move it away; `copydesk init DIR` writes the file",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::io(&place, &error)),
    }
}

/// What feeds and pages may name beside public addresses: `[net] allow`, and servers inside this process.
pub fn allow(workspace: &Workspace, inside: &[HostPort]) -> Result<Allow, Failure> {
    let wrong = |error: copydesk_net::HostPortError| {
        Failure::new(
            "CD001",
            USAGE,
            format!("config.toml: [net] allow: {error}"),
            "write host:port, such as 127.0.0.1:8899",
        )
    };
    let mut hosts: Vec<HostPort> = workspace
        .config
        .net
        .allow
        .iter()
        .map(|text| HostPort::parse(text))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    hosts.extend(inside.iter().cloned());
    Ok(Allow::of(hosts))
}

fn hub_options(
    options: &OpenOptions,
    workspace: &Workspace,
    deps: &ServerDeps,
) -> Result<HubOptions, Failure> {
    let mut servers: BTreeMap<String, McpServerConfig> = BTreeMap::new();
    let mut hosts = Vec::new();
    for (name, server) in &workspace.config.mcp_servers {
        let missing = |error: copydesk_config::SecretError| {
            Failure::new(
                "CD001",
                USAGE,
                format!("config.toml: [mcpServers.{name}]: {error}"),
                "set the variable, or take it out",
            )
        };
        let mut server = server.clone();
        let env = options.environment.of_server(&server).map_err(missing)?;
        server.env = env
            .into_iter()
            .map(|(key, value)| (key, value.reveal().to_owned()))
            .collect();
        let headers = options.environment.headers_of(&server).map_err(missing)?;
        server.headers = headers
            .into_iter()
            .map(|(key, value)| (key, value.reveal().to_owned()))
            .collect();
        if let Some(url) = &server.url {
            hosts.extend(HostPort::of_url(url).ok());
        }
        servers.insert(name.clone(), server);
    }
    let http = copydesk_net::trusted_client(&hosts).map_err(|error| {
        Failure::new(
            "CD010",
            ENVIRONMENT,
            error.to_string(),
            "check the system's certificates",
        )
    })?;
    let given = workspace.config.mcp_servers.values();
    let secrets = Blanks::of(given.flat_map(|server| options.environment.secrets_of_server(server)));
    Ok(HubOptions {
        servers,
        secrets,
        child_env: options.environment.for_children(),
        guard: own_program(),
        bundled: copydesk_tools::bundled(deps),
        store: Arc::clone(&deps.store),
        http,
        clock: Arc::clone(&deps.clock),
        stderr: Arc::new(|server, line| tracing::debug!(target: "copydesk::tool_server", server, line)),
    })
}

/// This program, also after an upgrade has put another file into its place.
fn own_program() -> Option<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Some(running.to_owned());
    }
    std::env::current_exe().ok()
}

/// The router, with the embedded model running inside this process.
async fn router(
    options: &OpenOptions,
    clock: &Arc<dyn Clock>,
    store: Arc<dyn Store>,
    mut stopping: watch::Receiver<bool>,
) -> Result<Router, Failure> {
    let no_port = |error: String| {
        Failure::new(
            "CD006",
            ENVIRONMENT,
            error,
            "the embedded model needs a loopback port",
        )
    };
    let listener = copydesk_net::listen_loopback()
        .await
        .map_err(|error| no_port(error.to_string()))?;
    let address = listener
        .local_addr()
        .map_err(|error| no_port(error.to_string()))?;
    tokio::spawn(async move {
        let stopped = async move {
            let _ = stopping.wait_for(|is_set| *is_set).await;
        };
        if let Err(error) = copydesk_llm::embedded::serve(listener, stopped).await {
            tracing::error!(%error, "the embedded model stopped");
        }
    });
    let (environment, dir) = (options.environment.clone(), options.dir.clone());
    let keys = move |model: &ModelConfig| match environment.api_key(model, &dir) {
        Ok(key) => Ok(key.map(|key| key.reveal().to_owned())),
        Err(error) => Err(error.to_string()),
    };
    let environment = options.environment.clone();
    let expand = move |text: &str| match environment.expand(text) {
        Ok(filled) => Ok(filled.reveal().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Ok(Router::new(RouterOptions {
        expand: Arc::new(expand),
        store: Some(store),
        ..RouterOptions::new(address, Arc::new(keys), Arc::clone(clock))
    }))
}

/// The stages that are built in, by agent.
pub fn stages() -> HashMap<&'static str, Arc<dyn Stage>> {
    let all: [Arc<dyn Stage>; 5] = [
        Arc::new(ResearchStage),
        Arc::new(DraftStage),
        Arc::new(ReviewStage::new(copydesk_publish::renderers())),
        Arc::new(EngagementStage),
        Arc::new(CustomStage),
    ];
    all.into_iter().map(|stage| (stage.agent(), stage)).collect()
}

/// Channels relative to the folder of config.toml.
pub struct FolderChannels {
    /// The folder.
    pub dir: PathBuf,
    /// Environment variables, for keys.
    pub environment: Environment,
}

impl Channels for FolderChannels {
    fn open(&self, release: &Release) -> Vec<Arc<dyn Channel>> {
        copydesk_publish::channels(&release.pipeline, &self.dir, &|config| {
            self.environment
                .channel_key(config, &self.dir)
                .map_err(|error| error.to_string())
        })
    }
}
