//! One request for the first page of a feed, with what is kept of it.

use copydesk_domain::Instant;
use copydesk_net::{FetchError, GetRequest, RETRY_AFTER_MAX, Response};
use copydesk_store::{Command, FeedState};
use copydesk_text::feed::{Feed, parse};
use jiff::SignedDuration;
use url::Url;

use crate::servers::deps::ServerDeps;
use crate::servers::fault::{Passing, ToolFault};

/// Media types of feeds, the likeliest first; anything else is read too if it turns out to be a feed.
pub(super) const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// The first page as it is now.
pub(super) struct FirstPage {
    /// The page, read.
    pub feed: Feed,
    /// Address that answered.
    pub url: String,
    /// Where the feed has moved for good.
    pub moved_to: Option<String>,
    /// The server sent nothing because nothing changed.
    pub is_unmodified: bool,
}

/// Reads the first page of `url` and keeps what is worth keeping. The caller holds the turn of this address.
pub(super) async fn first_page(deps: &ServerDeps, url: &str) -> Result<FirstPage, ToolFault> {
    let kept = deps.store.feed_state(url).await?;
    let now = deps.clock.now();
    if let Some(retry_at) = kept.as_ref().and_then(|kept| left_alone(kept, now)) {
        let why = format!("not asked: the server wants to be left alone until {retry_at}");
        let after = retry_at.since(now).try_into().ok();
        return Err(ToolFault {
            retry_at: Some(retry_at),
            passing: Some(Passing { after }),
            ..ToolFault::new(why)
        });
    }
    let moved_to = kept.as_ref().and_then(|kept| kept.moved_to.clone());
    let Some(moved_to) = moved_to else {
        return ask(deps, url, url, kept).await;
    };
    match ask(deps, url, &moved_to, kept.clone()).await {
        Ok(page) => Ok(page),
        Err(fault) if fault.retry_at.is_some() => Err(fault),
        Err(fault) => {
            // The new address no longer works: perhaps the old one does again, or leads elsewhere.
            let forgotten = kept.map(|kept| FeedState {
                moved_to: None,
                etag: None,
                last_modified: None,
                ..kept
            });
            ask(deps, url, url, forgotten).await.map_err(|_| fault)
        }
    }
}

/// Until when a feed is not to be asked. What was noted by a clock that was ahead counts no more once the clock is
/// right: the time to come back is then further off than any server could have said, or was noted at an instant that is still to come.
fn left_alone(kept: &FeedState, now: Instant) -> Option<Instant> {
    let longest = SignedDuration::try_from(RETRY_AFTER_MAX).unwrap_or(SignedDuration::MAX);
    let is_sound = |at: &Instant| at.since(now) <= longest && kept.fetched_at <= now;
    kept.retry_at.filter(|at| *at > now).filter(is_sound)
}

/// Asks at `address` for the feed that the pipeline calls `url`.
async fn ask(
    deps: &ServerDeps,
    url: &str,
    address: &str,
    kept: Option<FeedState>,
) -> Result<FirstPage, ToolFault> {
    let mut request = GetRequest::new(address);
    request.accept = Some(ACCEPT.to_owned());
    if let Some(kept) = kept.as_ref().filter(|kept| !kept.body.is_empty()) {
        request.if_none_match.clone_from(&kept.etag);
        request.if_modified_since.clone_from(&kept.last_modified);
    }
    let response = match deps.client.get(request.clone()).await {
        Ok(response) => response,
        Err(error) => return Err(refused(deps, url, kept, &error).await?),
    };
    if response.is_unmodified()
        && let Some(kept) = &kept
    {
        if let Some(page) = from_kept(kept, &response, address) {
            let answer = Command::NoteFeedAnswer {
                url: url.to_owned(),
                moved_to: page.moved_to.clone(),
                at: deps.clock.now(),
            };
            deps.store.apply(answer).await?;
            return Ok(page);
        }
        // What is kept cannot be read any more: ask for all of it.
        let again = GetRequest {
            if_none_match: None,
            if_modified_since: None,
            ..request
        };
        let response = deps
            .client
            .get(again)
            .await
            .map_err(|error| ToolFault::of_fetch(&error))?;
        return take(deps, url, address, &response).await;
    }
    take(deps, url, address, &response).await
}

