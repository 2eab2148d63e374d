//! `pipelines/*.toml` as values.

use std::collections::BTreeMap;

use copydesk_domain::{ChannelName, MicroUsd, ModelName, PipelineName, StageName};
use serde::{Deserialize, Serialize};

use crate::reading_tools::{BrowserConfig, SearchConfig};

/// One pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// `[pipeline]`
    pub pipeline: PipelineSettings,
    /// `[[stage]]`, in order.
    #[serde(default, rename = "stage")]
    pub stages: Vec<StageConfig>,
    /// `[[feed]]`
    #[serde(default, rename = "feed")]
    pub feeds: Vec<FeedConfig>,
    /// `[browser]`
    #[serde(default)]
    pub browser: BrowserConfig,
    /// `[search]`
    #[serde(default)]
    pub search: SearchConfig,
    /// `[issue]`
    #[serde(default)]
    pub issue: IssueConfig,
    /// `[[section]]`, in order.
    #[serde(default, rename = "section")]
    pub sections: Vec<SectionConfig>,
    /// `[channels.NAME]`
    #[serde(default)]
    pub channels: BTreeMap<ChannelName, ChannelConfig>,
    /// `[replies]`
    #[serde(default)]
    pub replies: RepliesConfig,
}

impl Pipeline {
    /// The stages whose artifacts `stage` waits for: those that it names, or the writing stage before it. Engagement
    /// needs none unless it names some.
    pub fn needs_of(&self, stage: &StageConfig) -> Vec<StageName> {
        if let Some(needs) = &stage.needs {
            return needs.clone();
        }
        if stage.agent == StageName::ENGAGEMENT {
            return Vec::new();
        }
        let before = &self.stages[..self.position(stage)];
        let writing = before.iter().rfind(|other| other.agent != StageName::ENGAGEMENT);
        writing.map(StageConfig::stage_name).into_iter().collect()
    }

    /// Whether `stage` works from what a stage that `is_it` makes, directly or through stages between.
    pub fn is_after(&self, stage: &StageConfig, is_it: &dyn Fn(&StageConfig) -> bool) -> bool {
        let before = &self.stages[..self.position(stage)];
        let needs = self.needs_of(stage);
        before
            .iter()
            .filter(|other| needs.contains(&other.stage_name()))
            .any(|other| is_it(other) || self.is_after(other, is_it))
    }

    fn position(&self, stage: &StageConfig) -> usize {
        self.stages.iter().position(|other| other == stage).unwrap_or(0)
    }
}

/// `[pipeline]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineSettings {
    /// Its name; the file is called so too.
    pub name: PipelineName,
    /// 5-field cron or `@daily`; none = runs only by hand.
    #[serde(default)]
    pub schedule: Option<String>,
    /// IANA zone of `schedule`, `at` and `worth_until`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// What happens to slots that passed while nothing ran.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Slots older than this are skipped. Written with a unit: `"6h"`.
    #[serde(default = "default_max_late", with = "crate::duration")]
    pub max_late: jiff::SignedDuration,
    /// What a new slot does to an unfinished run.
    #[serde(default)]
    pub overlap: Overlap,
    /// How far back research looks. Written with a unit: `"24h"`, `"7d"`.
    #[serde(default = "default_window", with = "crate::duration")]
    pub window: jiff::SignedDuration,
    /// Beats of the newsletter, most important first.
    #[serde(default)]
    pub beats: Vec<String>,
    /// Pipelines whose issues and briefs this one is made from; research then reads only what no brief of them covers.
    #[serde(default)]
    pub reads: Vec<PipelineName>,
    /// Posts that one research reads. Where it is not given: [`POSTS_MAX`] where a language model takes the notes,
    /// [`POSTS_MAX_FREE`] where only the embedded one does.
    #[serde(default)]
    pub posts_max: Option<u32>,
    /// Tokens of one post that a language model is given to take notes from; [`POST_TOKENS_MAX`] where it is not given.
    #[serde(default)]
    pub post_tokens_max: Option<u32>,
}

/// Posts of one research that a language model takes notes from: some 100,000 tokens.
pub const POSTS_MAX: u32 = 60;
/// Posts of one research where reading costs nothing.
pub const POSTS_MAX_FREE: u32 = 200;
/// Tokens of one post: some 1,600 words of English.
pub const POST_TOKENS_MAX: u32 = 2_500;

