//! Readers of the sample: when an issue goes out, their replies arrive in the Maildir.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::{Environment, Release};
use copydesk_domain::artifact::Issue;
use copydesk_domain::untrusted::Header;
use copydesk_domain::{ChannelName, Clock, ContentHash, Instant};
use copydesk_engine::Channels;
use copydesk_journal::{AfterDoubt, Approved, Channel, ChannelError, Delivery, Found, PayloadBytes};
use copydesk_net::SystemClock;

use super::wire::mails;
use crate::app::FolderChannels;

/// Channels that bring the sample's replies once they have taken an issue.
pub struct SampleChannels {
    dir: PathBuf,
    inner: FolderChannels,
}

impl SampleChannels {
    /// Channels of a folder.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            inner: FolderChannels {
                dir: dir.clone(),
                environment: Environment::empty(),
            },
            dir,
        }
    }
}

impl Channels for SampleChannels {
    fn open(&self, release: &Release) -> Vec<Arc<dyn Channel>> {
        let maildir = release
            .pipeline
            .replies
            .maildir
            .clone()
            .unwrap_or_else(|| "replies".to_owned());
        let maildir = self.dir.join(maildir);
        let wrap = |inner| {
            Arc::new(WithReaders {
                inner,
                maildir: maildir.clone(),
            }) as Arc<dyn Channel>
        };
        self.inner.open(release).into_iter().map(wrap).collect()
    }
}

struct WithReaders {
    inner: Arc<dyn Channel>,
    maildir: PathBuf,
}

#[async_trait]
impl Channel for WithReaders {
    fn name(&self) -> &ChannelName {
        self.inner.name()
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.inner.after_doubt()
    }

    fn patience(&self) -> Duration {
        self.inner.patience()
    }

    async fn publish(&self, payload: &Approved<PayloadBytes>, key: &str) -> Result<Delivery, ChannelError> {
        let delivery = self.inner.publish(payload, key).await?;
        let PayloadBytes { slug, bytes, .. } = payload.get();
        let title = title_of(bytes).unwrap_or_else(|| slug.clone());
        if let Err(error) = deliver(&self.maildir, slug, &title, SystemClock.now()) {
            // The issue is out; readers of a sample that stay silent are no reason to say that it is not.
            tracing::warn!(%error, "the sample's replies could not be written");
        }
        Ok(delivery)
    }

    async fn find(
        &self,
        payload: &Approved<PayloadBytes>,
        key: &str,
        since: Instant,
    ) -> Result<Found, ChannelError> {
        self.inner.find(payload, key, since).await
    }
}

/// The title of a payload or issue, as its JSON gives it.
fn title_of(bytes: &[u8]) -> Option<String> {
    if let Ok(issue) = serde_json::from_slice::<Issue>(bytes) {
        return Some(issue.title.escape::<Header>().to_string());
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    value
        .get("title")
        .and_then(|title| title.as_str())
        .map(str::to_owned)
}

fn deliver(maildir: &Path, slug: &str, title: &str, now: Instant) -> std::io::Result<()> {
    for part in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(maildir.join(part))?;
    }
    let date = now
        .timestamp()
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string();
    let id = copydesk_stages::issue_message_id(slug);
    for (name, text) in mails() {
        let mail = text
            .replace("{{issue_message_id}}", &id)
            .replace("{{issue_title}}", &header_words(title))
            .replace("{{date}}", &date);
        let place = maildir
            .join("new")
            .join(format!("{name}.{}", ContentHash::of(slug.as_bytes()).short(8)));
        std::fs::write(place, mail)?;
    }
    Ok(())
}

/// A title as words of a header: as it is, or encoded where it is not ASCII.
///
/// # Source
/// RFC 2047, the `Q` encoding with every byte but letters and digits escaped.
fn header_words(title: &str) -> String {
    if title.is_ascii() {
        return title.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in title.chars() {
        let mut encoded = String::new();
        let mut buffer = [0; 4];
        for byte in character.encode_utf8(&mut buffer).bytes() {
            match byte {
                b' ' => encoded.push('_'),
                byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
                byte => {
                    let _ = write!(encoded, "={byte:02X}");
                }
            }
        }
        if word.len() + encoded.len() > 60 {
            words.push(std::mem::take(&mut word));
        }
        word.push_str(&encoded);
    }
    words.push(word);
    words
        .iter()
        .map(|word| format!("=?utf-8?Q?{word}?="))
        .collect::<Vec<_>>()
        .join("\r\n ")
}
