//! One endpoint: its HTTP client, built once, and what was learnt about it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use copydesk_config::ModelConfig;
use copydesk_domain::Clock;
use copydesk_net::HostPort;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use super::address::{Access, Address};
use super::fault::Fault;
use super::seen::{Notebook, Seen};
use super::service::Service;
use crate::request::Dialect;
use crate::router::Meter;

/// Makes the HTTP client that can reach the given hosts; says why it cannot.
pub type HttpFactory = Arc<dyn Fn(&[HostPort]) -> Result<reqwest::Client, String> + Send + Sync>;

/// An endpoint that can be asked.
pub(crate) struct Endpoint {
    pub(crate) config: ModelConfig,
    service: Service,
    address: Address,
    dialect: Mutex<Dialect>,
    /// Set once what earlier processes learnt was looked up.
    pub(crate) is_recalled: OnceCell<()>,
}

impl Endpoint {
    /// Builds the client. The reason, in one line, where address, key or client cannot be used.
    pub(crate) fn new(
        config: ModelConfig,
        access: &Access,
        factory: &HttpFactory,
        clock: Arc<dyn Clock>,
        meter: Arc<Meter>,
    ) -> Result<Self, String> {
        let host = HostPort::of_url(&config.base_url).map_err(|error| error.to_string())?;
        let http = factory(&[host])?;
        let address = Address::new(&config, access)?;
        let limit = |limit| Duration::try_from(limit).map_err(|_| "its timeout is negative".to_owned());
        let service = Service {
            http,
            timeout: limit(config.timeout)?,
            gap: limit(config.stall_timeout)?,
            clock,
            secrets: access.secrets.clone(),
            notebook: Notebook::default(),
            meter,
        };
        Ok(Self {
            config,
            service,
            address,
            dialect: Mutex::default(),
            is_recalled: OnceCell::new(),
        })
    }

    /// Asks for a chat completion; gives the whole reply. `on_written` hears of the tokens written so far while a stream comes in.
    pub(crate) async fn complete(
        &self,
        request: &RawValue,
        on_written: &(dyn Fn(u64) + Send + Sync),
    ) -> (Result<Value, Fault>, Seen) {
        let service = self.one_exchange();
        let notebook = service.notebook.clone();
        let mut written = notebook.written();
        // The own service takes the place of the library's, which repeats requests by itself.
        let client = Client::build(service.http.clone(), self.address.clone()).with_http_service(service);
        let chat = client.chat();
        let mut asked = std::pin::pin!(chat.create_byot::<&RawValue, IgnoredAny>(request));
        let result = loop {
            tokio::select! {
                biased;
                result = &mut asked => break result,
                Ok(()) = written.changed() => on_written(*written.borrow_and_update()),
            }
        };
        // The last words and the end may come in one piece.
        if written.has_changed().unwrap_or(false) {
            on_written(*written.borrow());
        }
        let mut seen = notebook.take();
        let result = match result {
            Ok(_) => seen.reply.take().ok_or_else(client_failed),
            Err(OpenAIError::Boxed(inner)) => Err(inner
                .downcast::<Fault>()
                .map_or_else(|_| client_failed(), |fault| *fault)),
            // Its texts may hold bodies, so none of them is passed on.
            Err(_) => Err(client_failed()),
        };
        (result, seen)
    }

    /// Asks for the list of models.
    pub(crate) async fn models(&self) -> Result<Value, Fault> {
        self.list(&self.address).await
    }

    /// Asks for the list of models as if the endpoint had another base address, on the same host.
    pub(crate) async fn models_at(&self, base_url: &str) -> Result<Value, Fault> {
        self.list(&self.address.moved(base_url)).await
    }

    async fn list(&self, address: &Address) -> Result<Value, Fault> {
        let wrong = || Fault::Connect {
            reason: "the address is wrong".to_owned(),
        };
        let service = self.one_exchange();
        let url = address.whole("/models").ok_or_else(wrong)?;
        let request = service.http.get(url).headers(address.headers());
        let list = service.exchange(request.build().map_err(|_| wrong())?).await;
        list.map(|list| self.clean(list))
    }

    /// The same facts without the endpoint's secrets, should it have repeated one.
    pub(crate) fn redacted(&self, seen: Seen) -> Seen {
        let request_id = seen.request_id.map(|id| self.service.secrets.blank(&id));
        Seen { request_id, ..seen }
    }

    /// A reply without the endpoint's secrets, should it have repeated one.
    pub(crate) fn clean(&self, reply: Value) -> Value {
        self.service.secrets.blank_json(reply)
    }

    fn one_exchange(&self) -> Service {
        Service {
            notebook: Notebook::default(),
            ..self.service.clone()
        }
    }

    /// The form of request that this endpoint takes, as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        *self.dialect.lock().expect("no holder of this lock can panic")
    }

    /// Takes over a form of request that was found before.
    pub(crate) fn speak(&self, dialect: Dialect) {
        *self.dialect.lock().expect("no holder of this lock can panic") = dialect;
    }

    /// Learns from a complaint about a request in the form `spoken`; whether there is another form to try. Calls that
    /// were under way together complain alike: the first one teaches, and the others go on in the form that it found.
    pub(crate) fn learn(&self, complaint: &str, spoken: Dialect, with_tools: bool) -> bool {
        let mut dialect = self.dialect.lock().expect("no holder of this lock can panic");
        *dialect != spoken || dialect.learn(complaint, with_tools)
    }
}

fn client_failed() -> Fault {
    Fault::CutOff {
        reason: "the HTTP client failed".to_owned(),
    }
}
