//! The renderers and channels of a pipeline.

use std::path::Path;
use std::sync::Arc;

use copydesk_config::Pipeline;
use copydesk_journal::{Channel, Renderer};

use crate::site::{SiteChannel, SiteOptions, SiteRenderer};

/// Every renderer there is.
pub fn renderers() -> Vec<Arc<dyn Renderer>> {
    vec![Arc::new(SiteRenderer)]
}

/// The channels of a pipeline, in the order of their names. `base`: the folder of config.toml, which the folders of
/// channels are relative to.
pub fn channels(pipeline: &Pipeline, base: &Path) -> Vec<Arc<dyn Channel>> {
    let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
    for (name, config) in &pipeline.channels {
        if let Some(dir) = &config.dir {
            channels.push(Arc::new(SiteChannel::open(SiteOptions {
                name: name.clone(),
                dir: base.join(dir),
                base_url: config.base_url.clone(),
                newsletter: pipeline.issue.name.clone(),
                deck: pipeline.issue.deck.clone(),
            })));
        }
    }
    channels
}
