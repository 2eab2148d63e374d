//! What the desk works with.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use copydesk_domain::{PipelineName, RunId};
use copydesk_engine::Engine;
use tokio::sync::watch;

use crate::api::KnownTokens;
use crate::metrics::Counters;

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
    /// Turns true when the process is to end.
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Desk {
    pub(crate) fn new(options: DeskOptions, address: SocketAddr, shutdown: watch::Receiver<bool>) -> Self {
        Self(Arc::new(DeskState {
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
