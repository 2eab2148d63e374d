//! Where requests of one endpoint go, and what they carry beside their body.

use std::collections::BTreeMap;

use async_openai::config::Config;
use copydesk_config::{Blanks, ModelConfig, Secret, secrets_in};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The key of a model and what its headers and parameters say once variables are put in.
#[derive(Clone, Default)]
pub(crate) struct Access {
    /// The key.
    pub(crate) key: Option<String>,
    /// Headers of its config.
    pub(crate) headers: Vec<(String, String)>,
    /// Parameters of its config.
    pub(crate) query: Vec<(String, String)>,
    /// What an endpoint must not be heard repeating: the key, what came from a variable, and what stands under the name
    /// of a secret. The rest, such as the version of an API, may stand in any text.
    pub(crate) secrets: Blanks,
}

/// Address, headers and parameters. The library's own type would read the environment.
#[derive(Clone)]
pub(crate) struct Address {
    base: String,
    key: SecretString,
    headers: HeaderMap,
    query: Vec<(String, String)>,
}

impl Address {
    /// The reason, in one line without any value, where a header cannot be made.
    pub(crate) fn new(config: &ModelConfig, access: &Access) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        let mut set = |name: &str, value: &str, what: &str| {
            let wrong = || format!("{what} cannot be sent as a header");
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(name, value);
            Ok::<(), String>(())
        };
        if let Some(organization) = &config.organization {
            set("openai-organization", organization, "its organization")?;
        }
        if let Some(project) = &config.project {
            set("openai-project", project, "its project")?;
        }
        if let Some(key) = &access.key {
            match &config.api_key_header {
                Some(name) => set(name, key, "its key")?,
                None => set(AUTHORIZATION.as_str(), &format!("Bearer {key}"), "its key")?,
            }
        }
        for (name, value) in &access.headers {
            set(name, value, &format!("its header `{name}`"))?;
        }
        Ok(Self {
            base: config.base_url.trim_end_matches('/').to_owned(),
            key: access.key.clone().unwrap_or_default().into(),
            headers,
            query: access.query.clone(),
        })
    }

    /// The address of a part of the API, parameters included; nothing where it is none.
    pub(crate) fn whole(&self, path: &str) -> Option<Url> {
        let mut url = Url::parse(&format!("{}{path}", self.base)).ok()?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Some(url)
    }

    /// The same endpoint below another base address.
    pub(crate) fn moved(&self, base_url: &str) -> Self {
        Self {
            base: base_url.trim_end_matches('/').to_owned(),
            ..self.clone()
        }
    }
}

impl Access {
    /// Of a model's settings. `expand` puts the values of variables into a text, or says why it cannot.
    ///
    /// # Errors
    /// The words of `expand`.
    pub(crate) fn new(
        config: &ModelConfig,
        key: Option<String>,
        expand: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let filled = |entries: &BTreeMap<String, String>| {
            let filled = entries
                .iter()
                .map(|(name, text)| Ok((name.clone(), expand(text)?)));
            filled.collect::<Result<Vec<_>, String>>()
        };
        let (headers, query) = (filled(&config.headers)?, filled(&config.query)?);
        let value_of = |name: &str| expand(&format!("${{{name}}}")).ok();
        let written = config.headers.iter().chain(&config.query);
        let carried = written
            .zip(headers.iter().chain(&query))
            .flat_map(|((name, text), (_, filled))| secrets_in(name, text, filled, value_of));
        let mut secrets: Vec<Secret> = carried.chain(key.iter().map(Secret::new)).collect();
        // Who repeats an address repeats its parameters as they stand there.
        secrets.extend(
            query
                .iter()
                .filter_map(|(_, value)| {
                    let is_secret = secrets.iter().any(|secret| secret.reveal() == value);
                    is_secret.then(|| as_in_address(value)).flatten()
                })
                .collect::<Vec<_>>(),
        );
        Ok(Self {
            key,
            headers,
            query,
            secrets: Blanks::of(secrets),
        })
    }
}

/// A parameter's value as it stands in an address.
fn as_in_address(value: &str) -> Option<Secret> {
    let url = Url::parse_with_params("http://localhost/", [("v", value)]).ok()?;
    url.query()?.strip_prefix("v=").map(Secret::new)
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.key.expose_secret().is_empty() {
            "none"
        } else {
            "***"
        };
        f.debug_struct("Address")
            .field("base", &self.base)
            .field("key", &key)
            .finish_non_exhaustive()
    }
}
