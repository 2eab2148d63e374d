//! Mistakes of what requests to a model carry along.

use crate::lines_of;

#[test]
fn headers_and_parameters_of_models_are_checked() {
    let text = r#"[models.a]
base_url = "http://127.0.0.1:1/v1?api-version=2"
model = "m"
api_key_header = "api key"
stall_timeout = "0s"
headers = { "X Team" = "t", Authorization = "Bearer sk-123", X-Open = "${TEAM" }
query = { v = "${MISSING}" }
"#;
    let found = lines_of(&[("config.toml", text)]);
    let about_models: Vec<&str> = found
        .iter()
        .map(String::as_str)
        .filter(|line| line.starts_with("config.toml:"))
        .collect();
    for wanted in [
        "config.toml:2: `base_url` ends before its parameters; write what stands behind the question mark as `query",
        "config.toml:4: `api key` is no name of a header",
        "config.toml:5: a reply without any time between its parts cannot come",
        "`X Team` is no name of a header",
        "the header `Authorization` holds its value in this file",
        "`${TEAM` has a `${` without a name and a closing brace",
        "the environment variable `MISSING` is not set",
    ] {
        assert!(
            about_models.iter().any(|line| line.contains(wanted)),
            "{wanted}: {found:#?}"
        );
    }
    assert!(
        found.iter().all(|line| !line.contains("sk-123")),
        "a key came up on the screen: {found:#?}"
    );
}
