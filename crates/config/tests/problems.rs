//! What an author reads whose files have mistakes: every message with its place, all at once.

use std::fs;
use std::path::Path;

use copydesk_config::{Environment, Severity, Workspace, init};

/// A fresh folder with one file replaced or added.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path()).unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn lines(dir: &Path) -> Vec<String> {
    Workspace::check(dir, &Environment::empty())
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn lines_of(files: &[(&str, &str)]) -> Vec<String> {
    lines(folder(files).path())
}

const DAILY: &str = "pipelines/daily.toml";

#[test]
fn a_users_file_may_leave_out_every_key() {
    let dir = folder(&[("config.toml", "[budget]\nrun = \"$2.00\"\n")]);
    let workspace = Workspace::load(dir.path(), &Environment::empty()).unwrap();
    assert_eq!(workspace.config.budget.run.to_string(), "$2.00");
    assert_eq!(workspace.config.budget.day.to_string(), "$5.00");
    assert_eq!(workspace.config.web.listen, "127.0.0.1:7420");
    assert_eq!(workspace.config.routes["default"][0].as_str(), "embedded");
    assert_eq!(lines_of(&[("config.toml", "")]), Vec::<String>::new());
}

#[test]
fn mistakes_of_all_files_come_at_once() {
    let dir = folder(&[
        ("config.toml", "[budget]\nrun = 1\n\n[wbe]\nlisten = \"x\"\n"),
        (
            DAILY,
            "[pipeline]\nname = \"daily\"\nschedule = \"0 25 * * *\"\n\n[[stage]]\nagent = \"research\"\nbudjet = \"$1.00\"\n",
        ),
        (
            "prompts/research/take_notes.md",
            "---\ntask: take_notes\nversion: 1\n---\n{{ title }}\n",
        ),
    ]);
    fs::remove_file(dir.path().join("prompts/draft/write_title.md")).unwrap();
    fs::remove_file(dir.path().join("voice.md")).unwrap();
    let hint = format!(
        "`copydesk init {}` writes it and changes nothing else",
        dir.path().display()
    );
    assert_eq!(
        lines(dir.path()),
        [
            "config.toml:2: `budget.run` must be an amount such as \"$0.50\", not 1".to_owned(),
            "config.toml:4: unknown section `wbe`; did you mean `web`?".to_owned(),
            "pipelines/daily.toml:3: `0 25 * * *` is not a schedule: hour `25`, number out of bounds; write \"0 5 * * *\" for five in the morning, or \"@daily\""
                .to_owned(),
            "pipelines/daily.toml:7: unknown key `budjet` in [[stage]]; did you mean `budget`?".to_owned(),
            "prompts/research/take_notes.md:5: the template names something that it is not given; \
             `voice`, `beats`, `pipeline` and `newsletter` are given"
                .to_owned(),
            "prompts/draft/write_title.md: the prompt of the task `write_title` is missing; `copydesk init` writes \
             it and leaves the other files alone"
                .to_owned(),
            format!("voice.md: warning: is missing; {hint}"),
        ]
    );
}

#[test]
fn a_pipeline_is_checked_stage_by_stage() {
    let text = r#"[pipeline]
name = "dayly"
time_zone = "Europe/Berln"
beats = ["AI"]

[[stage]]
agent = "reserch"
at = "11:00"
worth_until = "05:00"
tools = ["feeds/*", "wbe/read", "web/raed", "search"]
model_tools = ["archive/search"]

[[stage]]
agent = "draft"
needs = ["research", "review"]
budget = "$9.00"

[[stage]]
agent = "review"

[[stage]]
agent = "review"

[[stage]]
agent = "custom"
name = "publish"
"#;
    assert_eq!(
        lines_of(&[(DAILY, text)]),
        [
            "pipelines/daily.toml:2: the pipeline `dayly` stands in `daily.toml`; name and file are the same",
            "pipelines/daily.toml:3: `Europe/Berln` is not a time zone such as \"Europe/Berlin\" or \"UTC\"; did you \
             mean `Europe/Berlin`?",
            "pipelines/daily.toml:7: unknown agent `reserch`; did you mean `research`?",
            "pipelines/daily.toml:9: the stage `reserch` is worth until 05:00 and starts not before 11:00; both are \
             times of the same day",
            "pipelines/daily.toml:10: `wbe/read` names the unknown tool server `wbe`; did you mean `web`?",
            "pipelines/daily.toml:10: the tool server `web` has no tool `raed`; did you mean `read`?",
            "pipelines/daily.toml:10: `search` is not a tool such as \"archive/search\" or \"archive/*\"",
            "pipelines/daily.toml:11: the model may call `archive/search`, which `tools` of its stage does not \
             cover; add `archive/search` to `tools`",
            "pipelines/daily.toml:14: the agent `draft` reads what `research` makes, and no such stage stands before \
             it",
            "pipelines/daily.toml:15: the stage `draft` needs the unknown stage `research`; did you mean `reserch`?",
            "pipelines/daily.toml:15: the stage `draft` needs `review`, which does not stand before it",
            "pipelines/daily.toml:16: warning: the budget of the stage `draft`, $9.00, is more than that of a whole \
             run, $1.00",
            "pipelines/daily.toml:22: two stages are called `review`; give one of them another `name`",
            "pipelines/daily.toml:26: `publish` is the stage that the program adds after the approval; choose \
             another `name`",
        ]
    );
}

