//! The wire's server on loopback.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use copydesk_config::FeedConfig;
use copydesk_net::HostPort;

use super::wire::{Source, Wire};
use super::{feeds, pages};
use crate::exit::{ENVIRONMENT, Failure};

/// A served wire.
#[derive(Debug, Clone)]
pub struct Served {
    /// Where it listens.
    pub host: HostPort,
    /// Its feeds, as a pipeline names them.
    pub feeds: Vec<FeedConfig>,
}

struct Shared {
    wire: Wire,
    base: String,
}

/// Serves the wire on a port of the system's choice for as long as the process lives.
pub async fn serve(wire: Wire) -> Result<Served, Failure> {
    let failed =
        |error: String| Failure::new("CD006", ENVIRONMENT, error, "the sample needs a loopback port");
    let listener = copydesk_net::listen_loopback()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let address = listener.local_addr().map_err(|error| failed(error.to_string()))?;
    let base = format!("http://{address}");
    let host = HostPort::parse(&address.to_string()).map_err(|error| failed(error.to_string()))?;
    let feeds = wire
        .sources
        .iter()
        .map(|source| feed_config(source, &base))
        .collect();
    let shared = Arc::new(Shared { wire, base });
    let router = Router::new()
        .route("/{source}/feed", get(feed))
        .route("/{source}/{slug}", get(page))
        .with_state(shared);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the sample wire stopped");
        }
    });
    Ok(Served { host, feeds })
}

fn feed_config(source: &Source, base: &str) -> FeedConfig {
    FeedConfig {
        url: format!("{base}/{}/feed", source.id),
        title: Some(source.title.clone()),
        beats: vec![source.beat.clone()],
        owner: Some(source.owner.clone()),
    }
}

async fn feed(State(shared): State<Arc<Shared>>, Path(source): Path<String>) -> Response {
    let Some(source) = shared.wire.sources.iter().find(|known| known.id == source) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if source.feed.status != 200 {
        return StatusCode::from_u16(source.feed.status)
            .unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
            .into_response();
    }
    let (media_type, body) = feeds::render(&shared.wire, source, &shared.base);
    ([(header::CONTENT_TYPE, media_type)], body).into_response()
}

async fn page(State(shared): State<Arc<Shared>>, Path((source, slug)): Path<(String, String)>) -> Response {
    let id = format!("{source}/{slug}");
    let post = shared.wire.posts.iter().find(|post| post.id == id);
    let source = shared.wire.sources.iter().find(|known| known.id == source);
    match (source, post) {
        (Some(source), Some(post)) => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            pages::render(source, post),
        )
            .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
