//! Pipelines that write to the same folder: one site of several letters. Pure.

use std::collections::BTreeMap;

use copydesk_domain::{ChannelName, PipelineName};

use crate::address;
use crate::pipeline::Pipeline;
use crate::problem::Problem;

/// Marks the channels whose folder an earlier pipeline writes to as well, so that two letters of one day never claim one
/// path, and warns where they do not agree on the site's address.
pub(crate) fn share(pipelines: &mut BTreeMap<PipelineName, Pipeline>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut first: BTreeMap<String, (PipelineName, Option<String>)> = BTreeMap::new();
    for (name, pipeline) in pipelines {
        for (channel, config) in &mut pipeline.channels {
            let Some(folder) = config.dir.as_deref().map(plain) else {
                continue;
            };
            let base_url = config
                .base_url
                .as_deref()
                .map(|url| url.trim_end_matches('/').to_owned());
            match first.get(&folder) {
                // Two channels of one pipeline are refused elsewhere.
                Some((other, _)) if other == name => {}
                Some((other, other_url)) => {
                    config.is_shared = true;
                    // An address that is none is told elsewhere.
                    let is_valid =
                        |url: &Option<String>| url.as_deref().is_none_or(|url| address::http(url).is_ok());
                    if *other_url != base_url && is_valid(other_url) && is_valid(&base_url) {
                        problems.push(disagree(name, channel, other, &folder));
                    }
                }
                None => {
                    first.insert(folder, (name.clone(), base_url));
                }
            }
        }
    }
    problems
}

/// A folder as it is compared: `./site/` is `site`.
fn plain(dir: &str) -> String {
    let parts = dir
        .trim()
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    let joined = parts.collect::<Vec<_>>().join("/");
    if dir.trim().starts_with('/') {
        format!("/{joined}")
    } else {
        joined
    }
}

fn disagree(name: &PipelineName, channel: &ChannelName, other: &PipelineName, folder: &str) -> Problem {
    let message = format!(
        "the pipelines `{other}` and `{name}` write to the same folder `{folder}` with different `base_url`: the index and \
         the feed have the address of whichever published last"
    );
    Problem {
        key: format!("channels.{channel}.base_url"),
        ..Problem::error(format!("pipelines/{name}.toml"), message)
    }
    .as_warning()
    .with_hint("give both the same `base_url`, or one of them a folder of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipelines(channels: &[(&str, &str)]) -> BTreeMap<PipelineName, Pipeline> {
        let pipeline = |name: &str, site: &str| {
            let text = format!("[pipeline]\nname = \"{name}\"\n[channels.site]\n{site}\n");
            (
                PipelineName::new(name),
                toml::from_str::<Pipeline>(&text).unwrap(),
            )
        };
        channels.iter().map(|(name, site)| pipeline(name, site)).collect()
    }

    fn shared(pipelines: &BTreeMap<PipelineName, Pipeline>) -> Vec<&str> {
        let is_shared = |pipeline: &&Pipeline| pipeline.channels.values().any(|channel| channel.is_shared);
        let marked = pipelines.values().filter(is_shared);
        marked.map(|pipeline| pipeline.pipeline.name.as_str()).collect()
    }

    #[test]
    fn all_but_the_first_pipeline_of_a_folder_are_marked() {
        let mut all = pipelines(&[
            ("daily", "dir = \"site\""),
            ("monthly", "dir = \"other\""),
            ("weekly", "dir = \"./site/\""),
        ]);
        assert_eq!(share(&mut all), []);
        assert_eq!(shared(&all), ["weekly"]);
    }

    #[test]
    fn one_site_has_one_address_or_a_warning_says_so() {
        let mut all = pipelines(&[
            (
                "daily",
                "dir = \"site\"\nbase_url = \"https://news.example.com/\"",
            ),
            (
                "weekly",
                "dir = \"site\"\nbase_url = \"https://news.example.com\"",
            ),
        ]);
        assert_eq!(share(&mut all), [], "a slash at the end is no difference");
        let mut all = pipelines(&[
            ("daily", "dir = \"site\"\nbase_url = \"https://news.example.com\""),
            ("weekly", "dir = \"site\""),
        ]);
        let problems = share(&mut all);
        assert!(!problems[0].is_error() && problems[0].file == "pipelines/weekly.toml");
        assert!(problems[0].message.contains("`daily` and `weekly`"));
    }
}
