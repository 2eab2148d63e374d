//! `config.toml` as values: one struct a section.

use std::collections::BTreeMap;

use copydesk_domain::{MicroUsd, ModelName};
use serde::{Deserialize, Serialize};

/// All of `config.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[store]`
    pub store: StoreConfig,
    /// `[net]`
    pub net: NetConfig,
    /// `[web]`
    pub web: WebConfig,
    /// `[approval]`
    pub approval: ApprovalConfig,
    /// `[models.NAME]`; the embedded model is always there under the name `embedded`.
    pub models: BTreeMap<ModelName, ModelConfig>,
    /// `[routes]`: task name, or `default`, to the models that may answer it, in order.
    pub routes: BTreeMap<String, Vec<ModelName>>,
    /// `[mcpServers.NAME]`
    #[serde(rename = "mcpServers")]
    pub mcp_servers: BTreeMap<String, McpServerConfig>,
    /// `[budget]`
    pub budget: BudgetConfig,
    /// `[alarms]`
    pub alarms: AlarmsConfig,
    /// `[telemetry]`
    #[serde(default)]
    pub telemetry: TelemetryConfig,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Database file, relative to the folder of config.toml.
    pub path: String,
    /// `full`; `normal` only with `--unsafe-durability`.
    pub synchronous: Synchronous,
    /// Seconds for which a finished run can be replayed; nothing is pruned where it is zero. Written with a unit:
    /// `"180d"`.
    #[serde(default = "default_retention", with = "crate::duration")]
    pub retention: jiff::SignedDuration,
}

/// What releases say that were stored before the key was there.
fn default_retention() -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(180 * 24)
}

/// How hard the database pushes a commit to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// Each commit survives a power cut.
    Full,
    /// A power cut may lose commits.
    Normal,
}

/// `[net]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetConfig {
    /// Exact `host:port` of private addresses that feeds and pages may name.
    pub allow: Vec<String>,
}

/// `[web]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    /// Address of the page and the JSON API.
    pub listen: String,
}

/// `[approval]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalConfig {
    /// Seconds between approval and publishing, in which it can be recalled. Written with a unit: `"10m"`.
    #[serde(with = "crate::duration")]
    pub hold: jiff::SignedDuration,
    /// Seconds after which an undecided issue expires. Written with a unit: `"24h"`.
    #[serde(with = "crate::duration")]
    pub expires: jiff::SignedDuration,
}

/// `[models.NAME]`: an OpenAI-compatible endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Base address, usually ending in `/v1`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// Environment variable that holds the key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// File that holds the key.
    #[serde(default)]
    pub api_key_file: Option<String>,
    /// Price of a million tokens read: `"$0.15/Mtok"`.
    #[serde(default, with = "crate::price")]
    pub price_in: Option<MicroUsd>,
    /// Price of a million tokens written.
    #[serde(default, with = "crate::price")]
    pub price_out: Option<MicroUsd>,
    /// Price of a million tokens read from the provider's cache; that of `price_in` where it is not given.
    #[serde(default, with = "crate::price")]
    pub price_cached: Option<MicroUsd>,
    /// The day of the price list that the prices come from; none where they are written here.
    #[serde(skip)]
    pub price_as_of: Option<jiff::civil::Date>,
    /// Calls at the same time, over all runs; any number where it is not given.
    #[serde(default)]
    pub concurrency_max: Option<u32>,
    /// Calls within any minute, over all runs.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Tokens read and written within any minute, over all runs.
    #[serde(default)]
    pub tokens_per_minute: Option<u32>,
    /// It costs nothing.
    #[serde(default)]
    pub free: bool,
    /// A task whose route starts here never leaves the machine.
    #[serde(default)]
    pub local_only: bool,
    /// Tokens that one call may read and write together; [`CONTEXT_TOKENS`] where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// Tokens that one call may write.
    #[serde(default = "default_tokens_out_max")]
    pub tokens_out_max: u32,
    /// Time for one call. Written with a unit: `"120s"`.
    #[serde(default = "default_timeout", with = "crate::duration")]
    pub timeout: jiff::SignedDuration,
    /// Time between two parts of a reply, once it has begun. Written with a unit: `"60s"`.
    #[serde(default = "default_stall_timeout", with = "crate::duration")]
    pub stall_timeout: jiff::SignedDuration,
    /// Organisation that a call is booked on: the header `OpenAI-Organization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Project that a call is booked on: the header `OpenAI-Project`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Header that takes the bare key, for endpoints that want it elsewhere than in `Authorization: Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_header: Option<String>,
    /// Headers of each request; `"${VAR}"` takes the value from our environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Parameters behind each address; `"${VAR}"` takes the value from our environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
}

