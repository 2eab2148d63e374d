//! The loop over tries, and what lives as long as the process: clients and what was learnt about endpoints.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{Clock, ModelName};
use copydesk_journal::{Ledger, ModelCall, ModelError, ModelReply, Models};
use copydesk_store::Store;

use super::advice::next_step;
use super::attempt::attempt;
use super::patience::Patience;
use super::plan::{After, Plan};
use super::route::{Candidate, person, usable};
use crate::embedded;
use crate::request::{Dialect, Question, ReAsk};
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
        }
    }
}

/// Asks models. Cheap to clone: clones share clients and what was learnt about endpoints.
#[derive(Clone)]
pub struct Router {
    pub(super) options: Arc<RouterOptions>,
    embedded: ModelConfig,
    endpoints: Arc<Mutex<BTreeMap<ModelName, Arc<Endpoint>>>>,
}

impl Router {
    /// A router; it connects to nothing yet.
    pub fn new(options: RouterOptions) -> Self {
        let embedded = embedded_config(options.embedded);
        Self {
            options: Arc::new(options),
            embedded,
            endpoints: Arc::default(),
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
        let endpoint = Endpoint::new(config.clone(), &access, &self.options.http, clock);
        let endpoint = Arc::new(endpoint.map_err(|reason| person(name, reason))?);
        endpoints.insert(name.clone(), Arc::clone(&endpoint));
        Ok(endpoint)
    }

    /// The key of a model, and its headers and parameters with the values of variables put in.
    fn access(&self, config: &ModelConfig) -> Result<Access, String> {
        let filled = |entries: &BTreeMap<String, String>| {
            let filled = entries
                .iter()
                .map(|(name, text)| Ok((name.clone(), (self.options.expand)(text)?)));
            filled.collect::<Result<Vec<_>, String>>()
        };
        Ok(Access {
            key: (self.options.keys)(config)?,
            headers: filled(&config.headers)?,
            query: filled(&config.query)?,
        })
    }

    /// Forgets a client, so that a key that a person has changed is read anew.
    pub(super) fn forget(&self, name: &ModelName) {
        self.endpoints
            .lock()
            .expect("no holder of this lock can panic")
            .remove(name);
    }

    pub(crate) const fn embedded_config(&self) -> &ModelConfig {
        &self.embedded
    }

    fn person_for(&self, candidate: &Candidate, fault: &Fault) -> ModelError {
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
        let mut plan = Plan::new(route.len(), self.options.patience, call.seed);
        let mut re_asks: Vec<ReAsk> = Vec::new();
        let (mut tokens_in, mut tokens_out) = (0_u64, 0_u64);
        let mut reason = String::new();
        while let Some(turn) = plan.next_turn() {
            tokio::time::sleep(turn.pause).await;
            let candidate = &route[turn.model];
            let endpoint = self.endpoint(&candidate.name, &candidate.config)?;
            self.recall(&endpoint).await;
            let spoken = endpoint.dialect();
            let attempted = attempt(&endpoint, candidate, &question, &re_asks, ledger).await?;
            let usage = attempted.usage.unwrap_or_default();
            tokens_in = tokens_in.saturating_add(usage.tokens_in);
            tokens_out = tokens_out.saturating_add(usage.tokens_out);
            let fault = match attempted.result {
                Ok(content) => {
                    let model = candidate.name.clone();
                    return Ok(ModelReply {
                        content,
                        model,
                        tokens_in,
                        tokens_out,
                        tries: plan.tries(),
                    });
                }
                Err(fault) => fault,
            };
            reason = format!("model `{}`: {fault}", candidate.name);
            let is_reformed = is_reformed(&endpoint, &fault, spoken, !call.tools.is_empty());
            if is_reformed {
                self.remember(&endpoint, None).await;
            }
            match plan.failed(&fault, is_reformed, candidate.is_embedded) {
                After::Fresh => re_asks.clear(),
                After::ReAsk => re_asks.extend(re_ask(fault)),
                After::Reform => {}
                After::Person => return Err(self.person_for(candidate, &fault)),
            }
        }
        Err(ModelError::Exhausted {
            tries: plan.tries(),
            reason,
        })
    }
}

/// Whether the endpoint complained of a part of the request, which was in the form `spoken`, that can be told in another.
pub(super) fn is_reformed(endpoint: &Endpoint, fault: &Fault, spoken: Dialect, with_tools: bool) -> bool {
    match fault {
        // Some servers answer 500 or 501 to a schema that they do not understand.
        Fault::Status {
            status: 400 | 422 | 500 | 501,
            reason,
            ..
        } => endpoint.learn(reason, spoken, with_tools),
        _ => false,
    }
}

fn re_ask(fault: Fault) -> Option<ReAsk> {
    match fault {
        Fault::Invalid { problem, said } => Some(ReAsk { said, problem }),
        _ => None,
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
        free: true,
        local_only: true,
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
