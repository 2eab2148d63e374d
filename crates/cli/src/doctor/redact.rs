//! The last pass: whatever is known to be secret is blanked, should a check have let it through.

use copydesk_config::{Config, Environment, Secret, Workspace, secrets_in, secrets_in_address};

use super::Patient;
use super::finding::Finding;

const BLANK: &str = "***";
/// Shorter values are words such as `1` or `true`; blanking them would ruin every line.
const LENGTH_MIN: usize = 6;

/// Blanks known secrets in all that was found.
pub fn redact(findings: &mut [Finding], patient: &Patient<'_>) {
    let secrets = secrets(&patient.workspace, patient.environment);
    for finding in findings {
        finding.found = blank(&finding.found, &secrets);
        finding.next = finding.next.take().map(|next| blank(&next, &secrets));
    }
}

fn blank(text: &str, secrets: &[String]) -> String {
    let blanked = secrets.iter().fold(text.to_owned(), |text, secret| {
        text.replace(secret.as_str(), BLANK)
    });
    blanked.replace(|character: char| character.is_control(), " ")
}

/// Keys, values of `"${NAME}"`, and what stands written out in config.toml where a secret may stand; longest first.
fn secrets(workspace: &Workspace, environment: &Environment) -> Vec<String> {
    let named = environment.secrets_of(workspace);
    let mut secrets: Vec<String> = named
        .secrets()
        .iter()
        .chain(&written(&workspace.config))
        .map(|secret| secret.reveal().to_owned())
        .filter(|secret| secret.len() >= LENGTH_MIN)
        .collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Whatever stands in config.toml where a secret may stand, whatever it is called: a report goes to strangers.
fn written(config: &Config) -> Vec<Secret> {
    let models = config.models.values();
    let servers = config.mcp_servers.values();
    let entries = servers
        .flat_map(|server| server.env.iter().chain(&server.headers))
        .chain(models.flat_map(|model| model.headers.iter().chain(&model.query)))
        .chain(&config.telemetry.headers);
    let mut written: Vec<Secret> = entries
        // The name of a variable is no secret; its value is among the others.
        .filter(|(_, text)| !text.contains("${"))
        .flat_map(|(name, text)| {
            let parts = secrets_in(name, text, text, |_| None);
            parts.into_iter().chain([Secret::new(text)])
        })
        .collect();
    let alarms = [&config.alarms.webhook, &config.alarms.ping];
    let of_models = config.models.values().map(|model| &model.base_url);
    let of_servers = config
        .mcp_servers
        .values()
        .filter_map(|server| server.url.as_ref());
    let addresses = alarms
        .into_iter()
        .flatten()
        .chain(of_models)
        .chain(of_servers)
        .chain(&config.telemetry.otlp);
    written.extend(addresses.flat_map(|address| secrets_in_address(address)));
    written
}

/// The host of an address, with its port where one is written; nothing else of it.
pub fn host(address: &str) -> String {
    let unreadable = || "an address that cannot be read".to_owned();
    let Ok(url) = url::Url::parse(address) else {
        return unreadable();
    };
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => unreadable(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        assert_eq!(
            host("https://me:pass@api.example.com/v1?key=x#y"),
            "api.example.com"
        );
        assert_eq!(host("http://127.0.0.1:8080/v1"), "127.0.0.1:8080");
        assert_eq!(host("me:pass@x"), "an address that cannot be read");
        assert_eq!(host("not an address"), "an address that cannot be read");
    }

    #[test]
    fn a_secret_is_blanked_wherever_it_stands() {
        let secrets = ["planted-secret".to_owned()];
        assert_eq!(blank("a planted-secret\u{1b}[2J", &secrets), "a *** [2J");
    }

    #[test]
    fn what_is_written_out_in_headers_and_channel_keys_is_known() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let edit = |name: &str, change: &dyn Fn(String) -> String| {
            let path = dir.path().join(name);
            std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
        };
        edit("config.toml", &|text| {
            let telemetry = "[telemetry]\notlp = \"https://otlp.example/?k=planted-otlp\"\nheaders = { X-Tenant = \"planted-tenant\" }\n";
            let model = "[models.near]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nfree = true\n\
                headers = { Authorization = \"Bearer planted-model\" }\nquery = { tenant = \"planted-query\" }\n";
            format!("{}\n{model}", text.replace("[telemetry]\n", telemetry))
        });
        edit("pipelines/daily.toml", &|text| {
            format!("{text}\n[channels.list]\nurl = \"https://list.example/\"\napi_key_env = \"LIST\"\n")
        });
        let environment = Environment::of([("LIST", "planted-channel")]);
        let (workspace, _) = Workspace::inspect(dir.path(), &environment);
        let secrets = secrets(&workspace, &environment);
        for planted in ["otlp", "tenant", "model", "query", "channel"] {
            let found = blank(&format!("it said planted-{planted}."), &secrets);
            assert_eq!(found, "it said ***.", "{planted}: {:?}", secrets.len());
        }
    }
}
