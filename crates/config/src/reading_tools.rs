//! Tool servers of other people's making that the code of research reads through.

use serde::{Deserialize, Serialize};

/// `[browser]`: a tool server that drives a browser, for pages that show their text nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserConfig {
    /// Its name in `[mcpServers]`.
    #[serde(default)]
    pub server: String,
    /// Hosts whose pages are read through it, with the names below them.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// `[search]`: a tool server that searches the web for queries that stand here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Its name in `[mcpServers]`.
    #[serde(default)]
    pub server: String,
    /// The tool that searches.
    #[serde(default = "default_search_tool")]
    pub tool: String,
    /// The tool's argument that takes the query.
    #[serde(default = "default_search_argument")]
    pub argument: String,
    /// What is searched for with each research.
    #[serde(default)]
    pub queries: Vec<String>,
    /// Beats of what is found.
    #[serde(default)]
    pub beats: Vec<String>,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            server: String::new(),
            tool: default_search_tool(),
            argument: default_search_argument(),
            queries: Vec::new(),
            beats: Vec::new(),
        }
    }
}

fn default_search_tool() -> String {
    "search".to_owned()
}

fn default_search_argument() -> String {
    "query".to_owned()
}
