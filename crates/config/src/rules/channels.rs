use std::collections::BTreeMap;

use copydesk_domain::ChannelName;

use super::models::is_variable_name;
use crate::address;
use crate::document::{Document, key_path};
use crate::pipeline::{AfterDoubt, ChannelConfig, Pipeline};
use crate::problem::Problem;

/// Every problem of `[channels]`.
pub(super) fn channels(pipeline: &Pipeline, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut dirs: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, channel) in &pipeline.channels {
        let channel = Named { name, channel, at };
        match (channel.dir(), &channel.channel.url) {
            (None, None) => problems.push(channel.nowhere()),
            (Some(_), Some(_)) => problems.push(channel.two_ways()),
            (Some(dir), None) => {
                let other = dirs.insert(dir, name.as_str());
                problems.extend(other.map(|other| channel.shared_folder(other, dir)));
                problems.extend(channel.site());
            }
            (None, Some(url)) => problems.extend(channel.http(url)),
        }
    }
    problems
}

/// One channel and where it stands.
struct Named<'a> {
    name: &'a ChannelName,
    channel: &'a ChannelConfig,
    at: &'a Document<'a>,
}

impl<'a> Named<'a> {
    fn dir(&self) -> Option<&'a str> {
        let dir = self.channel.dir.as_deref()?.trim().trim_end_matches('/');
        (!dir.is_empty()).then_some(dir)
    }

    fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        self.at
            .problem(&key_path!["channels", self.name.as_str(), key], message)
    }

    fn nowhere(&self) -> Problem {
        let message = format!("the channel `{}` has neither `dir` nor `url`", self.name);
        self.problem("dir", message).with_hint(
            "name the folder of a site, such as `dir = \"site\"`, or an address that takes issues by POST",
        )
    }

    fn two_ways(&self) -> Problem {
        let message = format!("the channel `{}` has both `dir` and `url`", self.name);
        self.problem("url", message)
            .with_hint("make two channels of it: each has a receipt of its own")
    }

    fn shared_folder(&self, other: &str, dir: &str) -> Problem {
        let message = format!(
            "the channels `{other}` and `{}` write to the same folder `{dir}`",
            self.name
        );
        self.problem("dir", message)
    }

    fn site(&self) -> Vec<Problem> {
        let channel = self.channel;
        let of_http = [
            ("format", channel.format.is_some()),
            ("after_doubt", channel.after_doubt.is_some()),
            ("look_up_url", channel.look_up_url.is_some()),
            ("list_url", channel.list_url.is_some()),
            ("api_key_env", channel.api_key_env.is_some()),
            ("api_key_file", channel.api_key_file.is_some()),
        ];
        let idle = of_http.into_iter().filter(|(_, is_given)| *is_given);
        let mut problems: Vec<Problem> = idle
            .map(|(key, _)| {
                let message = format!(
                    "`{key}` belongs to a channel with a `url`, and `{}` has none",
                    self.name
                );
                self.problem(key, message)
            })
            .collect();
        let wrong = channel
            .base_url
            .as_deref()
            .and_then(|text| address::http(text).err());
        problems.extend(wrong.map(|message| self.problem("base_url", message)));
        problems
    }

    fn http(&self, url: &str) -> Vec<Problem> {
        let channel = self.channel;
        let mut problems = Vec::new();
        if channel.base_url.is_some() {
            let message =
                "`base_url` belongs to a channel with a `dir`; the receiver says where its issues stand";
            problems.push(self.problem("base_url", message));
        }
        let host = match address::http(url) {
            Ok(address) => Some(place(&address)),
            Err(message) => {
                problems.push(self.problem("url", message));
                None
            }
        };
        problems.extend(self.look(
            "look_up_url",
            AfterDoubt::LookUp,
            channel.look_up_url.as_deref(),
            host.as_ref(),
        ));
        problems.extend(self.look(
            "list_url",
            AfterDoubt::ListRecent,
            channel.list_url.as_deref(),
            host.as_ref(),
        ));
        let pattern = channel.look_up_url.as_deref().unwrap_or("{key}");
        if !["{key}", "{hash}", "{slug}"]
            .iter()
            .any(|part| pattern.contains(part))
        {
            let message = "`look_up_url` asks for no issue: it needs `{key}`, `{hash}` or `{slug}`";
            problems.push(self.problem("look_up_url", message));
        }
        if !channel.timeout.is_positive() {
            problems.push(self.problem("timeout", "a call without any time cannot be answered"));
        }
        problems.extend(self.key(url));
        problems
    }

    /// An address to look at: given where `after_doubt` needs it, and on the host of `url`, since it gets the key.
    fn look(
        &self,
        key: &str,
        needs: AfterDoubt,
        given: Option<&str>,
        host: Option<&(String, Option<u16>)>,
    ) -> Option<Problem> {
        let is_needed = self.channel.after_doubt == Some(needs);
        let Some(text) = given else {
            let message = format!("the channel `{}` cannot be looked at without `{key}`", self.name);
            return is_needed.then(|| self.problem(key, message));
        };
        if !is_needed {
            let message = format!("`{key}` is never asked: `after_doubt` is another one");
            return Some(self.problem(key, message).as_warning());
        }
        match address::http(&text.replace(['{', '}'], "")) {
            Err(message) => Some(self.problem(key, message)),
            Ok(address) if host.is_some_and(|host| *host != place(&address)) => {
                let message = format!("`{key}` is on another host than `url`, and would be sent its key");
                Some(self.problem(key, message))
            }
            Ok(_) => None,
        }
    }

    fn key(&self, url: &str) -> Option<Problem> {
        let channel = self.channel;
        if channel.api_key_env.is_some() && channel.api_key_file.is_some() {
            let message = format!(
                "the channel `{}` has both `api_key_env` and `api_key_file`",
                self.name
            );
            return Some(
                self.problem("api_key_file", message)
                    .with_hint("keep one of them"),
            );
        }
        let variable = channel.api_key_env.as_deref();
        if variable.is_some_and(|variable| !is_variable_name(variable)) {
            // Not repeated: it may be the key itself.
            let message = "`api_key_env` is the name of a variable such as \"CMS_KEY\", never the key itself";
            return Some(self.problem("api_key_env", message));
        }
        let has_key = variable.is_some() || channel.api_key_file.is_some();
        (has_key && url.starts_with("http://") && !address::is_this_machine(url)).then(|| {
            let message = format!("the key of the channel `{}` would travel unencrypted", self.name);
            self.problem("url", message).as_warning().with_hint("use https")
        })
    }
}

/// Host and port of an address.
fn place(address: &url::Url) -> (String, Option<u16>) {
    let host = address.host_str().unwrap_or_default().to_owned();
    (host, address.port_or_known_default())
}
