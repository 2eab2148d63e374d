//! Where a desk's secrets lie: files that settings name, and values that stand in config.toml itself. Places only; no
//! secret is read here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use copydesk_config::{Config, Environment, Workspace};

/// Every file that a setting names as one with a key or a password, whether it is there or not. One whose name needs a
/// variable that is not set here is missing.
pub fn key_files(workspace: &Workspace, environment: &Environment) -> BTreeSet<PathBuf> {
    let models = workspace.config.models.values();
    let mail = workspace.config.alarms.mail.iter();
    let pipelines = workspace.pipelines.values();
    let channels = pipelines.flat_map(|pipeline| pipeline.channels.values());
    let named = models
        .map(|model| &model.api_key_file)
        .chain(mail.map(|mail| &mail.password_file))
        .chain(channels.map(|channel| &channel.api_key_file));
    named
        .flatten()
        .filter_map(|file| environment.expand(file).ok())
        .map(|file| workspace.dir.join(file.reveal()))
        .collect()
}

/// What may be secret and stands in config.toml, by its setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenOut {
    /// Settings with a value that `"${NAME}"` could stand for: `[models.near] headers`.
    pub values: Vec<String>,
    /// Keys of `[alarms]` with an address, which is a secret as a whole as a rule.
    pub addresses: Vec<&'static str>,
}

/// What may be secret and stands in `config`.
pub fn written_out(config: &Config) -> WrittenOut {
    let mut values = Vec::new();
    let mut look = |section: String, key: &str, found: &BTreeMap<String, String>| {
        if found.values().any(|value| !value.contains("${")) {
            values.push(format!("[{section}] {key}"));
        }
    };
    for (name, model) in &config.models {
        look(format!("models.{name}"), "headers", &model.headers);
        look(format!("models.{name}"), "query", &model.query);
    }
    for (name, server) in &config.mcp_servers {
        look(format!("mcpServers.{name}"), "env", &server.env);
        look(format!("mcpServers.{name}"), "headers", &server.headers);
    }
    look("telemetry".to_owned(), "headers", &config.telemetry.headers);
    let alarms = [("webhook", &config.alarms.webhook), ("ping", &config.alarms.ping)];
    let there = alarms.into_iter().filter(|(_, address)| address.is_some());
    WrittenOut {
        values,
        addresses: there.map(|(key, _)| key).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CONFIG: &str = r#"
[models.near]
base_url = "http://127.0.0.1:9/v1"
model = "m"
free = true
api_key_file = "${KEYS}/near.key"
headers = { X-Tenant = "planted" }
query = { tenant = "${TENANT}" }
[models.far]
base_url = "http://127.0.0.1:9/v1"
model = "m"
free = true
api_key_file = "${ABSENT}/far.key"
query = { code = "planted" }
[mcpServers.web2]
url = "https://tools.example/mcp"
headers = { Authorization = "Bearer ${TOKEN}" }
[mcpServers.files]
command = "files"
env = { A = "planted" }
"#;

    fn desk() -> (tempfile::TempDir, Workspace, Environment) {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let edit = |name: &str, change: &dyn Fn(String) -> String| {
            let path = dir.path().join(name);
            fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
        };
        edit("config.toml", &|text| {
            let alarms = "[alarms]\nping = \"https://pings.example/planted\"\n";
            let mail = "[alarms.mail]\nserver = \"mail.example:465\"\nuser = \"u\"\npassword_file = \"notes/mail.key\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n";
            let telemetry = "[telemetry]\nheaders = { Authorization = \"planted\" }\n";
            let text = text
                .replace("[alarms]\n", alarms)
                .replace("[telemetry]\n", telemetry);
            format!("{text}\n{CONFIG}{mail}")
        });
        edit("pipelines/daily.toml", &|text| {
            format!(
                "{text}\n[channels.list]\nurl = \"https://list.example/\"\napi_key_file = \"/keys/list.key\"\n"
            )
        });
        let environment = Environment::of([("KEYS", "prompts/keys"), ("TENANT", "t"), ("TOKEN", "t")]);
        let (workspace, _) = Workspace::inspect(dir.path(), &environment);
        (dir, workspace, environment)
    }

    #[test]
    fn files_of_models_mail_and_channels_are_key_files() {
        let (dir, workspace, environment) = desk();
        let expected = ["notes/mail.key", "prompts/keys/near.key", "/keys/list.key"];
        let expected: BTreeSet<PathBuf> = expected.iter().map(|file| dir.path().join(file)).collect();
        assert_eq!(key_files(&workspace, &environment), expected);
    }

    #[test]
    fn what_stands_in_the_file_is_named_by_its_setting_and_never_repeated() {
        let (_dir, workspace, _) = desk();
        let found = written_out(&workspace.config);
        let expected = [
            "[models.far] query",
            "[models.near] headers",
            "[mcpServers.files] env",
            "[telemetry] headers",
        ];
        assert_eq!(found.values, expected);
        assert_eq!(found.addresses, ["ping"]);
        assert!(!format!("{found:?}").contains("planted"));
    }
}
