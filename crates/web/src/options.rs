//! What the desk works with.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use copydesk_domain::{Instant, PipelineName, RunId};
use copydesk_engine::Engine;
use tokio::sync::watch;

use crate::api::KnownTokens;
use crate::metrics::{Around, Counters, Meter};

/// A run being started.
pub type Starting = Pin<Box<dyn Future<Output = Result<RunId, String>> + Send>>;

/// Starts a new run of a pipeline, always. Who owns the folder advances it.
pub type Start = Arc<dyn Fn(PipelineName) -> Starting + Send + Sync>;

/// Whether all is well; if not, why.
pub type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the desk works with.
#[derive(Clone)]
pub struct DeskOptions {
    /// The engine, which carries out every decision.
    pub engine: Engine,
    /// Starts runs.
    pub start: Start,
    /// For `/healthz`: whether whatever drives this process still moves.
    pub alive: Ready,
    /// For `/readyz`.
    pub ready: Ready,
    /// For `/metrics`: what stages, models and tools did; none where nobody counts.
    pub meter: Option<Arc<Meter>>,
    /// For `/metrics`.
    pub around: Arc<dyn Fn() -> Around + Send + Sync>,
}

/// The desk as handlers see it.
#[derive(Clone)]
pub(crate) struct Desk(Arc<DeskState>);

pub(crate) struct DeskState {
    pub(crate) options: DeskOptions,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) counters: Counters,
    /// Tokens of the API that were good of late.
    pub(crate) tokens: KnownTokens,
    pub(crate) started_at: Instant,
    /// Turns true when the process is to end.
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Desk {
    pub(crate) fn new(options: DeskOptions, address: SocketAddr, shutdown: watch::Receiver<bool>) -> Self {
        let started_at = options.engine.clock().now();
        Self(Arc::new(DeskState {
            started_at,
            options,
            address,
            counters: Counters::default(),
            tokens: KnownTokens::default(),
            shutdown,
        }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.options.engine
    }
}

impl Deref for Desk {
    type Target = DeskState;

    fn deref(&self) -> &DeskState {
        &self.0
    }
}
