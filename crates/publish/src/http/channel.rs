//! Payload to receiver.

use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::Secret;
use copydesk_domain::{ChannelName, Instant};
use copydesk_journal::{AfterDoubt, Approved, Channel, ChannelError, Delivery, Found, PayloadBytes};
use copydesk_net::{HostPort, HttpAnswer, HttpClient, HttpFault};

use super::judge;
use super::listing::{self, Wanted};
use super::payload;

/// The header that carries the key.
///
/// # Source
/// draft-ietf-httpapi-idempotency-key-header
const KEY_HEADER: &str = "Idempotency-Key";

/// How an HTTP channel is opened.
pub struct HttpOptions {
    /// The channel's name in the pipeline.
    pub name: ChannelName,
    /// Where issues are posted.
    pub url: String,
    /// What the receiver can do about a call that broke off.
    pub after_doubt: AfterDoubt,
    /// Where one issue is looked up, with `{key}`, `{hash}` or `{slug}` in it.
    pub look_up_url: Option<String>,
    /// Where the newest issues are listed.
    pub list_url: Option<String>,
    /// The bearer key, if there is one; an error says why it cannot be read.
    pub key: Result<Option<Secret>, String>,
    /// Longest time for one call.
    pub timeout: Duration,
}

/// Posts issues to an address that the author wrote.
pub struct HttpChannel {
    options: HttpOptions,
    client: Result<HttpClient, String>,
}

impl HttpChannel {
    /// Opens a channel; dials nothing. Its client reaches the hosts of its own addresses alone, and follows no redirect.
    pub fn open(options: HttpOptions) -> Self {
        let addresses = [
            Some(&options.url),
            options.look_up_url.as_ref(),
            options.list_url.as_ref(),
        ];
        let hosts: Result<Vec<HostPort>, String> = addresses
            .into_iter()
            .flatten()
            .map(|url| HostPort::of_url(url).map_err(|error| error.to_string()))
            .collect();
        let client = hosts
            .and_then(|hosts| HttpClient::new(&hosts, options.timeout).map_err(|error| error.to_string()));
        Self { options, client }
    }

    /// What keeps it from calling, before it has called.
    fn ready(&self) -> Result<(&HttpClient, Option<String>), ChannelError> {
        let refused = |reason: &String| ChannelError::Refused {
            reason: reason.clone(),
        };
        let client = self.client.as_ref().map_err(refused)?;
        let key = self.options.key.as_ref().map_err(refused)?;
        Ok((client, key.as_ref().map(|key| format!("Bearer {}", key.reveal()))))
    }

    async fn look_at(&self, url: &str) -> Result<HttpAnswer, ChannelError> {
        let (client, bearer) = self.ready()?;
        let mut headers = vec![("Accept", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        client.get(url, &headers).await.map_err(not_told)
    }

    async fn look_up(&self, pattern: &str, payload: &PayloadBytes, key: &str) -> Result<Found, ChannelError> {
        let hash = payload.payload.hash.to_string();
        let url = pattern
            .replace("{key}", key)
            .replace("{hash}", &hash)
            .replace("{slug}", &payload.slug);
        let answer = self.look_at(&url).await?;
        match answer.status {
            200..=299 => Ok(judge::looked_up(
                &answer,
                pattern,
                (key, &hash),
                &self.options.url,
            )),
            404 | 410 => Ok(Found::No),
            status => Err(no_answer(status)),
        }
    }

    async fn list(&self, url: &str, wanted: &Wanted<'_>) -> Result<Found, ChannelError> {
        let answer = self.look_at(url).await?;
        if !(200..=299).contains(&answer.status) {
            return Err(no_answer(answer.status));
        }
        Ok(answer
            .body
            .map_or(Found::CannotTell, |body| listing::find(&body, wanted)))
    }
}

fn no_answer(status: u16) -> ChannelError {
    ChannelError::Unknown {
        reason: format!("it answered {status} when it was asked"),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn not_told(fault: HttpFault) -> ChannelError {
    ChannelError::Unknown {
        reason: fault.to_string(),
    }
}

#[async_trait]
impl Channel for HttpChannel {
    fn name(&self) -> &ChannelName {
        &self.options.name
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.options.after_doubt
    }

    /// A receiver may go on with a call as long as we would have waited for it.
    fn patience(&self) -> Duration {
        self.options.timeout
    }

    async fn publish(&self, payload: &Approved<PayloadBytes>, key: &str) -> Result<Delivery, ChannelError> {
        let body = payload::request(payload.get(), key)?;
        let (client, bearer) = self.ready()?;
        let mut headers = vec![
            ("Content-Type", payload::MEDIA_TYPE),
            ("Accept", "application/json"),
            (KEY_HEADER, key),
        ];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        match client.post(&self.options.url, &headers, body).await {
            Ok(answer) => judge::delivery(&answer, self.options.after_doubt, &self.options.url, key),
            Err(HttpFault::NotSent(reason)) => Err(ChannelError::NotTaken { reason }),
            Err(HttpFault::Lost(reason)) => Err(ChannelError::Unknown { reason }),
        }
    }

    async fn find(
        &self,
        payload: &Approved<PayloadBytes>,
        key: &str,
        since: Instant,
    ) -> Result<Found, ChannelError> {
        let payload = payload.get();
        let options = &self.options;
        match (options.after_doubt, &options.look_up_url, &options.list_url) {
            (AfterDoubt::LookUp, Some(pattern), _) => self.look_up(pattern, payload, key).await,
            (AfterDoubt::ListRecent, _, Some(url)) => {
                let wanted = Wanted {
                    key,
                    hash: &payload.payload.hash,
                    slug: &payload.slug,
                    since,
                    url: &options.url,
                };
                self.list(url, &wanted).await
            }
            _ => Ok(Found::CannotTell),
        }
    }
}
