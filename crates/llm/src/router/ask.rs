//! What lives as long as the process: clients, and what was learnt about endpoints.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{Clock, ModelName};
use copydesk_journal::{Ledger, ModelCall, ModelError, ModelReply, Models};
use copydesk_store::Store;

use super::advice::next_step;
use super::asking::{Asking, Step};
use super::breaker::BreakerPolicy;
use super::meter::{EndpointState, Meter};
use super::patience::Patience;
use super::route::{Candidate, person, usable};
use crate::embedded;
use crate::request::Question;
use crate::wire::{Access, Endpoint, Fault, HttpFactory, line_of};

/// Gives the key of a model, where it has one; says why it cannot be had.
pub type Keys = Arc<dyn Fn(&ModelConfig) -> Result<Option<String>, String> + Send + Sync>;

/// Puts the values of variables into a text of `[models]`, such as `"Bearer ${TOKEN}"`; says why it cannot.
pub type Expand = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// What a router works with.
#[derive(Clone)]
pub struct RouterOptions {
    /// Where the embedded model listens.
    pub embedded: SocketAddr,
    /// Where keys come from.
    pub keys: Keys,
    /// Where the values of variables in headers and parameters come from.
    pub expand: Expand,
    /// Where what is learnt about endpoints is kept over restarts; none where nothing is.
    pub store: Option<Arc<dyn Store>>,
    /// Where HTTP clients come from; each can reach one endpoint only.
    pub http: HttpFactory,
    /// For `Retry-After` dates.
    pub clock: Arc<dyn Clock>,
    /// How long to wait between tries.
    pub patience: Patience,
    /// When an endpoint that fails is left alone.
    pub breaker: BreakerPolicy,
}

impl RouterOptions {
    /// With the clients of `net`, which reach exactly the host of their endpoint, and the standard patience.
    pub fn new(embedded: SocketAddr, keys: Keys, clock: Arc<dyn Clock>) -> Self {
        let http: HttpFactory = Arc::new(|hosts| {
            copydesk_net::trusted_client(hosts).map_err(|_| "the HTTP client could not be built".to_owned())
        });
        Self {
            embedded,
            keys,
            expand: Arc::new(|text| Ok(text.to_owned())),
            store: None,
            http,
            clock,
            patience: Patience::standard(),
            breaker: BreakerPolicy::standard(),
        }
    }
}

/// Meters by address and model.
type Meters = Arc<Mutex<BTreeMap<(String, String), Arc<Meter>>>>;

/// Asks models. Cheap to clone: clones share clients and what was learnt about endpoints.
#[derive(Clone)]
pub struct Router {
    pub(super) options: Arc<RouterOptions>,
    embedded: ModelConfig,
    endpoints: Arc<Mutex<BTreeMap<ModelName, Arc<Endpoint>>>>,
    /// By address and model: whatever a release calls it, it is the same endpoint.
    meters: Meters,
}

impl Router {
    /// A router; it connects to nothing yet.
    pub fn new(options: RouterOptions) -> Self {
        let embedded = embedded_config(options.embedded);
        Self {
            options: Arc::new(options),
            embedded,
            endpoints: Arc::default(),
            meters: Arc::default(),
        }
    }

    /// The client of a model, built at its first use.
    pub(crate) fn endpoint(
        &self,
        name: &ModelName,
        config: &ModelConfig,
    ) -> Result<Arc<Endpoint>, ModelError> {
        let mut endpoints = self.endpoints.lock().expect("no holder of this lock can panic");
        if let Some(known) = endpoints.get(name).filter(|known| known.config == *config) {
            return Ok(Arc::clone(known));
        }
        let access = self
            .access(config)
            .map_err(|reason| person(name, line_of(&reason)))?;
        let clock = Arc::clone(&self.options.clock);
        let meter = self.meter(config);
        let endpoint = Endpoint::new(config.clone(), &access, &self.options.http, clock, meter);
        let endpoint = Arc::new(endpoint.map_err(|reason| person(name, reason))?);
        endpoints.insert(name.clone(), Arc::clone(&endpoint));
        Ok(endpoint)
    }

    /// The key of a model, and its headers and parameters with the values of variables put in.
    fn access(&self, config: &ModelConfig) -> Result<Access, String> {
        let key = (self.options.keys)(config)?;
        Access::new(config, key, &*self.options.expand)
    }

    /// Forgets a client, so that a key that a person has changed is read anew.
    pub(super) fn forget(&self, name: &ModelName) {
        self.endpoints
            .lock()
            .expect("no holder of this lock can panic")
            .remove(name);
    }

    /// What is known of the endpoint of a model, over all runs of this process.
    pub(super) fn meter(&self, config: &ModelConfig) -> Arc<Meter> {
        let mut meters = self.meters.lock().expect("no holder of this lock can panic");
        let of = (config.base_url.clone(), config.model.clone());
        let (policy, pause_max) = (self.options.breaker, self.options.patience.pause_max);
        let meter = meters
            .entry(of)
            .or_insert_with(|| Arc::new(Meter::new(policy, pause_max)));
        Arc::clone(meter)
    }

    /// The endpoints that were asked since the start, beside the embedded model.
    pub fn endpoint_states(&self) -> Vec<EndpointState> {
        let meters = self.meters.lock().expect("no holder of this lock can panic");
        let configured = meters
            .iter()
            .filter(|((base_url, _), _)| *base_url != self.embedded.base_url);
        configured
            .map(|((base_url, model), meter)| meter.state(base_url, model))
            .collect()
    }

    pub(super) fn patience(&self) -> Patience {
        self.options.patience
    }

    pub(crate) const fn embedded_config(&self) -> &ModelConfig {
        &self.embedded
    }

    pub(super) fn person_for(&self, candidate: &Candidate, fault: &Fault) -> ModelError {
        if let Fault::Status {
            status: 401 | 403, ..
        } = fault
        {
            self.forget(&candidate.name);
        }
        let advice = next_step(&candidate.name, &candidate.config, fault);
        person(&candidate.name, format!("{fault}; {advice}"))
    }
}

#[async_trait]
impl Models for Router {
    async fn ask(&self, call: ModelCall, ledger: &dyn Ledger) -> Result<ModelReply, ModelError> {
        let route = usable(&call.route, &self.embedded)?;
        let question = Question::new(&call).map_err(|reason| ModelError::Call { reason })?;
        let mut asking = Asking::new(self, &call, &question, route, ledger);
        loop {
            match asking.turn().await? {
                Step::Ask(turn) => {
                    if let Some(reply) = asking.ask(turn).await? {
                        return Ok(reply);
                    }
                }
                Step::Look => {}
                Step::End => return Err(asking.exhausted()),
            }
        }
    }

    fn reconsider(&self) {
        for meter in self
            .meters
            .lock()
            .expect("no holder of this lock can panic")
            .values()
        {
            meter.reconsider();
        }
    }
}

/// The built-in model as an endpoint. Its limits are those of a configured model; it reads none of them.
fn embedded_config(at: SocketAddr) -> ModelConfig {
    ModelConfig {
        base_url: format!("http://{at}/v1"),
        model: embedded::MODEL.to_owned(),
        api_key_env: None,
        api_key_file: None,
        price_in: None,
        price_out: None,
        price_cached: None,
        price_as_of: None,
        concurrency_max: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        free: true,
        local_only: true,
        context_tokens: None,
        tokens_out_max: 4096,
        timeout: jiff::SignedDuration::from_secs(120),
        stall_timeout: jiff::SignedDuration::from_secs(60),
        organization: None,
        project: None,
        api_key_header: None,
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
    }
}
