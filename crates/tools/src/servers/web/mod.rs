//! `web`: reads pages, as their robots.txt allows.

mod document;
mod read;
mod robots;
mod robots_files;

use std::sync::Arc;

use copydesk_text::page::Page;

use super::bundled::BundledServer;
use super::deps::ServerDeps;
use super::tool::{Reach, ServerTool};
use read::Reader;

/// Reads pages for commands, as the tool does: guarded, and as robots.txt allows.
pub struct PageReader(Reader);

impl PageReader {
    /// A reader that knows no robots.txt yet.
    pub fn new(deps: &ServerDeps) -> Self {
        Self(Reader::new(deps.clone()))
    }

    /// The page at an address.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub async fn read(&self, address: &str) -> Result<Page, String> {
        let read = self.0.extracted(address).await;
        read.map(|(_, page)| page).map_err(|fault| fault.why)
    }
}

pub(super) fn server(deps: &ServerDeps) -> BundledServer {
    let reader = Arc::new(Reader::new(deps.clone()));
    let opener = Arc::clone(&reader);
    let read = ServerTool::new(
        "read",
        "Reads the page at an address and gives its main text, title, authors, date and links.",
        Reach::Web,
        move |args| {
            let reader = Arc::clone(&reader);
            async move { reader.read(args).await }
        },
    );
    let open = ServerTool::new(
        "open",
        "Opens an entry of the list at hand by its id and gives the page's main text, title, authors, date and links.",
        Reach::Web,
        move |args| {
            let opener = Arc::clone(&opener);
            async move { opener.open(args).await }
        },
    );
    let about = "Reads web pages for Copydesk: public addresses only, as their robots.txt allows.";
    BundledServer::new("web", about, vec![read, open])
}