/// The page from the bytes kept, for a server that answered 304.
fn from_kept(kept: &FeedState, response: &Response, address: &str) -> Option<FirstPage> {
    let base = Url::parse(&response.final_url).ok()?;
    let feed = parse(&kept.body, kept.content_type.as_deref(), &base).ok()?;
    let moved_to = moved(&kept.url, address, response);
    Some(FirstPage {
        feed,
        url: response.final_url.clone(),
        moved_to,
        is_unmodified: true,
    })
}

/// Reads a full answer and keeps it, if it is a feed.
async fn take(
    deps: &ServerDeps,
    url: &str,
    address: &str,
    response: &Response,
) -> Result<FirstPage, ToolFault> {
    let feed = read(response)?;
    let moved_to = moved(url, address, response);
    let now = deps.clock.now();
    let state = FeedState {
        url: url.to_owned(),
        moved_to: moved_to.clone(),
        etag: response.etag().map(str::to_owned),
        last_modified: response.last_modified().map(str::to_owned),
        content_type: response.content_type.clone(),
        body: response.body.to_vec(),
        retry_at: None,
        fetched_at: now,
        answered_at: now,
    };
    deps.store.apply(Command::PutFeedState(state)).await?;
    Ok(FirstPage {
        feed,
        url: response.final_url.clone(),
        moved_to,
        is_unmodified: false,
    })
}

/// The feed in a response.
pub(super) fn read(response: &Response) -> Result<Feed, ToolFault> {
    if !response.is_success() {
        return Err(ToolFault::of_status(response.status));
    }
    let base = Url::parse(&response.final_url)
        .map_err(|error| ToolFault::new(format!("the address that answered cannot be read: {error}")))?;
    parse(&response.body, response.content_type.as_deref(), &base)
        .map_err(|error| ToolFault::new(error.to_string()))
}

/// Where the feed lives for good: the end of permanent redirects, else the address asked if that is not `url` itself.
fn moved(url: &str, address: &str, response: &Response) -> Option<String> {
    let now_at = response.moved_to().unwrap_or(address);
    (now_at != url).then(|| now_at.to_owned())
}

/// The fault of a failed fetch; a time to come back is remembered.
async fn refused(
    deps: &ServerDeps,
    url: &str,
    kept: Option<FeedState>,
    error: &FetchError,
) -> Result<ToolFault, ToolFault> {
    let now = deps.clock.now();
    let wait = error.retry_after().and_then(|wait| wait.try_into().ok());
    let retry_at = wait.map(|wait| now.plus(wait));
    let mut fault = ToolFault::of_fetch(error);
    let Some(retry_at) = retry_at else {
        return Ok(fault);
    };
    let state = kept.unwrap_or_else(|| never_read(url));
    deps.store
        .apply(Command::PutFeedState(FeedState {
            retry_at: Some(retry_at),
            fetched_at: now,
            ..state
        }))
        .await?;
    fault.retry_at = Some(retry_at);
    Ok(fault)
}

/// What is kept of a feed that never gave a full answer.
fn never_read(url: &str) -> FeedState {
    FeedState {
        url: url.to_owned(),
        moved_to: None,
        etag: None,
        last_modified: None,
        content_type: None,
        body: Vec::new(),
        retry_at: None,
        fetched_at: Instant::from_micros(0),
        answered_at: Instant::from_micros(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_to_come_back_that_a_wrong_clock_noted_silences_no_feed() {
        let now = at("2026-11-22T04:00:00Z");
        let left_alone = |retry_at: &str, fetched_at: &str| {
            let kept = FeedState {
                retry_at: Some(at(retry_at)),
                fetched_at: at(fetched_at),
                ..never_read("https://a.example/feed")
            };
            super::left_alone(&kept, now)
        };
        let (soon, read) = ("2026-11-22T04:10:00Z", "2026-11-21T04:00:00Z");
        assert_eq!(left_alone(soon, read), Some(at(soon)));
        assert_eq!(left_alone("2026-11-22T03:00:00Z", read), None, "it is over");
        assert_eq!(
            left_alone("2027-01-22T04:00:00Z", read),
            None,
            "nobody may say so"
        );
        let ahead = "2026-11-23T04:00:00Z";
        assert_eq!(
            left_alone("2026-11-23T04:10:00Z", ahead),
            None,
            "the clock was ahead"
        );
    }
}