fn utc() -> String {
    "UTC".to_owned()
}

fn default_max_late() -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(6)
}

fn default_window() -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(24)
}

/// What happens to slots that passed while nothing ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// The newest runs late, the others are folded into it.
    #[default]
    Latest,
    /// Each runs late.
    All,
    /// Each is skipped.
    None,
}

/// What a new slot does to an unfinished run of its pipeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The new slot is skipped.
    Skip,
    /// The new slot waits for the run's end.
    Queue,
    /// The run gives way, unless its issue is approved.
    #[default]
    Supersede,
}

/// `[[stage]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageConfig {
    /// `research`, `draft`, `review`, `engagement` or `custom`.
    pub agent: String,
    /// Its name; the agent's where not given.
    #[serde(default)]
    pub name: Option<StageName>,
    /// Not before this wall time of the slot's date: `"05:00"`.
    #[serde(default)]
    pub at: Option<jiff::civil::Time>,
    /// Past this wall time it is skipped.
    #[serde(default)]
    pub worth_until: Option<jiff::civil::Time>,
    /// Stages whose artifacts it needs; by default the writing stage before it.
    #[serde(default)]
    pub needs: Option<Vec<StageName>>,
    /// What its code may call: `server/tool` or `server/*`.
    #[serde(default)]
    pub tools: Vec<String>,
    /// What its model may call; each must be covered by `tools`.
    #[serde(default)]
    pub model_tools: Vec<String>,
    /// Limit for this stage of one run: `"$0.50"`.
    #[serde(default, with = "crate::money_option")]
    pub budget: Option<MicroUsd>,
    /// Of a draft stage: models that each write a draft from the same brief, blind to the others'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafters: Vec<ModelName>,
    /// Of a review stage: models that each rate every draft.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raters: Vec<ModelName>,
    /// Of a custom stage: its prompt file, such as `prompts/custom/digest.md`.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Of a custom stage: the JSON schema of its output, such as `prompts/custom/digest.schema.json`.
    #[serde(default)]
    pub output_schema: Option<String>,
    /// Of a custom stage: how often its model is asked at most. The last time no tools are offered.
    #[serde(default)]
    pub turns_max: Option<u32>,
    /// Of a custom stage: what needs it starts once the author has approved what it made.
    #[serde(default)]
    pub approval: bool,
}

impl StageConfig {
    /// The agent that runs the author's own prompt.
    pub const CUSTOM: &'static str = "custom";
    /// `turns_max` where it is not given: a search, six looks, an answer.
    pub const TURNS_DEFAULT: u32 = 8;
    /// More drafters or raters than this are refused: the author has five minutes, and each asks for money.
    pub const VOICES_MAX: usize = 4;
    /// More turns than this are refused: each sends all turns before it once more.
    pub const TURNS_MAX: u32 = 32;

    /// Whether it runs the author's own prompt.
    pub fn is_custom(&self) -> bool {
        self.agent == Self::CUSTOM
    }

    /// How often its model is asked at most.
    pub fn turns(&self) -> u32 {
        self.turns_max
            .unwrap_or(Self::TURNS_DEFAULT)
            .clamp(1, Self::TURNS_MAX)
    }

    /// The stage's name.
    pub fn stage_name(&self) -> StageName {
        self.name
            .clone()
            .unwrap_or_else(|| StageName::new(self.agent.clone()))
    }
}

/// `[[feed]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Its address.
    pub url: String,
    /// Its publisher's name; the feed's own title where not given.
    #[serde(default)]
    pub title: Option<String>,
    /// Its beats.
    #[serde(default)]
    pub beats: Vec<String>,
    /// Who owns it; the registrable domain where not given.
    #[serde(default)]
    pub owner: Option<String>,
}

/// `[issue]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueConfig {
    /// `post` or `newsletter`.
    #[serde(default)]
    pub format: IssueFormat,
    /// Name of the newsletter, for the site.
    #[serde(default = "default_name")]
    pub name: String,
    /// Put before every title, such as `SAMPLE`.
    #[serde(default)]
    pub title_prefix: Option<String>,
    /// Line under the site's name.
    #[serde(default)]
    pub deck: Option<String>,
    /// The author's closing words.
    #[serde(default)]
    pub sign_off: Option<String>,
    /// Where sources stand.
    #[serde(default)]
    pub citations: Citations,
}

