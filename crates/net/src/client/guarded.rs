//! The client: judge, take a turn, dial, read, follow.

use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::Clock;
use reqwest::header::{self, HeaderValue};
use tokio::time::Instant;

use super::dial::{Dial, NetDialer, connect};
use super::exchange::{self, Reply};
use super::redirect::{Moved, Trail};
use super::retry_after::retry_after;
use super::turns::Turns;
use super::{FetchError, GetRequest, Response};
use crate::address::{Allow, Decision, Target, decide, short};
use crate::clock::SystemClock;
use crate::resolve::{Resolve, SystemResolver};

/// What a [`GuardedClient`] may do, and for how long.
#[derive(Clone)]
pub struct Options {
    /// Exact hosts and ports that may be dialled although they are not public.
    pub allow: Allow,
    /// `User-Agent`; characters outside visible ASCII are left out.
    pub user_agent: String,
    /// Longest time for one request with its redirects and bodies, waiting for a turn apart.
    pub total_timeout: Duration,
    /// Longest time for finding and reaching a host, TLS included.
    pub connect_timeout: Duration,
    /// Bytes of the longest body, unpacked.
    pub body_bytes_max: usize,
    /// Redirects followed in one request.
    pub redirects_max: usize,
    /// Connections to one host at a time.
    pub per_host: usize,
    /// Where names are looked up.
    pub resolver: Arc<dyn Resolve>,
    /// Tells the time for dates in `Retry-After`.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The limits of a polite reader: 30 s in all, 10 s to connect, 20 MiB, five redirects, four connections a
    /// host; the system's resolver and clock.
    pub fn new(allow: Allow, user_agent: impl Into<String>) -> Self {
        Self {
            allow,
            user_agent: user_agent.into(),
            total_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            body_bytes_max: 20 * 1024 * 1024,
            redirects_max: 5,
            per_host: 4,
            resolver: Arc::new(SystemResolver),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Fetches addresses that came from feeds, pages or models, without ever dialling one that is not public or
/// named in `allow`.
///
/// Sends GET only, and neither credentials nor cookies; asks for gzip; speaks HTTP/1.1; ignores the proxies of
/// the environment. Cheap to clone: clones share their limits.
#[derive(Clone)]
pub struct GuardedClient {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    user_agent: HeaderValue,
    turns: Turns,
    dialer: Box<dyn Dial>,
}

impl std::fmt::Debug for GuardedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedClient")
            .field("allow", &self.shared.options.allow)
            .finish_non_exhaustive()
    }
}

/// What one request to one address led to.
enum Step {
    Moved(Moved),
    Answered(Response),
}

impl GuardedClient {
    /// A client with these options. Opens nothing yet.
    pub fn new(options: Options) -> Self {
        Self::with_dialer(options, NetDialer::default())
    }

    /// A client that opens its connections through `dialer`.
    pub(super) fn with_dialer(options: Options, dialer: impl Dial) -> Self {
        let visible: String = options
            .user_agent
            .chars()
            .filter(|c| matches!(c, ' '..='~'))
            .collect();
        let user_agent = HeaderValue::from_str(&visible).expect("visible ASCII may stand in a header");
        let turns = Turns::new(options.per_host);
        Self {
            shared: Arc::new(Shared {
                options,
                user_agent,
                turns,
                dialer: Box::new(dialer),
            }),
        }
    }

    /// Fetches one address, following redirects.
    ///
    /// # Errors
    /// See [`FetchError`]: refusals, limits, and what networks do. Statuses are no errors, 429 and 503 apart.
    pub async fn get(&self, request: GetRequest) -> Result<Response, FetchError> {
        let options = &self.shared.options;
        let mut target = match decide(&request.url, &options.allow) {
            Decision::Allowed(target) => target,
            Decision::Refused(refusal) => {
                return Err(FetchError::Refused {
                    url: short(&request.url),
                    refusal,
                });
            }
        };
        let mut trail = Trail::new(options.redirects_max);
        let mut time_left = options.total_timeout;
        loop {
            let turn = self.shared.turns.take(target.at().host()).await;
            let started = Instant::now();
            let step = tokio::time::timeout(time_left, self.step(&target, &request))
                .await
                .map_err(|_| FetchError::Timeout {
                    at: target.at().to_string(),
                    after: options.total_timeout,
                })??;
            drop(turn);
            time_left = time_left.saturating_sub(started.elapsed());
            target = match step {
                Step::Moved(moved) => trail.follow(&target, &moved, &options.allow)?,
                Step::Answered(response) => {
                    return Ok(Response {
                        redirects: trail.into_hops(),
                        ..response
                    });
                }
            };
        }
    }

    /// One connection, one request, one response.
    async fn step(&self, target: &Target, request: &GetRequest) -> Result<Step, FetchError> {
        let Shared {
            options,
            user_agent,
            dialer,
            ..
        } = &*self.shared;
        let connection = connect(target, &*options.resolver, &**dialer, options.connect_timeout).await?;
        let mut headers = request.headers();
        headers.insert(header::USER_AGENT, user_agent.clone());
        let reply = exchange::send(connection, target, headers).await?;
        if let Some(moved) = Moved::read(reply.status, &reply.headers) {
            return Ok(Step::Moved(moved));
        }
        let bytes_max = request
            .body_bytes_max
            .map_or(options.body_bytes_max, |max| max.min(options.body_bytes_max));
        self.answer(target, reply, bytes_max).await.map(Step::Answered)
    }

    async fn answer(&self, target: &Target, reply: Reply, bytes_max: usize) -> Result<Response, FetchError> {
        let status = reply.status;
        let retry_after = retry_after(&reply.headers, self.shared.options.clock.now());
        if matches!(status, 429 | 503) {
            return Err(FetchError::RetryLater {
                at: target.at().to_string(),
                status,
                after: retry_after,
            });
        }
        let (headers, body) = reply.into_body(bytes_max).await?;
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let final_url = target.url().to_string();
        Ok(Response {
            status,
            final_url,
            redirects: Vec::new(),
            headers,
            body,
            content_type,
            retry_after,
        })
    }
}
