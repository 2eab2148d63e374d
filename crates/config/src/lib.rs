//! `config.toml`, `pipelines/*.toml`, `prompts/**.md`, `voice.md` and the environment: parsed, validated, all
//! problems at once.
//!
//! Invariant: the only crate that reads environment variables and the author's files. It opens no socket and asks no
//! clock, and no secret is ever part of a value that it serialises.
//!
//! To add a key: the struct in `settings` or `pipeline`, the same key in `schema`, its default and a comment in the
//! shipped file, and what it must mean in `rules`. A test fails where the first two differ.

mod address;
mod blanks;
mod custom;
mod defaults;
mod document;
pub mod durable;
mod environment;
pub mod evals;
pub mod feeds;
mod formats;
mod init;
mod nearest;
pub mod notes;
mod openai;
mod output_schema;
mod pipeline;
pub mod prices;
mod problem;
pub mod prompts;
mod reading_tools;
mod release;
mod route;
mod rules;
pub mod schedule;
mod schema;
mod secret;
mod settings;
mod shape;
pub mod shipped;
mod sites;
mod stamp;
mod tool_name;
mod workspace;

pub(crate) use formats::{money, money_option, price};

pub use address::is_this_machine;
pub use blanks::{Blanks, is_secret_name, secrets_in, secrets_in_address, variables_in};
pub use custom::CustomTask;
pub use environment::Environment;
pub use formats::duration;
pub use init::{InitError, Initialised, init};
pub use nearest::nearest;
pub use pipeline::{
    AfterDoubt, CatchUp, ChannelConfig, ChannelFormat, Citations, FeedConfig, GroupBy, IssueConfig,
    IssueFormat, Overlap, POST_TOKENS_MAX, POSTS_MAX, POSTS_MAX_FREE, Pipeline, PipelineSettings,
    RepliesConfig, SectionAuthor, SectionConfig, SectionKind, StageConfig,
};
pub use problem::{Problem, Problems, Severity};
pub use prompts::PromptContext;
pub use reading_tools::{BrowserConfig, SearchConfig};
pub use release::{Release, UnknownPipeline};
pub use route::{UnknownRoute, chosen};
pub use secret::{Secret, SecretError};
pub use settings::{
    AlarmsConfig, ApprovalConfig, BudgetConfig, CONTEXT_TOKENS, Config, MailConfig, MailTls, McpServerConfig,
    ModelConfig, NetConfig, StoreConfig, Synchronous, TelemetryConfig, WebConfig,
};
pub use stamp::Stamp;
pub use tool_name::{BUNDLED_SERVERS, is_covered};
pub use workspace::Workspace;
