//! The renderers and channels of a pipeline.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use copydesk_config::{ChannelConfig, Pipeline, Secret};
use copydesk_domain::ChannelName;
use copydesk_journal::{Channel, Renderer};

use crate::http::{HttpChannel, HttpOptions, HttpRenderer};
use crate::site::{SiteChannel, SiteOptions, SiteRenderer};

/// Reads the key of a channel; none where it has none.
pub type ChannelKeys<'a> = &'a dyn Fn(&ChannelConfig) -> Result<Option<Secret>, String>;

/// Every renderer there is.
pub fn renderers() -> Vec<Arc<dyn Renderer>> {
    vec![Arc::new(SiteRenderer), Arc::new(HttpRenderer)]
}

/// The channels of a pipeline, in the order of their names. `base`: the folder of config.toml, which the folders of
/// channels are relative to.
pub fn channels(pipeline: &Pipeline, base: &Path, keys: ChannelKeys<'_>) -> Vec<Arc<dyn Channel>> {
    let named = pipeline.channels.iter();
    named
        .filter_map(|(name, config)| {
            if let Some(dir) = &config.dir {
                return Some(site(name, config, base.join(dir), pipeline));
            }
            let url = config.url.clone()?;
            Some(http(name, config, url, keys(config)))
        })
        .collect()
}

fn site(
    name: &ChannelName,
    config: &ChannelConfig,
    dir: std::path::PathBuf,
    pipeline: &Pipeline,
) -> Arc<dyn Channel> {
    Arc::new(SiteChannel::open(SiteOptions {
        name: name.clone(),
        dir,
        base_url: config.base_url.clone(),
        newsletter: pipeline.issue.name.clone(),
        deck: pipeline.issue.deck.clone(),
    }))
}

fn http(
    name: &ChannelName,
    config: &ChannelConfig,
    url: String,
    key: Result<Option<Secret>, String>,
) -> Arc<dyn Channel> {
    Arc::new(HttpChannel::open(HttpOptions {
        name: name.clone(),
        url,
        after_doubt: config.after_doubt.unwrap_or_default(),
        look_up_url: config.look_up_url.clone(),
        list_url: config.list_url.clone(),
        key,
        timeout: Duration::try_from(config.timeout).unwrap_or(Duration::ZERO),
    }))
}
