//! What of a release no stage reads, left out. Pure.

use copydesk_config::{AlarmsConfig, ChannelConfig, ModelConfig, Release, TelemetryConfig};

/// In place of an address.
const ADDRESS: &str = "https://redacted.invalid/";
/// In place of a path.
const PATH: &str = "redacted";

/// The release as stages see it: prompts, voice, pipeline, routes, and that there are models and channels; without
/// keys or where they lie, addresses of endpoints, channels and alarms, tool servers, and paths of the machine. The
/// folder of letters stays: it is part of what engagement asks for.
pub fn redacted(release: &Release) -> Release {
    let mut release = release.clone();
    let config = &mut release.config;
    PATH.clone_into(&mut config.store.path);
    config.net.allow.clear();
    "127.0.0.1:7420".clone_into(&mut config.web.listen);
    config.mcp_servers.clear();
    config.alarms = AlarmsConfig {
        webhook: None,
        ping: None,
        command: Vec::new(),
        receipt: true,
        mail: None,
    };
    config.telemetry = TelemetryConfig::default();
    config.models.values_mut().for_each(model);
    release.pipeline.channels.values_mut().for_each(channel);
    release
}

/// Every field is named, so that a new one has to choose.
fn model(model: &mut ModelConfig) {
    let ModelConfig {
        base_url,
        api_key_env,
        api_key_file,
        organization,
        project,
        api_key_header,
        headers,
        query,
        model: _,
        price_in: _,
        price_out: _,
        price_cached: _,
        price_as_of: _,
        concurrency_max: _,
        requests_per_minute: _,
        tokens_per_minute: _,
        free: _,
        local_only: _,
        context_tokens: _,
        tokens_out_max: _,
        timeout: _,
        stall_timeout: _,
    } = model;
    ADDRESS.clone_into(base_url);
    for field in [api_key_env, api_key_file, organization, project, api_key_header] {
        *field = None;
    }
    headers.clear();
    query.clear();
}

fn channel(channel: &mut ChannelConfig) {
    blank(&mut channel.dir, PATH);
    for address in [&mut channel.url, &mut channel.look_up_url, &mut channel.list_url] {
        blank(address, ADDRESS);
    }
    channel.api_key_env = None;
    channel.api_key_file = None;
}

/// Keeps that something is there.
fn blank(field: &mut Option<String>, by: &str) {
    if let Some(text) = field {
        by.clone_into(text);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use copydesk_config::shipped;

    use super::*;

    #[test]
    fn nothing_of_the_machine_or_of_a_key_is_left() {
        let mut config: copydesk_config::Config = toml::from_str(shipped::config()).unwrap();
        let model = "base_url = \"https://secret-1.example/v1\"\nmodel = \"m\"\napi_key_env = \"SECRET_2\"\n\
                     api_key_file = \"/srv/secret-3\"\norganization = \"secret-12\"\nproject = \"secret-13\"\n\
                     api_key_header = \"secret-14\"\nheaders = { A = \"secret-15\" }\nquery = { a = \"secret-16\" }\n";
        config.models.insert("m".into(), toml::from_str(model).unwrap());
        let server = "command = \"/opt/secret-4\"\nenv = { TOKEN = \"secret-5\" }\n";
        config
            .mcp_servers
            .insert("s".to_owned(), toml::from_str(server).unwrap());
        config.telemetry.otlp = Some("http://secret-17.example:4318".to_owned());
        config
            .telemetry
            .headers
            .insert("A".to_owned(), "secret-18".to_owned());
        config.alarms.webhook = Some("https://hooks.example/secret-6".to_owned());
        config.net.allow.push("secret-7:80".to_owned());
        config.store.path = "/srv/secret-8.db".to_owned();
        let pipeline = "[pipeline]\nname = \"daily\"\n[channels.list]\nurl = \"https://secret-9.example\"\n\
                        api_key_env = \"SECRET_10\"\ndir = \"/srv/secret-11\"\n";
        let release = Release {
            version: "0".to_owned(),
            checker: "1".to_owned(),
            config,
            pipeline: toml::from_str(pipeline).unwrap(),
            prompts: BTreeMap::from([("a.md".to_owned(), "kept".to_owned())]),
            schemas: BTreeMap::new(),
            voice: "kept".to_owned(),
        };
        let redacted = redacted(&release);
        let text = serde_json::to_string(&redacted).unwrap().to_lowercase();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(redacted.prompts, release.prompts);
        assert_eq!(redacted.config.routes, release.config.routes);
        assert!(redacted.config.models.contains_key(&"m".into()));
        let channel = &redacted.pipeline.channels[&"list".into()];
        assert!(channel.url.is_some() && channel.dir.is_some());
    }
}
