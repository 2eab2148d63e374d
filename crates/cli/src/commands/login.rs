//! `login`: a fresh one-time link to the page, from the process that serves it.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::app::Folder;
use crate::args::Command;
use crate::exit::{ENVIRONMENT, Failure};
use crate::lock::ask_owner;
use crate::outcome::Outcome;

/// A daemon that has just started opens its page within this time.
const PAGE_MAX: Duration = Duration::from_secs(5);

/// Asks the process that serves the folder's page for a link that leads to the path `to`.
pub async fn execute(dir: &Path, to: String) -> Result<Outcome, Failure> {
    if !copydesk_web::is_local(&to) {
        let error = format!("`{to}` is no path of the page");
        return Err(Failure::usage(error, "write it as in /runs/RUN or /spend"));
    }
    let answer = ask_owner(dir, &Command::Login { to }).await?;
    answer.ok_or_else(|| {
        closed(
            format!("nobody serves the page of {}", dir.display()),
            "start `copydesk daemon` there, or name the folder of a running one with -C",
        )
    })
}

/// Makes the link, in the process that owns the folder.
pub async fn make(folder: &Folder, to: &str) -> Result<Outcome, Failure> {
    let base = page(folder).await?;
    let link = copydesk_web::login_link(&folder.engine, &base, to).await;
    let link = link.map_err(Failure::from)?;
    let data = json!({ "url": link.url, "expires_at": link.expires_at });
    let until = crate::words::minute(link.expires_at);
    let talk = format!("It works once, until {until}.");
    Ok(Outcome::new(data, link.url).with_talk(talk))
}

/// The address of the page, as soon as it is served.
async fn page(folder: &Folder) -> Result<String, Failure> {
    if !folder.is_daemon {
        return Err(closed(
            "the process that owns the folder serves no page",
            "wait until it has ended, then start `copydesk daemon`",
        ));
    }
    let mut page = folder.page.subscribe();
    let opened = tokio::time::timeout(PAGE_MAX, page.wait_for(Option::is_some)).await;
    let base = match opened {
        Ok(Ok(base)) => base.clone(),
        Ok(Err(_)) | Err(_) => None,
    };
    base.ok_or_else(|| {
        closed(
            "the page is not open yet",
            "try again in a moment; `try` opens it when the first issue is there",
        )
    })
}

fn closed(error: impl Into<String>, hint: &str) -> Failure {
    Failure::new("CD013", ENVIRONMENT, error, hint)
}
