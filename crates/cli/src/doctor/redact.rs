//! The last pass: whatever is known to be secret is blanked, should a check have let it through.

use copydesk_config::Config;

use super::Patient;
use super::finding::Finding;

const BLANK: &str = "***";
/// Shorter values are words such as `1` or `true`; blanking them would ruin every line.
const LENGTH_MIN: usize = 6;

/// Blanks known secrets in all that was found.
pub fn redact(findings: &mut [Finding], patient: &Patient<'_>) {
    let secrets = secrets(patient);
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
fn secrets(patient: &Patient<'_>) -> Vec<String> {
    let config = &patient.workspace.config;
    let named = patient.environment.secrets_of(config, patient.dir);
    let mut secrets: Vec<String> = named.iter().map(|secret| secret.reveal().to_owned()).collect();
    secrets.extend(written(config));
    secrets.retain(|secret| secret.len() >= LENGTH_MIN);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn written(config: &Config) -> Vec<String> {
    let servers = config.mcp_servers.values();
    let of_servers = servers.flat_map(|server| server.env.values().chain(server.headers.values()));
    let mut written: Vec<String> = of_servers.cloned().collect();
    let addresses = [&config.alarms.webhook, &config.alarms.ping];
    let of_models = config.models.values().map(|model| &model.base_url);
    let of_servers = config
        .mcp_servers
        .values()
        .filter_map(|server| server.url.as_ref());
    for address in addresses.into_iter().flatten().chain(of_models).chain(of_servers) {
        written.extend(parts(address));
    }
    written
}

/// What of an address may be a secret: user, password, query and the parts of its path.
fn parts(address: &str) -> Vec<String> {
    let Ok(url) = url::Url::parse(address) else {
        return vec![address.to_owned()];
    };
    let mut parts = vec![url.username().to_owned()];
    parts.extend(url.password().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    // A short word of a path is no secret: `v1`, `hooks`, `chat`.
    let of_path = url.path_segments().into_iter().flatten();
    parts.extend(of_path.filter(|part| part.len() >= 16).map(str::to_owned));
    parts
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
        let parts = parts("https://user99:pass99@x.example/0123456789abcdef?token=q99999");
        for part in ["user99", "pass99", "q99999", "0123456789abcdef"] {
            assert!(parts.iter().any(|found| found == part), "{part}");
        }
    }
}
