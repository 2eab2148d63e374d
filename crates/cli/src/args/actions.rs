//! What the commands with actions of their own take.

use std::path::PathBuf;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

/// `feeds`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum FeedsAction {
    /// Add one.
    Add {
        /// Its address.
        url: String,
        /// The pipeline.
        #[arg(long, default_value = "daily")]
        pipeline: String,
        /// A beat; may be given more than once.
        #[arg(long)]
        beat: Vec<String>,
        /// Its publisher's name.
        #[arg(long)]
        title: Option<String>,
        /// Who owns it.
        #[arg(long)]
        owner: Option<String>,
    },
    /// Add all of an OPML file.
    Import {
        /// The file.
        opml: PathBuf,
        /// The pipeline.
        #[arg(long, default_value = "daily")]
        pipeline: String,
        /// A beat for all of them, beside their categories.
        #[arg(long)]
        beat: Vec<String>,
    },
    /// Print them as OPML.
    Export {
        /// The pipeline.
        #[arg(long, default_value = "daily")]
        pipeline: String,
    },
    /// List them.
    List {
        /// The pipeline.
        #[arg(long, default_value = "daily")]
        pipeline: String,
    },
}

/// `stories`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum StoriesAction {
    /// Two stories are one.
    Merge {
        /// The story: s1.
        story: String,
        /// The other one.
        with: String,
    },
    /// A post is of another story.
    Split {
        /// The story that it is in.
        story: String,
        /// The post, by its hash or the first digits of it.
        post: String,
    },
    /// A story, and what follows on it, is of no interest.
    NotInterested {
        /// The story.
        story: String,
    },
    /// Take one of these labels back.
    Undo {
        /// The label, by its id or the first digits of it.
        label: String,
    },
}

/// `tools`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum ToolsAction {
    /// Trust tools as they are now.
    Trust {
        /// `SERVER` or `SERVER/TOOL`; all where not given.
        selector: Option<String>,
    },
}

/// `models`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum ModelsAction {
    /// Ask each endpoint what it can do.
    Probe {
        /// Only this model.
        model: Option<String>,
    },
}

/// `token`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum TokenAction {
    /// Make one and print it alone.
    New {
        /// What you call it, so that you know it in the list.
        #[arg(long, value_name = "NAME")]
        #[serde(default)]
        name: Option<String>,
        /// It ends after this time: 90d. Where not given, it holds until you take it back.
        #[arg(long, value_name = "TIME")]
        #[serde(default)]
        expires: Option<String>,
    },
    /// List them, those that have ended too.
    List,
    /// Take one back: it opens nothing any more.
    Revoke {
        /// The first digits of its id, or its name.
        #[arg(value_name = "PREFIX|NAME")]
        token: String,
    },
}

/// `lab`
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
pub enum LabPart {
    /// A page's main text: HTML in.
    Extract {
        /// The page's address.
        #[arg(long)]
        url: String,
    },
    /// A feed's items: any feed in.
    Feed {
        /// The feed's address.
        #[arg(long)]
        url: String,
    },
    /// Texts against documents: JSONL in.
    Ground,
    /// Stories of some posts: JSONL in.
    Cluster,
    /// Summaries: JSONL in.
    Summarise {
        /// Sentences of each summary.
        #[arg(long, default_value = "1")]
        sentences: std::num::NonZeroUsize,
    },
    /// What the guarded connector says of addresses: JSONL in.
    Url,
}
