//! The author's page, served for a trial or by the daemon.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use copydesk_domain::{PipelineName, RunId};
use copydesk_engine::StartParams;
use copydesk_web::{DeskOptions, Ready, Start};

use crate::app::Folder;
use crate::exit::{ENVIRONMENT, Failure, USAGE};

/// Ports after the configured one that a trial may take.
const TRIAL_PORTS: u16 = 20;

/// A served page.
pub struct Served {
    /// Its address, such as `http://127.0.0.1:7420`.
    pub base: String,
    /// A one-time login link.
    pub login: String,
}

/// Serves the page and gives the one-time login link to a run.
pub async fn open(folder: &Arc<Folder>, run: &RunId) -> Result<String, Failure> {
    Ok(serve(folder, TRIAL_PORTS, &format!("/runs/{run}")).await?.login)
}

/// Serves the page and the JSON API on exactly the configured port.
pub async fn serve_daemon(folder: &Arc<Folder>) -> Result<Served, Failure> {
    serve(folder, 0, "/").await
}

async fn serve(folder: &Arc<Folder>, try_next_ports: u16, path: &str) -> Result<Served, Failure> {
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
    let engine = folder.engine.clone();
    let options = DeskOptions {
        engine,
        start: start(folder),
        ready: ready(folder),
    };
    let stopping = folder.shutdown.subscribe();
    tokio::spawn(async move {
        if let Err(error) = copydesk_web::serve(listener, options, stopping).await {
            tracing::error!(%error, "the page stopped");
        }
    });
    let base = format!("http://{}", reachable(bound));
    let link = copydesk_web::login_link(&folder.engine, &base, path).await;
    let login = link.map_err(|error| {
        Failure::new(
            "CD010",
            ENVIRONMENT,
            error.to_string(),
            "check the disk under `data`",
        )
    })?;
    Ok(Served { base, login })
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
            let notes = copydesk_config::notes::read(&folder.dir.join("notes")).notes;
            let params = StartParams {
                release,
                slot: None,
                fixed_now: None,
                notes,
            };
            let started = folder.engine.start(params).await;
            let run = started.map_err(|error| error.to_string())?;
            folder.engine.nudge(&run);
            Ok(run)
        })
    })
}

fn ready(folder: &Folder) -> Ready {
    let stopping = folder.shutdown.subscribe();
    Arc::new(move || {
        if *stopping.borrow() {
            Err("the process is ending".to_owned())
        } else {
            Ok(())
        }
    })
}
