//! What was learnt about endpoints, over restarts.

use copydesk_config::ModelConfig;
use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Command, EndpointRecord};
use serde::{Deserialize, Serialize};

use super::ask::Router;
use super::report::{ProbeReport, Way};
use crate::request::Dialect;
use crate::wire::Endpoint;

/// What is remembered of an endpoint and model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    dialect: Dialect,
    /// What the last probe found, if one was made.
    #[serde(default)]
    pub report: Option<ProbeReport>,
    /// When this was learnt.
    #[serde(skip)]
    pub at: Option<Instant>,
}

impl Remembered {
    /// What a stored record says of the endpoint of `config`; nothing where it was learnt of another one, or with
    /// other parameters, or by a version that wrote it otherwise.
    pub fn of(record: &EndpointRecord, config: &ModelConfig) -> Option<Self> {
        let is_same = record.base_url == config.base_url && record.model == config.model;
        if !is_same || record.identity != identity(config) {
            return None;
        }
        let known: Self = serde_json::from_str(&record.knowledge).ok()?;
        Some(Self {
            at: Some(record.at),
            ..known
        })
    }

    /// How outputs are asked for.
    pub fn way(&self) -> Way {
        Way::of(self.dialect.format(false))
    }

    /// Whether replies are asked for as streams where somebody watches.
    pub fn streams(&self) -> bool {
        self.dialect.has_stream
    }
}

/// What an endpoint may answer differently by: its address, its model, and what each request carries along. Values of
/// variables are not in it, so a new key forgets nothing.
fn identity(config: &ModelConfig) -> ContentHash {
    let parts = (
        &config.base_url,
        &config.model,
        &config.query,
        &config.headers,
        (&config.organization, &config.project, &config.api_key_header),
    );
    ContentHash::of(&serde_json::to_vec(&parts).expect("texts have a JSON form"))
}

impl Router {
    /// Takes over what was learnt of an endpoint before, once. A store that cannot be read costs a lesson, not the call.
    pub(super) async fn recall(&self, endpoint: &Endpoint) {
        let Some(store) = self
            .options
            .store
            .as_ref()
            .filter(|_| !self.is_embedded(endpoint))
        else {
            return;
        };
        endpoint
            .is_recalled
            .get_or_init(|| async {
                match store.endpoints().await {
                    Ok(records) => {
                        let known = records
                            .iter()
                            .find_map(|record| Remembered::of(record, &endpoint.config));
                        if let Some(known) = known {
                            endpoint.speak(known.dialect);
                        }
                    }
                    Err(error) => tracing::warn!(%error, "what was learnt of endpoints could not be read"),
                }
            })
            .await;
    }

    /// Keeps what an endpoint takes, and what a probe found; an earlier report stays where there is no new one.
    pub(super) async fn remember(&self, endpoint: &Endpoint, report: Option<ProbeReport>) {
        let Some(store) = self
            .options
            .store
            .as_ref()
            .filter(|_| !self.is_embedded(endpoint))
        else {
            return;
        };
        let config = &endpoint.config;
        let earlier = match &report {
            Some(_) => None,
            None => store.endpoints().await.ok().and_then(|records| {
                let mut known = records.iter().filter_map(|record| Remembered::of(record, config));
                known.next()?.report
            }),
        };
        let known = Remembered {
            dialect: endpoint.dialect(),
            report: report.or(earlier),
            at: None,
        };
        let record = EndpointRecord {
            base_url: config.base_url.clone(),
            model: config.model.clone(),
            identity: identity(config),
            knowledge: serde_json::to_string(&known).expect("plain structs have a JSON form"),
            at: self.options.clock.now(),
        };
        if let Err(error) = store.apply(Command::PutEndpoint(record)).await {
            tracing::warn!(%error, "what was learnt of an endpoint could not be kept");
        }
    }

    fn is_embedded(&self, endpoint: &Endpoint) -> bool {
        endpoint.config.base_url == self.embedded_config().base_url
    }
}
