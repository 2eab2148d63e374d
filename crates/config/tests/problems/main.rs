//! What an author reads whose files have mistakes: every message with its place, all at once.

mod alarms;
mod browser;
mod channels;
mod models;
mod search;
mod telemetry;
mod times;
mod voices;

use std::fs;
use std::path::Path;

use copydesk_config::{CustomTask, Environment, Release, Severity, Workspace, init};

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
            "prompts/draft/write_title.md: the prompt of the task `write_title` is missing; `copydesk init DIR` writes \
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
tools = ["feeds/*", "wbe/read", "web/raed", "search", "desk/read"]
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
            "pipelines/daily.toml:10: `desk/read`: the desk is the author's, and no stage may call it; `copydesk mcp \
             desk` serves it",
            "pipelines/daily.toml:11: the model may call `archive/search`, which `tools` of its stage does not \
             cover; add `archive/search` to `tools`",
            "pipelines/daily.toml:14: the agent `draft` reads what `research` makes, and no such stage stands before \
             it",
            "pipelines/daily.toml:15: the stage `draft` needs the unknown stage `research`; did you mean `reserch`?",
            "pipelines/daily.toml:15: the stage `draft` needs `review`, which does not stand before it",
            "pipelines/daily.toml:16: warning: the budget of the stage `draft`, $9.00, is more than that of a whole \
             run, $1.00",
            "pipelines/daily.toml:22: two stages are called `review`; give one of them another `name`",
            "pipelines/daily.toml:25: the custom stage `publish` has no `prompt`; write `prompt = \
             \"prompts/custom/digest.md\"`, a file beside the other prompts",
            "pipelines/daily.toml:25: the custom stage `publish` has no `output_schema`; write `output_schema = \
             \"prompts/custom/digest.schema.json\"`, a file beside the other prompts",
            "pipelines/daily.toml:26: `publish` is the stage that the program adds after the approval; choose \
             another `name`",
            "pipelines/daily.toml:26: warning: no model can answer the custom stage `publish`: `embedded` knows no tasks \
             but its own; name a language model under [models], and `publish = [\"NAME\"]` under [routes]",
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
beats = ["AL", "ai"]

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
            "pipelines/daily.toml:17: warning: the beat `AL` of the section is not among `beats` of [pipeline]; known: \
             `AI`, `cloud`",
            "pipelines/daily.toml:20: `example.com/feed` is not an address such as https://example.com/feed.xml",
            "pipelines/daily.toml:24: warning: the beat `clod` of the feed is not among `beats` of [pipeline]; did \
             you mean `cloud`?",
            "pipelines/daily.toml:27: warning: the feed http://a.example/feed/ stands here twice",
            "pipelines/daily.toml:29: `url` is missing in [[feed]]",
            "pipelines/daily.toml:32: the channel `site` has neither `dir` nor `url`; name the folder of a site, such as \
             `dir = \"site\"`, or an address that takes issues by POST",
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
fn what_is_on_this_machine_is_told_by_the_form_of_its_address_and_one_price_of_two_is_none() {
    let model = |name: &str, url: &str, more: &str| {
        format!("[models.{name}]\nbase_url = \"{url}\"\nmodel = \"m\"\n{more}\n")
    };
    let text = [
        model("here", "http://localhost:1/v1", "local_only = true"),
        model(
            "named",
            "http://models.localhost:1/v1",
            "local_only = true\nfree = true",
        ),
        model("half", "http://127.0.0.1:1/v1", "price_in = \"$1.00/Mtok\""),
    ];
    assert_eq!(
        lines_of(&[("config.toml", &text.concat())]),
        [
            "config.toml:8: the model `named` is `local_only` and its address is not on this machine",
            "config.toml:10: the model `half` has no price, so its budget cannot be held; give `price_in` and \
             `price_out` such as \"$0.15/Mtok\", or `free = true`",
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

const MODEL: &str = "[models.m]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n";

/// A pipeline of custom stages with most mistakes that can be made.
const OWN: &str = r#"[pipeline]
name = "own"

[[stage]]
agent = "custom"

[[stage]]
agent = "custom"
name = "take_notes"
prompt = "custom/a.md"
output_schema = "prompts/custom/none.schema.json"
turns_max = 99
approval = true

[[stage]]
agent = "custom"
name = "receipts"
prompt = "prompts/custom/a.md"
output_schema = "prompts/custom/a.schema.json"
tools = ["web/*", "archive/*", "s/*"]
model_tools = ["web/read", "archive/search", "s/anything"]

[[stage]]
agent = "engagement"
prompt = "prompts/custom/a.md"
approval = true
"#;

#[test]
fn custom_stages_are_checked() {
    let config = format!(
        "{MODEL}[routes]\ndefault = [\"m\"]\nreceipts = [\"m\"]\nreceits = [\"m\"]\n[mcpServers.s]\ncommand = \"c\"\nread_only_tools = [\"s/x\"]\n"
    );
    let files = [
        ("config.toml", config.as_str()),
        ("pipelines/own.toml", OWN),
        (
            "prompts/custom/a.md",
            "---\ntask: other\nversion: x\ntitel: y\n---\n{{ voice }}\n",
        ),
        (
            "prompts/custom/a.schema.json",
            "{\"type\": \"object\",\n\"pattern\": \"x\"}",
        ),
    ];
    let example = |key: &str, file: &str| {
        format!("write `{key} = \"prompts/custom/{file}\"`, a file beside the other prompts")
    };
    let (prompt, schema) = (
        example("prompt", "digest.md"),
        example("output_schema", "digest.schema.json"),
    );
    let found = lines_of(&files);
    let expected = [
        "config.toml:7: unknown task `receits` in [routes]; did you mean `receipts`?".to_owned(),
        "config.toml:10: `s/x` is not the name of a tool at this server; write the tool's own name, or \"*\" for all of \
         them"
        .to_owned(),
        "pipelines/own.toml:5: a custom stage has no `name`; write `name = \"…\"`: its task, its log and its file are \
         called so"
        .to_owned(),
        format!("pipelines/own.toml:5: the custom stage `custom` has no `prompt`; {prompt}"),
        format!("pipelines/own.toml:5: the custom stage `custom` has no `output_schema`; {schema}"),
        "pipelines/own.toml:9: `take_notes` means something else already, so no custom stage can be called so; choose \
         another `name`"
        .to_owned(),
        "pipelines/own.toml:10: `custom/a.md` is no path such as `prompts/custom/digest.md`".to_owned(),
        "pipelines/own.toml:11: the file `prompts/custom/none.schema.json` is missing; write it, or mend the path".to_owned(),
        "pipelines/own.toml:12: `turns_max` is 99, and more than 32 turns cost more than they give".to_owned(),
        "pipelines/own.toml:17: `receipts` means something else already, so no custom stage can be called so; choose \
         another `name`"
        .to_owned(),
    ];
    assert_eq!(found[..expected.len()], expected, "{found:#?}");
    let rest = found[expected.len()..].join("\n");
    for part in [
        "pipelines/own.toml:21: the model of a custom stage reads text of others, so it may not call `web/read`",
        "pipelines/own.toml:25: `prompt` is a key of custom stages, and the agent is `engagement`; take `prompt` out",
        "pipelines/own.toml:26: `approval` is a key of custom stages",
        "prompts/custom/a.md:2: `task` is `other`, and the custom stage is called `receipts`",
        "prompts/custom/a.md:3: `version` is `x` and not a whole number from 1",
        "prompts/custom/a.md:4: unknown key `titel` in the front matter",
        "prompts/custom/a.schema.json: `properties` is missing or empty, so that an empty answer would fit",
        "prompts/custom/a.schema.json:2: `pattern` is a keyword that no answer would be held to",
    ] {
        assert!(rest.contains(part), "{part}\n{rest}");
    }
    assert!(!rest.contains("s/anything"), "{rest}");
}

#[test]
fn a_release_has_the_prompt_and_the_schema_of_its_custom_stages_and_no_others() {
    let text = "[pipeline]\nname = \"own\"\n[[stage]]\nagent = \"custom\"\nname = \"digest\"\nprompt = \"prompts/custom/a.md\"\n\
                output_schema = \"prompts/custom/a.schema.json\"\n";
    let schema =
        "{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {\"a\": {\"type\": \"string\"}}}";
    let config = format!("{MODEL}[routes]\ndigest = [\"m\"]\n");
    let dir = folder(&[
        ("config.toml", config.as_str()),
        ("pipelines/own.toml", text),
        (
            "prompts/custom/a.md",
            "---\nversion: 3\n---\nFor {{ newsletter }}.\n",
        ),
        ("prompts/custom/a.schema.json", schema),
        ("prompts/custom/b.schema.json", "{"),
    ]);
    assert_eq!(lines(dir.path()), [""; 0]);
    let release = |name: &str| {
        let workspace = Workspace::load(dir.path(), &Environment::empty()).unwrap();
        Release::of(&workspace, name, "3").unwrap()
    };
    let own = release("own");
    assert_eq!(own.schemas.keys().collect::<Vec<_>>(), ["custom/a.schema.json"]);
    let task = CustomTask::of(&own, &own.pipeline.stages[0]).unwrap();
    assert_eq!((task.name.as_str(), task.version), ("digest", 3));
    assert_eq!(task.schema["required"][0], "a");
    let daily = release("daily");
    assert!(!serde_json::to_string(&daily).unwrap().contains("\"schemas\""));
    // Another schema is another release; of pipelines that do not name it, it is none.
    fs::write(
        dir.path().join("prompts/custom/a.schema.json"),
        schema.replace("string", "integer"),
    )
    .unwrap();
    assert_ne!(release("own").hash(), own.hash());
    assert_eq!(release("daily").hash(), daily.hash());
}

#[test]
fn a_folder_that_cannot_be_read_is_one_problem_and_lacks_nothing_besides() {
    let dir = folder(&[]);
    let prompts = dir.path().join("prompts");
    fs::remove_dir_all(&prompts).unwrap();
    // A file in its place is as little readable as a folder without the right to.
    fs::write(&prompts, "").unwrap();
    let found = lines(dir.path());
    let of_prompts: Vec<&String> = found.iter().filter(|line| line.contains("prompt")).collect();
    assert_eq!(of_prompts.len(), 1, "{found:#?}");
    assert!(
        of_prompts[0].starts_with("prompts: cannot be read: "),
        "{found:#?}"
    );
}
