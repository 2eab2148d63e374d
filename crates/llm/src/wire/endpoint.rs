//! One endpoint: its client, built once, and what was learnt about it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use copydesk_config::ModelConfig;
use copydesk_domain::Clock;
use copydesk_net::HostPort;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::fault::Fault;
use super::service::{Received, Service};
use crate::request::Dialect;
use crate::router::Meter;

/// Makes the HTTP client that can reach the given hosts; says why it cannot.
pub type HttpFactory = Arc<dyn Fn(&[HostPort]) -> Result<reqwest::Client, String> + Send + Sync>;

/// An endpoint that can be asked.
pub(crate) struct Endpoint {
    pub(crate) config: ModelConfig,
    client: Client<Address>,
    service: Service,
    address: Address,
    dialect: Mutex<Dialect>,
}

impl Endpoint {
    /// Builds the client. The reason, in one line, where address, key or client cannot be used.
    pub(crate) fn new(
        config: ModelConfig,
        key: Option<String>,
        factory: &HttpFactory,
        clock: Arc<dyn Clock>,
        meter: Arc<Meter>,
    ) -> Result<Self, String> {
        let host = HostPort::of_url(&config.base_url).map_err(|error| error.to_string())?;
        let http = factory(&[host])?;
        let key = key.map(SecretString::from);
        let address = Address::new(&config.base_url, key.as_ref())?;
        let timeout = Duration::try_from(config.timeout).map_err(|_| "its timeout is negative".to_owned())?;
        let service = Service {
            http: http.clone(),
            timeout,
            clock,
            meter,
            key,
        };
        // The own service takes the place of the library's, which repeats requests by itself.
        let client = Client::build(http, address.clone()).with_http_service(service.clone());
        Ok(Self {
            config,
            client,
            service,
            address,
            dialect: Mutex::default(),
        })
    }

    /// Asks for a chat completion.
    pub(crate) async fn complete<R: Serialize>(&self, request: &R) -> Result<Received, Fault> {
        self.client
            .chat()
            .create_byot(request)
            .await
            .map_err(|error| match error {
                OpenAIError::Boxed(inner) => match inner.downcast::<Fault>() {
                    Ok(fault) => *fault,
                    Err(_) => Fault::CutOff {
                        reason: "the HTTP client failed".to_owned(),
                    },
                },
                // Its texts may hold bodies, so none of them is passed on.
                _ => Fault::CutOff {
                    reason: "the HTTP client failed".to_owned(),
                },
            })
    }

    /// Asks for the list of models.
    pub(crate) async fn models(&self) -> Result<Received, Fault> {
        let request = self
            .service
            .http
            .get(self.address.url("/models"))
            .headers(self.address.headers());
        let request = request.build().map_err(|_| Fault::Connect {
            reason: "the address is wrong".to_owned(),
        })?;
        self.service.exchange(request).await
    }

    /// The form of request that this endpoint takes, as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        *self.dialect.lock().expect("no holder of this lock can panic")
    }

    /// Learns from a complaint; whether there is another form to try.
    pub(crate) fn learn(&self, complaint: &str, with_tools: bool) -> bool {
        self.dialect
            .lock()
            .expect("no holder of this lock can panic")
            .learn(complaint, with_tools)
    }
}

/// Where requests go and with which headers. The library's own type would read the environment.
#[derive(Clone)]
struct Address {
    base: String,
    key: SecretString,
    headers: HeaderMap,
}

impl Address {
    fn new(base_url: &str, key: Option<&SecretString>) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()));
            let mut value =
                value.map_err(|_| "its key holds characters that no header can carry".to_owned())?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self {
            base: base_url.trim_end_matches('/').to_owned(),
            key: key.cloned().unwrap_or_default(),
            headers,
        })
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
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}
