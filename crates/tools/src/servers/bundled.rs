//! A bundled server, as MCP sees it.

use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};

use super::tool::ServerTool;
use crate::store_fault;

/// A tool server that this program brings along. Cheap to clone; clones share what the server keeps in memory.
#[derive(Clone)]
pub struct BundledServer {
    name: &'static str,
    about: &'static str,
    tools: Arc<[ServerTool]>,
    has_text: bool,
}

impl fmt::Debug for BundledServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundledServer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl BundledServer {
    /// `about` is what the server tells its host.
    pub(super) fn new(name: &'static str, about: &'static str, tools: Vec<ServerTool>) -> Self {
        Self {
            name,
            about,
            tools: tools.into(),
            has_text: false,
        }
    }

    /// Its name: the part before the slash in `feeds/poll`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The same server for hosts that show text only: each result also comes as JSON text, which doubles its size.
    #[must_use]
    pub(super) fn with_text(mut self) -> Self {
        self.has_text = true;
        self
    }

    fn result(&self, reply: Result<serde_json::Value, super::fault::ToolFault>) -> CallToolResult {
        let (value, why, store) = match reply {
            Ok(value) => (value, None, None),
            Err(fault) => (fault.to_json(), Some(fault.why), fault.store),
        };
        let text = match &why {
            Some(why) => Some(why.clone()),
            None if self.has_text => Some(value.to_string()),
            None => None,
        };
        let mut result = CallToolResult::success(text.map(ContentBlock::text).into_iter().collect());
        result.structured_content = Some(value);
        result.is_error = Some(why.is_some());
        if let Some(error) = store {
            store_fault::put(&mut result, &error);
        }
        result
    }
}

impl ServerHandler for BundledServer {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new(format!("copydesk-{}", self.name), env!("CARGO_PKG_VERSION"));
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(us)
            .with_instructions(self.about)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(
            self.tools.iter().map(|tool| tool.spec.clone()).collect(),
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.iter().find(|tool| tool.spec.name == request.name) else {
            return Err(ErrorData::invalid_params(
                format!("there is no tool `{}`", request.name),
                None,
            ));
        };
        let call = tool.call(request.arguments.unwrap_or_default());
        tokio::select! {
            reply = call => Ok(self.result(reply).into()),
            // Nobody waits for the answer any more.
            () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        }
    }
}
