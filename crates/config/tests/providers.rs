//! Each block of `docs/providers.md` is right as it stands there.

use copydesk_config::{Environment, Workspace};

const PAGE: &str = include_str!("../../../docs/providers.md");

#[test]
fn each_block_is_accepted_as_written() {
    let folder = tempfile::tempdir().unwrap();
    copydesk_config::init(folder.path()).unwrap();
    let file = folder.path().join("config.toml");
    let shipped = std::fs::read_to_string(&file).unwrap();
    std::fs::write(folder.path().join("models"), "key-in-a-file").unwrap();
    let credentials = folder.path().display().to_string();
    let environment = Environment::of([
        ("OPENAI_API_KEY", "k"),
        ("AZURE_OPENAI_API_KEY", "k"),
        ("AWS_BEARER_TOKEN_BEDROCK", "k"),
        ("GEMINI_API_KEY", "k"),
        ("ANTHROPIC_API_KEY", "k"),
        ("OPENROUTER_API_KEY", "k"),
        ("LITELLM_KEY", "k"),
        ("TEAM", "t"),
        ("CREDENTIALS_DIRECTORY", &credentials),
    ]);
    let blocks: Vec<&str> = PAGE
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 13);
    for block in blocks {
        assert!(shipped.contains("\n[models]\n"));
        std::fs::write(
            &file,
            shipped.replacen("\n[models]\n", &format!("\n{block}\n"), 1),
        )
        .unwrap();
        let workspace = Workspace::load(folder.path(), &environment);
        let workspace = workspace.unwrap_or_else(|problems| panic!("{block}\n{problems:?}"));
        let about_models: Vec<String> = workspace
            .warnings
            .iter()
            .map(ToString::to_string)
            .filter(|warning| warning.contains("models"))
            .collect();
        assert_eq!(about_models, Vec::<String>::new(), "{block}");
        assert_eq!(workspace.config.models.len(), 1);
    }
}
