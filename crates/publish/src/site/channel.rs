//! Payload to files.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use copydesk_domain::{ChannelName, ContentHash, Instant};
use copydesk_journal::{AfterDoubt, Approved, Channel, ChannelError, Delivery, Found, PayloadBytes};

use super::payload::{MEDIA_TYPE, SitePayload, is_slug};
use super::shelf::{Holder, Site};
use crate::atomic::{self, WriteError, WriteProgress};

/// Pipelines may share a folder, and each rebuilds the index from what it finds there: one at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// How a site channel is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOptions {
    /// The channel's name in the pipeline.
    pub name: ChannelName,
    /// Folder of the site; made when the first issue comes.
    pub dir: PathBuf,
    /// Public address of the folder, http or https, for absolute links in the feed.
    pub base_url: Option<String>,
    /// Name of the newsletter, for the index and the feed.
    pub newsletter: String,
    /// Line under the name.
    pub deck: Option<String>,
}

/// Writes issues into a folder that any web server can serve.
///
/// Publishing is idempotent: the same payload gives the same bytes however often it is published and wherever an
/// earlier attempt was cut off. Each file is replaced in one step.
#[derive(Debug, Clone)]
pub struct SiteChannel {
    name: ChannelName,
    site: Site,
}

impl SiteChannel {
    /// Opens a channel; touches no file.
    pub fn open(options: SiteOptions) -> Self {
        let base_url = options.base_url.map(|url| url.trim_end_matches('/').to_owned());
        let SiteOptions {
            name,
            dir,
            newsletter,
            deck,
            ..
        } = options;
        Self {
            name,
            site: Site {
                dir,
                base_url,
                newsletter,
                deck,
            },
        }
    }

    fn delivery(&self, slug: &str) -> Delivery {
        let location = self.site.base_url.as_ref().map_or_else(
            || self.site.dir.join(slug).join("index.html").display().to_string(),
            |base| format!("{base}/{slug}/"),
        );
        Delivery {
            location: Some(location),
        }
    }

    fn write(&self, payload: &PayloadBytes) -> Result<Delivery, ChannelError> {
        let issue = read(payload)?;
        // A writer that panicked left whole files or none: what it guards is on disk.
        let _one_at_a_time = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(path) = self.site.foreign_file().map_err(not_taken)? {
            return Err(refused(format!(
                "{} was not written by Copydesk; give the channel a folder of its own",
                path.display()
            )));
        }
        match self.site.holder(&issue.slug).map_err(not_taken)? {
            Holder::Nobody => {}
            Holder::Issue(hash) if hash == payload.payload.hash => {}
            Holder::Issue(_) => {
                let slug = &issue.slug;
                return Err(refused(format!(
                    "another issue stands at {slug}/ already; change the title, or remove that folder"
                )));
            }
            Holder::Stranger => {
                let slug = &issue.slug;
                return Err(refused(format!(
                    "{slug}/ holds files that were not written by Copydesk"
                )));
            }
        }
        let files = self.site.files(&issue, &payload.bytes).map_err(not_taken)?;
        atomic::write_all(&files).map_err(|error| broken_off(&error))?;
        Ok(self.delivery(&issue.slug))
    }

    fn look(&self, payload: &PayloadBytes) -> Result<Found, ChannelError> {
        let issue = read(payload)?;
        let _one_at_a_time = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_there = || -> io::Result<bool> {
            if self.site.holder(&issue.slug)? != Holder::Issue(payload.payload.hash) {
                return Ok(false);
            }
            // The index and the feed count too: a page that nobody can find is not published yet.
            atomic::are_written(&self.site.files(&issue, &payload.bytes)?)
        };
        Ok(match is_there() {
            Ok(true) => Found::Yes(self.delivery(&issue.slug)),
            Ok(false) => Found::No,
            Err(_) => Found::CannotTell,
        })
    }
}

/// The payload, if it is one of ours and says what its manifest says.
fn read(payload: &PayloadBytes) -> Result<SitePayload, ChannelError> {
    if payload.payload.media_type != MEDIA_TYPE || ContentHash::of(&payload.bytes) != payload.payload.hash {
        return Err(refused("the payload is not what the manifest says".to_owned()));
    }
    let issue: SitePayload = serde_json::from_slice(&payload.bytes)
        .map_err(|error| refused(format!("the payload cannot be read: {error}")))?;
    if issue.slug != payload.slug || !is_slug(&issue.slug) {
        return Err(refused(format!(
            "`{}` is no folder name of this issue",
            issue.slug
        )));
    }
    Ok(issue)
}

fn refused(reason: String) -> ChannelError {
    ChannelError::Refused { reason }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn not_taken(error: io::Error) -> ChannelError {
    ChannelError::NotTaken {
        reason: error.to_string(),
    }
}

fn broken_off(error: &WriteError) -> ChannelError {
    let reason = error.to_string();
    match error.progress {
        WriteProgress::Nothing => ChannelError::NotTaken { reason },
        WriteProgress::Partly => ChannelError::Unknown { reason },
    }
}

#[async_trait]
impl Channel for SiteChannel {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::LookUp
    }

    /// Whoever wrote here is gone when somebody looks: one process owns the folder.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    async fn publish(&self, payload: &Approved<PayloadBytes>, _key: &str) -> Result<Delivery, ChannelError> {
        let (channel, payload) = (self.clone(), payload.get().clone());
        tokio::task::spawn_blocking(move || channel.write(&payload))
            .await
            .unwrap_or_else(|error| {
                Err(ChannelError::Unknown {
                    reason: error.to_string(),
                })
            })
    }

    async fn find(
        &self,
        payload: &Approved<PayloadBytes>,
        _key: &str,
        _since: Instant,
    ) -> Result<Found, ChannelError> {
        let (channel, payload) = (self.clone(), payload.get().clone());
        tokio::task::spawn_blocking(move || channel.look(&payload))
            .await
            .unwrap_or(Ok(Found::CannotTell))
    }
}
