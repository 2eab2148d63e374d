//! Each block of `docs/providers.md` makes the request that its provider wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk_config::ModelConfig;
use copydesk_domain::ModelName;
use copydesk_journal::Models;
use copydesk_llm::{Router, RouterOptions};
use serde::Deserialize;
use serde_json::json;

use super::calls::{Book, call, options, spec};
use super::stub::{Stub, says};

const PAGE: &str = include_str!("../../../../docs/providers.md");

#[derive(Deserialize)]
struct Block {
    models: BTreeMap<ModelName, ModelConfig>,
}

/// What a block has to come to: the whole address, and headers that matter.
struct Wanted {
    name: &'static str,
    url: &'static str,
    model: &'static str,
    headers: &'static [(&'static str, &'static str)],
}

const WANTED: [Wanted; 14] = [
    Wanted {
        name: "openai",
        url: "https://api.openai.com/v1/chat/completions",
        model: "gpt-4.1-mini",
        headers: &[
            ("authorization", "Bearer key in OPENAI_API_KEY"),
            ("openai-organization", "org-yours"),
            ("openai-project", "proj_yours"),
        ],
    },
    Wanted {
        name: "azure",
        url: "https://YOUR-RESOURCE.openai.azure.com/openai/v1/chat/completions",
        model: "your-deployment",
        headers: &[("api-key", "key in AZURE_OPENAI_API_KEY")],
    },
    Wanted {
        name: "azure_dated",
        url: "https://YOUR-RESOURCE.openai.azure.com/openai/deployments/your-deployment/chat/completions?api-version=2024-10-21",
        model: "your-deployment",
        headers: &[("api-key", "key in AZURE_OPENAI_API_KEY")],
    },
    Wanted {
        name: "bedrock",
        url: "https://bedrock-mantle.eu-central-1.api.aws/v1/chat/completions",
        model: "openai.gpt-oss-120b",
        headers: &[("authorization", "Bearer key in AWS_BEARER_TOKEN_BEDROCK")],
    },
    Wanted {
        name: "gemini",
        url: "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        model: "gemini-2.5-flash",
        headers: &[("authorization", "Bearer key in GEMINI_API_KEY")],
    },
    Wanted {
        name: "anthropic",
        url: "https://api.anthropic.com/v1/chat/completions",
        model: "claude-haiku-4-5",
        headers: &[("authorization", "Bearer key in ANTHROPIC_API_KEY")],
    },
    Wanted {
        name: "openrouter",
        url: "https://openrouter.ai/api/v1/chat/completions",
        model: "openai/gpt-4.1-mini",
        headers: &[
            ("authorization", "Bearer key in OPENROUTER_API_KEY"),
            ("x-title", "Copydesk"),
        ],
    },
    Wanted {
        name: "ollama",
        url: "http://127.0.0.1:11434/v1/chat/completions",
        model: "llama3.1:8b",
        headers: &[],
    },
    Wanted {
        name: "vllm",
        url: "http://127.0.0.1:8000/v1/chat/completions",
        model: "Qwen/Qwen2.5-7B-Instruct",
        headers: &[],
    },
    Wanted {
        name: "llamacpp",
        url: "http://127.0.0.1:8080/v1/chat/completions",
        model: "any",
        headers: &[],
    },
    Wanted {
        name: "lmstudio",
        url: "http://127.0.0.1:1234/v1/chat/completions",
        model: "qwen2.5-7b-instruct",
        headers: &[],
    },
    Wanted {
        name: "litellm",
        url: "http://127.0.0.1:4000/v1/chat/completions",
        model: "name-in-its-config",
        headers: &[("authorization", "Bearer key in LITELLM_KEY")],
    },
    Wanted {
        name: "patient",
        url: "https://models.example.com/v1/chat/completions",
        model: "large",
        headers: &[
            ("authorization", "Bearer key in ${CREDENTIALS_DIRECTORY}/models"),
            ("x-team", "value of TEAM"),
        ],
    },
    // Requests without a key carry none.
    Wanted {
        name: "ollama",
        url: "http://127.0.0.1:11434/v1/chat/completions",
        model: "llama3.1:8b",
        headers: &[("authorization", "")],
    },
];

fn blocks() -> BTreeMap<ModelName, ModelConfig> {
    let blocks = PAGE.split("```toml\n").skip(1);
    let texts = blocks.map(|rest| rest.split("```").next().unwrap());
    texts
        .flat_map(|text| {
            toml::from_str::<Block>(text)
                .unwrap_or_else(|error| panic!("{error}\n{text}"))
                .models
        })
        .collect()
}

/// A router whose keys and variables say where they come from.
fn router() -> Router {
    let keys = |model: &ModelConfig| {
        let place = model.api_key_env.as_ref().or(model.api_key_file.as_ref());
        Ok(place.map(|place| format!("key in {place}")))
    };
    Router::new(RouterOptions {
        keys: Arc::new(keys),
        expand: Arc::new(|text| Ok(text.replace("${TEAM}", "value of TEAM"))),
        ..options()
    })
}

#[tokio::test]
async fn each_block_makes_the_request_that_its_provider_wants() {
    let blocks = blocks();
    for name in blocks.keys() {
        assert!(
            WANTED.iter().any(|wanted| wanted.name == name.as_str()),
            "{name} is not checked"
        );
    }
    for wanted in WANTED {
        let written = blocks.get(&ModelName::new(wanted.name));
        let written = written.unwrap_or_else(|| panic!("the page has no block {}", wanted.name));
        // The same path on this machine.
        let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
        let host = stub.base_url.trim_end_matches("/v1");
        let (scheme, rest) = written.base_url.split_once("://").unwrap();
        let (place, path) = rest.split_once('/').unwrap();
        let config = ModelConfig {
            base_url: format!("{host}/{path}"),
            ..written.clone()
        };
        router()
            .ask(call(vec![spec(wanted.name, config)]), &Book::default())
            .await
            .unwrap();
        let seen = stub.seen().remove(0);
        let query = if seen.query.is_empty() {
            String::new()
        } else {
            format!("?{}", seen.query)
        };
        assert_eq!(format!("{scheme}://{place}{}{query}", seen.path), wanted.url);
        assert_eq!(seen.body["model"], json!(wanted.model), "{}", wanted.name);
        for (header, value) in wanted.headers {
            let sent = seen
                .headers
                .get(*header)
                .map_or("", |sent| sent.to_str().unwrap());
            assert_eq!(sent, *value, "{}: {header}", wanted.name);
        }
        if seen.headers.contains_key("api-key") {
            assert!(!seen.headers.contains_key("authorization"), "{}", wanted.name);
        }
    }
}