#[test]
fn feeds_sections_and_channels_are_checked() {
    let text = r#"[pipeline]
name = "daily"
beats = ["AI", "cloud"]

[[stage]]
agent = "research"

[[section]]
heading = "The take"
kind = "take"
by = "model"

[[section]]
heading = "The take"
kind = "quiet"
by = "author"
beats = ["ai"]

[[feed]]
url = "example.com/feed"

[[feed]]
url = "https://a.example/feed"
beats = ["clod"]

[[feed]]
url = "http://a.example/feed/"

[[feed]]
title = "none"

[channels.site]
base_url = "ftp://a.example"
"#;
    assert_eq!(
        lines_of(&[(DAILY, text)]),
        [
            "pipelines/daily.toml:11: the section `The take` is a take, and a take has an author; write `by = \"author\"`",
            "pipelines/daily.toml:14: two sections have the heading `The take`",
            "pipelines/daily.toml:16: the section `The take` is of the kind `quiet`, which the program makes; leave \
             `by` out",
            "pipelines/daily.toml:17: warning: the beat `ai` of the section is not among `beats` of [pipeline]; did you mean \
             `AI`?",
            "pipelines/daily.toml:20: `example.com/feed` is not an address such as https://example.com/feed.xml",
            "pipelines/daily.toml:24: warning: the beat `clod` of the feed is not among `beats` of [pipeline]; did \
             you mean `cloud`?",
            "pipelines/daily.toml:27: warning: the feed http://a.example/feed/ stands here twice",
            "pipelines/daily.toml:29: `url` is missing in [[feed]]",
            "pipelines/daily.toml:32: the channel `site` has no `dir`; name the folder of the site, such as `dir = \
             \"site\"`",
            "pipelines/daily.toml:33: `ftp://a.example` is not an http or https address",
        ]
    );
}

#[test]
fn models_routes_and_servers_are_checked() {
    let text = r#"[net]
allow = ["127.0.0.1:8899", "10.0.0.0/8", "http://a:80"]

[web]
listen = "localhost"

[approval]
hold = "2d"

[models.far]
base_url = "https://models.example/v1"
model = "m"

[models.near]
base_url = "http://127.0.0.1:8080/v1"
model = "m"
local_only = true
api_key_env = "sk-123456"

[models.embedded]
base_url = "http://127.0.0.1:1/v1"
model = "m"
api_key_env = "NEAR_KEY"

[routes]
default = ["faar"]
take_notes = ["near", "far"]
take_note = ["near"]
write_title = []

[mcpServers.feeds]
command = "c"

[mcpServers.both]
command = "c"
url = "https://tools.example/mcp"

[mcpServers.none]
env = { TOKEN = "${MISSING}" }

[budget]
run = "$9.00"
"#;
    assert_eq!(
        lines_of(&[("config.toml", text)]),
        [
            "config.toml:2: `10.0.0.0/8` is not a host and a port such as \"127.0.0.1:8899\"; one host and one port \
             each, without scheme, path or pattern",
            "config.toml:2: `http://a:80` is not a host and a port such as \"127.0.0.1:8899\"; one host and one port \
             each, without scheme, path or pattern",
            "config.toml:5: `localhost` is not an address and a port such as \"127.0.0.1:7420\"",
            "config.toml:8: `hold` is not shorter than `expires`",
            "config.toml:10: the model `far` has no price, so its budget cannot be held; give `price_in` and \
             `price_out` such as \"$0.15/Mtok\", or `free = true`",
            "config.toml:18: `api_key_env` is the name of a variable such as \"OPENAI_API_KEY\", never the key itself",
            "config.toml:20: `embedded` is the name of the built-in model",
            "config.toml:23: warning: the environment variable `NEAR_KEY` is not set; set it where Copydesk starts",
            "config.toml:26: the route of `default` names the unknown model `faar`; did you mean `far`?",
            "config.toml:27: warning: `far` is never asked: the route of `take_notes` starts with a `local_only` \
             model",
            "config.toml:28: unknown task `take_note` in [routes]; did you mean `take_notes`?",
            "config.toml:29: the route of `write_title` names no model",
            "config.toml:31: `feeds` is the name of a bundled tool server",
            "config.toml:36: the tool server `both` has both `command` and `url`; keep one of them",
            "config.toml:38: the tool server `none` has neither `command` nor `url`",
            "config.toml:39: the tool server `none`: the environment variable `MISSING` is not set",
            "config.toml:42: warning: the budget of one run, $9.00, is more than that of one day, $5.00",
        ]
    );
}

#[test]
fn broken_syntax_is_all_that_is_told_of_its_file() {
    let found = lines_of(&[(
        "config.toml",
        "[web]\nlisten = \n[budget\nrun = \"$1.00\"\n[net]\nallow = 7\n",
    )]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("config.toml:2: not valid TOML: "),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("config.toml:3: not valid TOML: "),
        "{found:?}"
    );
}

#[test]
fn an_empty_folder_says_how_to_begin() {
    let dir = tempfile::tempdir().unwrap();
    let problems = Workspace::load(dir.path(), &Environment::empty()).unwrap_err();
    let first = problems.0.first().unwrap().to_string();
    assert_eq!(
        first,
        format!(
            "config.toml: is missing; `copydesk init {}` writes it and changes nothing else",
            dir.path().display()
        )
    );
}

#[test]
fn warnings_keep_nothing_from_starting() {
    let dir = folder(&[("config.toml", "[web]\nlisten = \"0.0.0.0:7420\"\n")]);
    let workspace = Workspace::load(dir.path(), &Environment::empty()).unwrap();
    assert_eq!(workspace.warnings.len(), 1);
    assert_eq!(workspace.warnings[0].severity, Severity::Warning);
}
