//! A server of a test: a router on a port of its own.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A running server; it ends with the test.
pub struct Served {
    /// Where it listens: loopback, a port of the machine's choice.
    pub address: SocketAddr,
    _runtime: Runtime,
}

impl Served {
    /// Serves from a thread of its own.
    pub fn start(router: Router) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            _runtime: runtime,
        }
    }
}
