//! One tool of a bundled server: typed arguments in, typed reply out.

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::ToolFault;

/// Marks a property of an input schema that only code may give; see the front page of the crate.
pub const BY_CODE: &str = "x-by-code";

type Call = dyn Fn(JsonObject) -> BoxFuture<'static, Result<Value, ToolFault>> + Send + Sync;

/// A tool: what it says about itself, and what it does.
#[derive(Clone)]
pub(super) struct ServerTool {
    /// As listed.
    pub spec: Tool,
    call: Arc<Call>,
}

impl ServerTool {
    /// A tool that reads and changes nothing that its caller could notice. `description` is for people and models.
    pub(super) fn new<A, R, F, O>(
        name: &'static str,
        description: &'static str,
        reach: Reach,
        call: F,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + JsonSchema + 'static,
        F: Fn(A) -> O + Send + Sync + 'static,
        O: Future<Output = Result<R, ToolFault>> + Send + 'static,
    {
        let hints = ToolAnnotations::new()
            .read_only(true)
            .idempotent(true)
            .open_world(reach == Reach::Web);
        let spec = Tool::new(name, description, Arc::new(JsonObject::new()))
            .with_input_schema::<A>()
            .with_output_schema::<R>()
            .with_annotations(hints);
        let call = move |arguments: JsonObject| match read_arguments::<A>(arguments) {
            Ok(arguments) => call(arguments)
                .map(|reply| reply.and_then(|reply| to_json(&reply)))
                .boxed(),
            Err(fault) => std::future::ready(Err(fault)).boxed(),
        };
        Self {
            spec,
            call: Arc::new(call),
        }
    }

    /// The same tool, as one that changes something each time it is called, and destroys nothing.
    pub(super) fn that_changes(mut self) -> Self {
        if let Some(hints) = self.spec.annotations.take() {
            let hints = hints.read_only(false).destructive(false).idempotent(false);
            self.spec = self.spec.with_annotations(hints);
        }
        self
    }

    /// Calls it.
    pub(super) fn call(&self, arguments: JsonObject) -> BoxFuture<'static, Result<Value, ToolFault>> {
        (self.call)(arguments)
    }
}

/// What a tool touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Addresses outside.
    Web,
    /// This machine alone.
    Local,
}

fn read_arguments<A: DeserializeOwned>(arguments: JsonObject) -> Result<A, ToolFault> {
    serde_path_to_error::deserialize(Value::Object(arguments))
        .map_err(|error| ToolFault::new(format!("the arguments are wrong: {error}")))
}

fn to_json<R: Serialize>(reply: &R) -> Result<Value, ToolFault> {
    serde_json::to_value(reply)
        .map_err(|error| ToolFault::new(format!("the reply cannot be written: {error}")))
}

/// The schema without the properties that only code may give.
pub(crate) fn without_by_code(mut schema: JsonObject) -> JsonObject {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return schema;
    };
    let is_by_code = |property: &Value| property.get(BY_CODE).is_some_and(|mark| mark == true);
    let hidden: Vec<String> = properties
        .iter()
        .filter(|(_, property)| is_by_code(property))
        .map(|(name, _)| name.clone())
        .collect();
    properties.retain(|_, property| !is_by_code(property));
    let has_references = Value::Object(properties.clone()).to_string().contains("#/$defs/");
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !hidden.iter().any(|hidden| name == hidden));
    }
    if !has_references {
        schema.remove("$defs");
    }
    schema
}
