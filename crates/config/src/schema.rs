//! Which keys the files have, and what each may hold.
//!
//! The same keys as the structs of `settings` and `pipeline`; a test holds the two together. This list exists
//! beside them because serde stops at the first mistake, and people want to see all of them at once.

/// What a key may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number from 1.
    Count,
    /// A number from 0, with or without a decimal point.
    Number,
    /// `true` or `false`.
    Flag,
    /// `"10m"`
    Duration,
    /// `"$0.50"`
    Money,
    /// `"$0.15/Mtok"`
    Price,
    /// `"05:00"`
    Time,
    /// A list of texts.
    Texts,
    /// A section with fixed keys.
    Table(&'static [Field]),
    /// Sections that repeat, `[[stage]]`.
    Tables(&'static [Field]),
    /// A section whose keys are names that the author gives.
    Named(&'static Shape),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) shape: Shape,
    /// There is no default: without it the section means nothing.
    pub(crate) is_required: bool,
}

const fn field(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        shape,
        is_required: false,
    }
}

const fn required(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        shape,
        is_required: true,
    }
}

const STORE: &[Field] = &[
    field("path", Shape::Text),
    field("synchronous", Shape::Choice(&["full", "normal"])),
    field("retention", Shape::Duration),
];
const NET: &[Field] = &[field("allow", Shape::Texts)];
const WEB: &[Field] = &[field("listen", Shape::Text)];
const APPROVAL: &[Field] = &[field("hold", Shape::Duration), field("expires", Shape::Duration)];
const BUDGET: &[Field] = &[
    field("call", Shape::Money),
    field("run", Shape::Money),
    field("day", Shape::Money),
    field("month", Shape::Money),
];
const MAIL: &[Field] = &[
    required("server", Shape::Text),
    field("tls", Shape::Choice(&["tls", "starttls", "none"])),
    field("user", Shape::Text),
    field("password_env", Shape::Text),
    field("password_file", Shape::Text),
    required("from", Shape::Text),
    field("to", Shape::Texts),
];
const ALARMS: &[Field] = &[
    field("webhook", Shape::Text),
    field("ping", Shape::Text),
    field("command", Shape::Texts),
    field("receipt", Shape::Flag),
    field("mail", Shape::Table(MAIL)),
];

const TELEMETRY: &[Field] = &[
    field("otlp", Shape::Text),
    field("headers", Shape::Named(&Shape::Text)),
    field("prompts", Shape::Flag),
];

const MODEL: &[Field] = &[
    required("base_url", Shape::Text),
    required("model", Shape::Text),
    field("api_key_env", Shape::Text),
    field("api_key_file", Shape::Text),
    field("price_in", Shape::Price),
    field("price_out", Shape::Price),
    field("price_cached", Shape::Price),
    field("concurrency_max", Shape::Count),
    field("requests_per_minute", Shape::Count),
    field("tokens_per_minute", Shape::Count),
    field("free", Shape::Flag),
    field("local_only", Shape::Flag),
    field("context_tokens", Shape::Count),
    field("tokens_out_max", Shape::Count),
    field("timeout", Shape::Duration),
    field("stall_timeout", Shape::Duration),
    field("organization", Shape::Text),
    field("project", Shape::Text),
    field("api_key_header", Shape::Text),
    field("headers", Shape::Named(&Shape::Text)),
    field("query", Shape::Named(&Shape::Text)),
];

const LIST_PRICE: &[Field] = &[
    required("name", Shape::Text),
    field("price_in", Shape::Price),
    field("price_cached", Shape::Price),
    field("price_out", Shape::Price),
];
const PROVIDER: &[Field] = &[
    required("name", Shape::Text),
    field("hosts", Shape::Texts),
    required("as_of", Shape::Text),
    field("model", Shape::Tables(LIST_PRICE)),
];

/// `prices.toml`
pub(crate) const PRICES: &[Field] = &[field("provider", Shape::Tables(PROVIDER))];

const MCP_SERVER: &[Field] = &[
    field("command", Shape::Text),
    field("args", Shape::Texts),
    field("env", Shape::Named(&Shape::Text)),
    field("url", Shape::Text),
    field("headers", Shape::Named(&Shape::Text)),
    field("timeout", Shape::Duration),
    field("read_only_tools", Shape::Texts),
];

