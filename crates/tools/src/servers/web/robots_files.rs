//! robots.txt of each host, asked for at most once a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use copydesk_domain::Instant;
use copydesk_net::{FetchError, GetRequest};
use jiff::SignedDuration;
use tokio::sync::Mutex as AsyncMutex;
use url::{Position, Url};

use super::robots::Robots;
use crate::servers::deps::ServerDeps;
use crate::servers::fault::{ToolFault, fetch_fault};

/// The name that rules for us are written under.
const AGENT: &str = "copydesk";
/// A file is used for a day (RFC 9309, section 2.4).
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Hosts remembered before the list starts anew.
const HOSTS_KEPT: usize = 2_000;
/// Bytes of a file; what lies behind the first 500 KiB counts for nothing anyway.
const BYTES_MAX: usize = 1024 * 1024;

type Entry = Arc<AsyncMutex<Option<(Arc<Robots>, Instant)>>>;

/// The files read so far.
#[derive(Debug, Default)]
pub(super) struct RobotsFiles(Mutex<HashMap<String, Entry>>);

impl RobotsFiles {
    /// Passes if `url` may be read.
    pub(super) async fn check(&self, deps: &ServerDeps, url: &Url) -> Result<(), ToolFault> {
        let origin = &url[..Position::BeforePath];
        let entry = self.entry(origin);
        // Held while the file is fetched, so that ten pages of a host do not ask for it ten times.
        let mut kept = entry.lock().await;
        let now = deps.clock.now();
        let robots = match &*kept {
            Some((robots, read_at)) if now.since(*read_at) < KEPT_FOR && now >= *read_at => {
                Arc::clone(robots)
            }
            _ => {
                let robots = Arc::new(fetch(deps, origin).await?);
                *kept = Some((Arc::clone(&robots), now));
                robots
            }
        };
        drop(kept);
        if robots.allows(&url[Position::BeforePath..Position::AfterQuery]) {
            return Ok(());
        }
        Err(ToolFault::new(format!(
            "robots.txt of {origin} does not allow {}",
            url.path()
        )))
    }

    fn entry(&self, origin: &str) -> Entry {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_KEPT {
            hosts.clear();
        }
        Arc::clone(hosts.entry(origin.to_owned()).or_default())
    }
}

/// The file of an origin. One that does not exist (4xx) allows everything; while it cannot be had, nothing is allowed
/// (RFC 9309, sections 2.3.1.3 and 2.3.1.4).
async fn fetch(deps: &ServerDeps, origin: &str) -> Result<Robots, ToolFault> {
    let unavailable =
        |why: String| ToolFault::new(format!("robots.txt of {origin} cannot be read now ({why})"));
    let mut request = GetRequest::new(format!("{origin}/robots.txt"));
    request.accept = Some("text/plain, */*;q=0.1".to_owned());
    request.body_bytes_max = Some(BYTES_MAX);
    match deps.client.get(request).await {
        Ok(response) if response.is_success() => Ok(Robots::parse(&response.body, AGENT)),
        Ok(response) if (400..500).contains(&response.status) => Ok(Robots::default()),
        // Something is there that is no file of rules: a page that redirects for ever, or a download.
        Err(
            FetchError::TooLarge { .. }
            | FetchError::RedirectLoop { .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::CookiesWanted { .. },
        ) => Ok(Robots::default()),
        Err(FetchError::RetryLater { status: 429, .. }) => Err(unavailable("HTTP 429".to_owned())),
        Ok(response) => Err(unavailable(format!("HTTP {}", response.status))),
        // The page itself would fail in the same way; say what is wrong with the host, not with its robots.txt.
        Err(
            error @ (FetchError::Refused { .. }
            | FetchError::Unresolved { .. }
            | FetchError::Unreachable { .. }),
        ) => Err(ToolFault::new(fetch_fault(&error))),
        Err(error) => Err(unavailable(fetch_fault(&error))),
    }
}