impl Default for IssueConfig {
    fn default() -> Self {
        Self {
            format: IssueFormat::default(),
            name: default_name(),
            title_prefix: None,
            deck: None,
            sign_off: None,
            citations: Citations::default(),
        }
    }
}

fn default_name() -> String {
    "The Daily Brief".to_owned()
}

/// What kind of piece an issue is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssueFormat {
    /// A short cited briefing.
    #[default]
    Post,
    /// The weekly piece.
    Newsletter,
}

/// Where sources stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Citations {
    /// A number behind each sentence, the list at the end.
    #[default]
    Inline,
    /// Only the list at the end.
    End,
}

/// `[[section]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionConfig {
    /// Heading.
    pub heading: String,
    /// What it holds.
    #[serde(default)]
    pub kind: SectionKind,
    /// Who writes it.
    #[serde(default)]
    pub by: SectionAuthor,
    /// Only stories of these beats; empty = all.
    #[serde(default)]
    pub beats: Vec<String>,
    /// `beat` = a group for each beat.
    #[serde(default)]
    pub group_by: Option<GroupBy>,
    /// Length in words.
    #[serde(default = "default_words_max")]
    pub words_max: u32,
    /// Plain words, no jargon.
    #[serde(default)]
    pub plain: bool,
}

/// 120 words: a minute of reading at leisure.
fn default_words_max() -> u32 {
    120
}

/// What a section holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// The day's most important story.
    Lead,
    /// Several stories, a paragraph each.
    #[default]
    Roundup,
    /// New versions.
    Releases,
    /// The lead in plain words.
    BottomLine,
    /// The author's own words.
    Take,
    /// What the stories share.
    Pattern,
    /// Beats that were read and had nothing, and feeds that could not be read; made by code.
    Quiet,
    /// Other posts by title; made by code.
    AlsoRead,
    /// A closing question.
    Question,
}

impl SectionKind {
    /// The word for it in pipelines and artifacts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Roundup => "roundup",
            Self::Releases => "releases",
            Self::BottomLine => "bottom_line",
            Self::Take => "take",
            Self::Pattern => "pattern",
            Self::Quiet => "quiet",
            Self::AlsoRead => "also_read",
            Self::Question => "question",
        }
    }
}

/// Who writes a section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionAuthor {
    /// A model, from notes.
    #[default]
    Model,
    /// The author; the desk shows three angles.
    Author,
}

/// How a section is grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// A group for each beat.
    Beat,
}

/// `[channels.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Folder of a static site, relative to the folder of config.toml.
    #[serde(default)]
    pub dir: Option<String>,
    /// Public address of the site, for the feed's links.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Address that takes issues by POST, http or https.
    #[serde(default)]
    pub url: Option<String>,
    /// What `url` is sent.
    #[serde(default)]
    pub format: Option<ChannelFormat>,
    /// What `url` can do about a call that broke off.
    #[serde(default)]
    pub after_doubt: Option<AfterDoubt>,
    /// Where one issue is looked up by `{key}`, `{hash}` or `{slug}`.
    #[serde(default)]
    pub look_up_url: Option<String>,
    /// Where the newest issues are listed.
    #[serde(default)]
    pub list_url: Option<String>,
    /// Environment variable with the bearer key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// File with the bearer key, relative to the folder of config.toml.
    #[serde(default)]
    pub api_key_file: Option<String>,
    /// Longest time for one call. Written with a unit: `"30s"`.
    #[serde(default = "default_channel_timeout", with = "crate::duration")]
    pub timeout: jiff::SignedDuration,
    /// Whether a pipeline that comes before this one by name writes to the same folder. No key of the file: the
    /// workspace finds it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared: bool,
}

fn default_channel_timeout() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(30)
}

/// How an issue is rendered for a channel that takes it by HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelFormat {
    /// A piece of HTML without a page around it.
    #[default]
    Html,
    /// Markdown with front matter.
    Markdown,
}

/// What a channel can do about a call of which nobody knows whether it was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterDoubt {
    /// It takes a payload once however often it is called with the same key: it is called again.
    SameKey,
    /// It finds a payload by its key: it is looked up.
    LookUp,
    /// It lists what it took last: the list is searched.
    ListRecent,
    /// It can do nothing: the author is asked.
    #[default]
    Ask,
}

/// `[replies]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepliesConfig {
    /// Maildir folder, relative to the folder of config.toml.
    #[serde(default)]
    pub maildir: Option<String>,
}