/// The window of a model whose entry does not say it: that of most models that are hosted. Models on one's own machine
/// often run with a smaller one.
pub const CONTEXT_TOKENS: u32 = 128_000;

impl ModelConfig {
    /// Tokens that one call may read and write together.
    pub fn window(&self) -> u32 {
        self.context_tokens.unwrap_or(CONTEXT_TOKENS)
    }

    /// Tokens that one call may read, by the estimate of [`copydesk_domain::tokens`]: a twentieth of the window is kept
    /// back for what chat templates add.
    pub fn readable(&self) -> u64 {
        let window = u64::from(self.window());
        (window - window / 20).saturating_sub(u64::from(self.tokens_out_max))
    }

    /// Whether its address stays on this machine by its very form: a loopback number, or exactly `localhost`.
    pub fn is_on_this_machine(&self) -> bool {
        crate::address::is_this_machine(&self.base_url)
    }
}

/// 4,096 tokens: room for a section of some 1,000 words with its JSON.
pub(crate) fn default_tokens_out_max() -> u32 {
    4096
}

/// A minute: servers that are still at work send something more often, if only a comment.
pub(crate) fn default_stall_timeout() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(60)
}

pub(crate) fn default_timeout() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(120)
}

/// `[mcpServers.NAME]`, in the shape that other MCP hosts use: a command, or an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpServerConfig {
    /// Program of a stdio server.
    #[serde(default)]
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment; `"${VAR}"` takes the value from ours.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Address of a streamable HTTP server.
    #[serde(default)]
    pub url: Option<String>,
    /// Headers for it; `"${VAR}"` takes the value from our environment.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Time for one call, in milliseconds. Written with a unit: `timeout = "30s"`.
    #[serde(default = "default_tool_timeout", with = "crate::duration")]
    pub timeout: jiff::SignedDuration,
    /// Tools that only read, in the operator's own word, where the server does not say so; `"*"` = all of them.
    #[serde(default)]
    pub read_only_tools: Vec<String>,
}

fn default_tool_timeout() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(60)
}

/// `[budget]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// For one call: `"$0.50"`; only the others hold where it is not given.
    #[serde(default, with = "crate::money_option")]
    pub call: Option<MicroUsd>,
    /// For one run: `"$1.00"`.
    #[serde(with = "crate::money")]
    pub run: MicroUsd,
    /// For one day.
    #[serde(with = "crate::money")]
    pub day: MicroUsd,
    /// For one month.
    #[serde(with = "crate::money")]
    pub month: MicroUsd,
}

/// `[alarms]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmsConfig {
    /// Address that alarms are posted to.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Address that start, success and fail are pinged to.
    #[serde(default)]
    pub ping: Option<String>,
    /// Program that alarms are handed to, with its arguments; none where empty.
    #[serde(default)]
    pub command: Vec<String>,
    /// Whether a receipt of each day goes out by mail, webhook and command.
    #[serde(default = "default_receipt")]
    pub receipt: bool,
    /// `[alarms.mail]`
    #[serde(default)]
    pub mail: Option<MailConfig>,
}

const fn default_receipt() -> bool {
    true
}

/// `[alarms.mail]`: a mail server that takes alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// `host:port`
    pub server: String,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: MailTls,
    /// Name to log in with.
    #[serde(default)]
    pub user: Option<String>,
    /// Environment variable that holds the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// File that holds the password.
    #[serde(default)]
    pub password_file: Option<String>,
    /// Address that mails come from.
    pub from: String,
    /// Addresses that mails go to.
    #[serde(default)]
    pub to: Vec<String>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte: port 465 as a rule.
    #[default]
    Tls,
    /// After a greeting in the clear; refused where the server does not offer it: port 587 as a rule.
    StartTls,
    /// Not at all: for a server on this machine.
    None,
}

/// `[telemetry]`: a collector that takes spans of what stages do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Its address for OTLP over HTTP; `"${VAR}"` takes the value from our environment. None: nothing is sent.
    #[serde(default)]
    pub otlp: Option<String>,
    /// Headers for it; `"${VAR}"` takes the value from our environment.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Whether the words of prompts and replies go along.
    #[serde(default)]
    pub prompts: bool,
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_old_releases_say_of_retention_is_what_is_shipped() {
        let shipped = crate::defaults::config().store.retention;
        assert_eq!(super::default_retention(), shipped);
    }
}
