//! What a run is pinned to: complete, reproducible, and without a secret.

use std::fs;

use copydesk_config::{Environment, PromptContext, Release, Secret, Workspace, init, prompts};
use copydesk_domain::task;

fn workspace(config: &str, environment: &Environment) -> Workspace {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path()).unwrap();
    if !config.is_empty() {
        fs::write(dir.path().join("config.toml"), config).unwrap();
    }
    Workspace::load(dir.path(), environment).unwrap()
}

#[test]
fn every_shipped_prompt_renders_for_both_pipelines() {
    let workspace = workspace("", &Environment::empty());
    for pipeline in ["daily", "weekly"] {
        let release = Release::of(&workspace, pipeline, "3").unwrap();
        let context = PromptContext::of(&release);
        for (task, path) in task::ALL {
            let rendered = prompts::render(&release, path, &context).unwrap();
            assert!(!rendered.is_empty() && !rendered.starts_with("---"), "{task}");
            assert!(!rendered.contains("{{") && !rendered.contains("<!--"), "{task}");
        }
    }
}

#[test]
fn a_release_without_drafters_has_the_bytes_that_it_had_before_there_were_any() {
    let workspace = workspace("", &Environment::empty());
    let release = Release::of(&workspace, "daily", "3").unwrap();
    let bytes = serde_json::to_string(&release.pipeline).unwrap();
    assert!(
        !bytes.contains("drafters") && !bytes.contains("raters"),
        "{bytes}"
    );
}

#[test]
fn the_same_files_give_the_same_release() {
    let workspace = workspace("", &Environment::empty());
    let release = Release::of(&workspace, "daily", "3").unwrap();
    assert_eq!(
        release.hash(),
        Release::of(&workspace, "daily", "3").unwrap().hash()
    );
    assert_ne!(
        release.hash(),
        Release::of(&workspace, "weekly", "3").unwrap().hash()
    );
    let judged_anew = Release::of(&workspace, "daily", "4").unwrap();
    assert_ne!(
        release.hash(),
        judged_anew.hash(),
        "other checks are another release"
    );
    let text = serde_json::to_string(&release).unwrap();
    assert_eq!(serde_json::from_str::<Release>(&text).unwrap(), release);
}

#[test]
fn a_release_holds_no_secret() {
    let config = "[models.a]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\napi_key_env = \"KEY\"\n\
                  [mcpServers.s]\ncommand = \"c\"\nenv = { T = \"${TOKEN}\" }\n";
    let environment = Environment::of([("KEY", "hush-hush-key"), ("TOKEN", "hush-hush-token")]);
    let workspace = workspace(config, &environment);
    let text = serde_json::to_string(&Release::of(&workspace, "daily", "3").unwrap()).unwrap();
    assert!(!text.contains("hush") && text.contains("${TOKEN}"));
    let secrets = environment.secrets_of(&workspace);
    assert_eq!(
        secrets.secrets().iter().map(Secret::reveal).collect::<Vec<_>>(),
        ["hush-hush-token", "hush-hush-key"]
    );
}

#[test]
fn the_key_of_a_channel_is_among_what_no_recording_may_hold() {
    let environment = Environment::of([("LIST", "hush-hush-list")]);
    let mut workspace = workspace("", &environment);
    let channel = "url = \"https://list.example/\"\napi_key_env = \"LIST\"\n";
    let pipeline = workspace.pipelines.get_mut(&"daily".into()).unwrap();
    let channel = toml::from_str(channel).unwrap();
    pipeline.channels.insert("list".into(), channel);
    let secrets = environment.secrets_of(&workspace);
    assert_eq!(secrets.blank("hush-hush-list"), "***");
}

#[test]
fn a_pipeline_that_is_none_names_the_nearest() {
    let workspace = workspace("", &Environment::empty());
    let message = |name: &str| Release::of(&workspace, name, "3").unwrap_err().to_string();
    assert_eq!(
        message("dialy"),
        "no pipeline is called `dialy`; did you mean `daily`?"
    );
    assert_eq!(
        message("x"),
        "no pipeline is called `x`; there are: daily, weekly"
    );
}

#[test]
fn both_shipped_pipelines_read_the_same_feeds() {
    let workspace = workspace("", &Environment::empty());
    let feeds = |name: &str| Release::of(&workspace, name, "3").unwrap().pipeline.feeds;
    assert_eq!(feeds("daily"), feeds("weekly"));
    assert_eq!(feeds("daily").len(), 12);
}

#[test]
fn the_environment_names_a_model_unless_the_sample_is_tried() {
    let environment = Environment::of([("OPENAI_API_KEY", "k"), ("PATH", "/bin")]);
    let route = |environment: &Environment| {
        let workspace = workspace("", environment);
        workspace.config.routes["default"]
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(route(&environment), ["openai", "embedded"]);
    assert_eq!(route(&environment.without_models()), ["embedded"]);
}