/// `config.toml`
pub(crate) const CONFIG: &[Field] = &[
    field("store", Shape::Table(STORE)),
    field("net", Shape::Table(NET)),
    field("web", Shape::Table(WEB)),
    field("approval", Shape::Table(APPROVAL)),
    field("models", Shape::Named(&Shape::Table(MODEL))),
    field("routes", Shape::Named(&Shape::Texts)),
    field("mcpServers", Shape::Named(&Shape::Table(MCP_SERVER))),
    field("budget", Shape::Table(BUDGET)),
    field("alarms", Shape::Table(ALARMS)),
    field("telemetry", Shape::Table(TELEMETRY)),
];

const PIPELINE_SETTINGS: &[Field] = &[
    required("name", Shape::Text),
    field("schedule", Shape::Text),
    field("time_zone", Shape::Text),
    field("catch_up", Shape::Choice(&["latest", "all", "none"])),
    field("max_late", Shape::Duration),
    field("overlap", Shape::Choice(&["skip", "queue", "supersede"])),
    field("window", Shape::Duration),
    field("beats", Shape::Texts),
    field("reads", Shape::Texts),
    field("posts_max", Shape::Count),
    field("post_tokens_max", Shape::Count),
];

const STAGE: &[Field] = &[
    required("agent", Shape::Text),
    field("name", Shape::Text),
    field("at", Shape::Time),
    field("worth_until", Shape::Time),
    field("needs", Shape::Texts),
    field("tools", Shape::Texts),
    field("model_tools", Shape::Texts),
    field("budget", Shape::Money),
    field("drafters", Shape::Texts),
    field("raters", Shape::Texts),
    field("prompt", Shape::Text),
    field("output_schema", Shape::Text),
    field("turns_max", Shape::Count),
    field("approval", Shape::Flag),
];

const FEED: &[Field] = &[
    required("url", Shape::Text),
    field("title", Shape::Text),
    field("beats", Shape::Texts),
    field("owner", Shape::Text),
];

const BROWSER: &[Field] = &[field("server", Shape::Text), field("hosts", Shape::Texts)];

const SEARCH: &[Field] = &[
    field("server", Shape::Text),
    field("tool", Shape::Text),
    field("argument", Shape::Text),
    field("queries", Shape::Texts),
    field("beats", Shape::Texts),
];

const ISSUE: &[Field] = &[
    field("format", Shape::Choice(&["post", "newsletter"])),
    field("name", Shape::Text),
    field("deck", Shape::Text),
    field("title_prefix", Shape::Text),
    field("sign_off", Shape::Text),
    field("citations", Shape::Choice(&["inline", "end"])),
];

const KINDS: &[&str] = &[
    "lead",
    "roundup",
    "releases",
    "bottom_line",
    "take",
    "pattern",
    "quiet",
    "also_read",
    "question",
];

const SECTION: &[Field] = &[
    required("heading", Shape::Text),
    field("kind", Shape::Choice(KINDS)),
    field("by", Shape::Choice(&["model", "author"])),
    field("beats", Shape::Texts),
    field("group_by", Shape::Choice(&["beat"])),
    field("words_max", Shape::Count),
    field("plain", Shape::Flag),
];

const CHANNEL: &[Field] = &[
    field("dir", Shape::Text),
    field("base_url", Shape::Text),
    field("url", Shape::Text),
    field("format", Shape::Choice(&["html", "markdown"])),
    field(
        "after_doubt",
        Shape::Choice(&["same_key", "look_up", "list_recent", "ask"]),
    ),
    field("look_up_url", Shape::Text),
    field("list_url", Shape::Text),
    field("api_key_env", Shape::Text),
    field("api_key_file", Shape::Text),
    field("timeout", Shape::Duration),
];
const REPLIES: &[Field] = &[field("maildir", Shape::Text)];

/// `pipelines/*.toml`
pub(crate) const PIPELINE: &[Field] = &[
    required("pipeline", Shape::Table(PIPELINE_SETTINGS)),
    field("stage", Shape::Tables(STAGE)),
    field("feed", Shape::Tables(FEED)),
    field("browser", Shape::Table(BROWSER)),
    field("search", Shape::Table(SEARCH)),
    field("issue", Shape::Table(ISSUE)),
    field("section", Shape::Tables(SECTION)),
    field("channels", Shape::Named(&Shape::Table(CHANNEL))),
    field("replies", Shape::Table(REPLIES)),
];

