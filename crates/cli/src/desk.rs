//! The author's page, served for a trial or by the daemon.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use copydesk_domain::{PipelineName, RunId};
use copydesk_engine::StartParams;
use copydesk_engine::daemon::Heartbeat;
use copydesk_llm::EndpointState;
use copydesk_telemetry::Exporter;
use copydesk_web::{Around, DeskOptions, EndpointHealth, Ready, Start};
use tokio::time::Instant as Tick;

use crate::app::Folder;
use crate::exit::{ENVIRONMENT, Failure, USAGE};

/// Ports after the configured one that a trial may take.
const TRIAL_PORTS: u16 = 20;

/// Serves the page and gives the one-time login link to a run.
pub async fn open(folder: &Arc<Folder>, run: &RunId) -> Result<String, Failure> {
    let alive: Ready = Arc::new(|| Ok(()));
    let health = Health {
        ready: ready(folder, Arc::clone(&alive)),
        alive,
    };
    let bound = bind(folder, TRIAL_PORTS).await?;
    bound.serve(folder, &format!("/runs/{run}"), health).await
}

/// Binds exactly the configured port.
pub async fn bind_daemon(folder: &Folder) -> Result<Bound, Failure> {
    bind(folder, 0).await
}

/// What `/healthz` and `/readyz` ask.
struct Health {
    alive: Ready,
    ready: Ready,
}

/// A bound port that nobody serves yet.
pub struct Bound {
    listener: tokio::net::TcpListener,
    /// Address of the page, such as `http://127.0.0.1:7420`.
    pub base: String,
}

async fn bind(folder: &Folder, try_next_ports: u16) -> Result<Bound, Failure> {
    let listen = &folder.workspace.config.web.listen;
    let address: SocketAddr = listen.parse().map_err(|_| {
        let error = format!("config.toml: [web] listen: `{listen}` is not an address and a port");
        Failure::new("CD001", USAGE, error, "write it as \"127.0.0.1:7420\"")
    })?;
    let listener = copydesk_net::listen(address, try_next_ports)
        .await
        .map_err(|error| {
            let hint =
                "the key is `listen` of [web] in config.toml; `ss -ltnp` names programs with their ports";
            Failure::new("CD006", ENVIRONMENT, error.to_string(), hint)
        })?;
    let bound = listener
        .local_addr()
        .map_err(|error| Failure::io("the page's port", &error))?;
    if address.port() != 0 && bound.port() != address.port() {
        eprintln!("{address} is in use: the page is at port {}", bound.port());
    }
    let base = format!("http://{}", reachable(bound));
    Ok(Bound { listener, base })
}

impl Bound {
    /// Serves the page and the JSON API of a daemon, and gives a one-time login link.
    pub async fn serve_daemon(self, folder: &Arc<Folder>, heartbeat: Heartbeat) -> Result<String, Failure> {
        let of_alive = heartbeat.clone();
        let looked: Ready = Arc::new(move || heartbeat.pulse().ready(Tick::now()));
        let health = Health {
            alive: Arc::new(move || of_alive.pulse().alive(Tick::now())),
            ready: ready(folder, looked),
        };
        self.serve(folder, "/", health).await
    }

    async fn serve(self, folder: &Arc<Folder>, path: &str, health: Health) -> Result<String, Failure> {
        let options = DeskOptions {
            engine: folder.engine.clone(),
            start: start(folder),
            alive: health.alive,
            ready: health.ready,
            meter: folder.meter.clone(),
            around: around(folder),
        };
        let stopping = folder.shutdown.subscribe();
        let listener = self.listener;
        tokio::spawn(async move {
            if let Err(error) = copydesk_web::serve(listener, options, stopping).await {
                tracing::error!(%error, "the page stopped");
            }
        });
        let link = copydesk_web::login_link(&folder.engine, &self.base, path).await;
        // From now on others can ask for a link too.
        folder.page.send_replace(Some(self.base));
        link.map(|link| link.url).map_err(Failure::from)
    }
}

/// How an endpoint of a model does.
fn health(state: EndpointState) -> EndpointHealth {
    EndpointHealth {
        is_left_alone: state.breaker != "closed",
        base_url: state.base_url,
        model: state.model,
        opened: state.opened,
        in_flight: state.in_flight,
        waits: state.waits,
        waited_ms: state.waited_ms,
    }
}

/// Sizes of the database, what the collector did not get, and how the endpoints of models do.
fn around(folder: &Arc<Folder>) -> Arc<dyn Fn() -> Around + Send + Sync> {
    let folder = Arc::clone(folder);
    Arc::new(move || {
        let database = folder.dir.join(&folder.workspace.config.store.path);
        let wal = format!("{}-wal", database.display());
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        Around {
            database_bytes: size(&database),
            wal_bytes: size(Path::new(&wal)),
            spans_dropped: folder.telemetry.as_ref().map(Exporter::dropped),
            endpoints: folder.router.endpoint_states().into_iter().map(health).collect(),
        }
    })
}

/// An address that a browser on this machine can open.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// Starts runs from the files as they are now; whoever owns the folder advances them.
fn start(folder: &Arc<Folder>) -> Start {
    let folder = Arc::clone(folder);
    Arc::new(move |pipeline: PipelineName| {
        let folder = Arc::clone(&folder);
        Box::pin(async move {
            let release = folder
                .release(pipeline.as_str())
                .map_err(|failure| format!("{}; {}", failure.error, failure.hint))?;
            let notes = copydesk_config::notes::read(&folder.dir.join("notes"));
            for file in &notes.skipped {
                tracing::warn!("{file}");
            }
            let params = StartParams {
                release,
                slot: None,
                fixed_now: None,
                notes: notes.notes,
            };
            let started = folder.engine.start(params).await;
            let run = started.map_err(|error| error.to_string())?;
            folder.engine.nudge(&run);
            Ok(run)
        })
    })
}

/// Not ending, and whatever else it takes.
fn ready(folder: &Folder, and: Ready) -> Ready {
    let stopping = folder.shutdown.subscribe();
    Arc::new(move || {
        if *stopping.borrow() {
            return Err("the process is ending".to_owned());
        }
        and()
    })
}
