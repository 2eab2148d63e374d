//! The tools `read` and `open`.

use copydesk_net::GetRequest;
use copydesk_text::page::{Page, extract};
use url::Url;

use super::document::{OpenArgs, PageReply, ReadArgs};
use super::robots_files::RobotsFiles;
use crate::servers::deps::ServerDeps;
use crate::servers::fault::{ToolFault, fetch_fault, status_fault};

/// Media types of pages.
const ACCEPT: &str = "text/html, application/xhtml+xml, text/markdown;q=0.8, text/plain;q=0.7, */*;q=0.1";

/// Reads pages.
pub(super) struct Reader {
    deps: ServerDeps,
    robots: RobotsFiles,
}

impl Reader {
    pub(super) fn new(deps: ServerDeps) -> Self {
        Self {
            deps,
            robots: RobotsFiles::default(),
        }
    }

    /// Reads an address.
    pub(super) async fn read(&self, args: ReadArgs) -> Result<PageReply, ToolFault> {
        self.page(&args.url).await
    }

    /// Reads the listed address with an id.
    pub(super) async fn open(&self, args: OpenArgs) -> Result<PageReply, ToolFault> {
        let entry = args.listed.iter().find(|entry| entry.id == args.id);
        let entry = entry.ok_or_else(|| ToolFault::new(format!("the list has no entry `{}`", args.id)))?;
        self.page(&entry.url).await
    }

    async fn page(&self, address: &str) -> Result<PageReply, ToolFault> {
        let (url, page) = self.extracted(address).await?;
        Ok(PageReply::new(url, page))
    }

    /// The page at an address, with the address that answered.
    pub(super) async fn extracted(&self, address: &str) -> Result<(String, Page), ToolFault> {
        let url =
            Url::parse(address).map_err(|error| ToolFault::new(format!("this is no address: {error}")))?;
        self.robots.check(&self.deps, &url).await?;
        let mut request = GetRequest::new(address);
        request.accept = Some(ACCEPT.to_owned());
        let response = self.deps.client.get(request).await.map_err(|error| ToolFault {
            retry_at: error
                .retry_after()
                .and_then(|wait| wait.try_into().ok())
                .map(|wait| self.deps.clock.now().plus(wait)),
            ..ToolFault::new(fetch_fault(&error))
        })?;
        if !response.is_success() {
            return Err(ToolFault::new(status_fault(response.status)));
        }
        let final_url = Url::parse(&response.final_url)
            .map_err(|error| ToolFault::new(format!("the address that answered cannot be read: {error}")))?;
        if !response.redirects.is_empty() {
            // The client follows redirects by itself, so the last address is judged before its content is used.
            self.robots.check(&self.deps, &final_url).await?;
        }
        let content_type = response.content_type.clone();
        let body = response.body.clone();
        // A large page takes the extractor a while; other sessions must not wait for it.
        let page =
            tokio::task::spawn_blocking(move || extract(&body, content_type.as_deref(), &final_url)).await;
        let page = page.map_err(|_| ToolFault::new("the page cannot be read: the extractor failed"))?;
        Ok((response.final_url, page))
    }
}