const EVAL_PART: &[Field] = &[
    required("name", Shape::Text),
    required("scorer", Shape::Text),
    field("data", Shape::Text),
    field("shared", Shape::Text),
    field("format", Shape::Text),
    field("tier", Shape::Text),
    field("ignore_lines", Shape::Text),
    field("evidence", Shape::Choice(&["span", "document"])),
    field("floors", Shape::Named(&Shape::Number)),
    field("threshold", Shape::Number),
    field("limit", Shape::Count),
    field("seed", Shape::Count),
    field("compare", Shape::Text),
    field("get", Shape::Text),
];

/// `evals/*.toml`
pub(crate) const EVAL: &[Field] = &[
    field("about", Shape::Text),
    field("part", Shape::Tables(EVAL_PART)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Serialize;
    use serde_json::Value;

    use super::*;
    use crate::{Config, Pipeline};

    /// All keys with their way, such as `models.*.base_url`; lists and names count as one step.
    fn keys_of(fields: &[Field], at: &str, keys: &mut BTreeSet<String>) {
        for field in fields {
            let path = format!("{at}{}", field.key);
            match field.shape {
                Shape::Table(fields) | Shape::Tables(fields) => keys_of(fields, &format!("{path}."), keys),
                Shape::Named(Shape::Table(fields)) => keys_of(fields, &format!("{path}.*."), keys),
                _ => _ = keys.insert(path),
            }
        }
    }

    /// The same from a value that fills every section, guided by the shapes so that maps of text stay one key.
    fn keys_in(value: &Value, fields: &[Field], at: &str, keys: &mut BTreeSet<String>) {
        for (key, value) in value.as_object().unwrap() {
            let path = format!("{at}{key}");
            let shape = fields
                .iter()
                .find(|field| field.key == key)
                .map(|field| field.shape);
            match shape {
                Some(Shape::Table(fields)) => keys_in(value, fields, &format!("{path}."), keys),
                Some(Shape::Tables(fields)) => keys_in(&value[0], fields, &format!("{path}."), keys),
                Some(Shape::Named(Shape::Table(fields))) => {
                    let inner = value.as_object().unwrap().values().next().unwrap();
                    keys_in(inner, fields, &format!("{path}.*."), keys);
                }
                _ => _ = keys.insert(path),
            }
        }
    }

    fn assert_same_keys<T: Serialize>(value: &T, fields: &[Field]) {
        let (mut listed, mut written) = (BTreeSet::new(), BTreeSet::new());
        keys_of(fields, "", &mut listed);
        keys_in(&serde_json::to_value(value).unwrap(), fields, "", &mut written);
        assert_eq!(listed, written);
    }

    #[test]
    fn config_has_the_keys_of_its_struct() {
        let extra = "[models.a]\nbase_url = \"b\"\nmodel = \"m\"\ncontext_tokens = 9\norganization = \"o\"\nproject = \"p\"\napi_key_header = \"h\"\nheaders = { a = \"b\" }\nquery = { a = \"b\" }\n[mcpServers.s]\ncommand = \"c\"\n[alarms.mail]\nserver = \"s:465\"\nfrom = \"f\"\n[telemetry.headers]\nKey = \"k\"\n";
        let text = crate::shipped::config()
            .replace("[mcpServers]", "")
            .replace("[models]", "");
        let config: Config = toml::from_str(&format!("{text}\n{extra}")).unwrap();
        assert_same_keys(&config, CONFIG);
    }

    #[test]
    fn pipelines_have_the_keys_of_their_struct() {
        let (_, text) = crate::shipped::FILES
            .iter()
            .find(|(path, _)| *path == "pipelines/daily.toml")
            .unwrap();
        // Both are left out where they are empty.
        let voices = "drafters = [\"a\"]\nraters = [\"a\"]\n";
        let text = text.replacen("[[stage]]\n", &format!("[[stage]]\n{voices}"), 1);
        let pipeline: Pipeline = toml::from_str(&text).unwrap();
        assert_same_keys(&pipeline, PIPELINE);
    }
    #[test]
    fn suites_have_the_keys_of_their_struct() {
        let text = "about = \"a\"\n[[part]]\nname = \"n\"\nscorer = \"s\"\nfloors = { f1 = 0.5 }\n";
        let suite: crate::evals::EvalSuite = toml::from_str(text).unwrap();
        assert_same_keys(&suite, EVAL);
    }
}
