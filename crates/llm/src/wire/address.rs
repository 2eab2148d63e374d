//! Where requests of one endpoint go, and what they carry beside their body.

use async_openai::config::Config;
use copydesk_config::ModelConfig;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The key of a model and what its headers and parameters say once variables are put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// The key.
    pub(crate) key: Option<String>,
    /// Headers of its config.
    pub(crate) headers: Vec<(String, String)>,
    /// Parameters of its config.
    pub(crate) query: Vec<(String, String)>,
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

/// Parts of names of headers and parameters that carry secrets.
const SECRET_NAMES: &[&str] = &[
    "auth",
    "key",
    "token",
    "secret",
    "password",
    "signature",
    "credential",
    "cookie",
];

impl Access {
    /// What an endpoint must not be heard repeating: the key, what came from a variable, and what stands under the name
    /// of a secret. The rest, such as the version of an API, may stand in any text.
    pub(crate) fn secrets(&self, config: &ModelConfig) -> Vec<SecretString> {
        let is_secret = |name: &str| {
            let mut written = [&config.headers, &config.query].into_iter();
            let is_variable = written.any(|all| all.get(name).is_some_and(|text| text.contains("${")));
            let name = name.to_lowercase();
            is_variable || SECRET_NAMES.iter().any(|part| name.contains(part))
        };
        let all = self.headers.iter().chain(&self.query);
        let carried = all.filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
        self.key
            .iter()
            .chain(carried)
            .cloned()
            .map(SecretString::from)
            .collect()
    }
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
