//! Who owns the folder, and whether it does its work.

use std::time::Duration;

use copydesk_net::HostPort;

use super::Patient;
use super::finding::Finding;

/// Whoever works answers at once.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// Characters of a reason that are shown.
const REASON_MAX: usize = 200;

pub async fn owner(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = vec![lock(patient).await];
    if patient.holder.is_some() {
        findings.push(page(patient).await);
    }
    findings.push(service(patient));
    findings
}

async fn lock(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "owner";
    let Some(about) = &patient.holder else {
        return Finding::ok(CHECK, "nobody; no daemon runs here");
    };
    let hello = crate::control::hello(patient.dir);
    match tokio::time::timeout(ANSWER_MAX, hello).await {
        Ok(Ok(())) => Finding::ok(CHECK, format!("{about}; it takes commands")),
        Ok(Err(_)) => Finding::warn(
            CHECK,
            format!("{about}; nobody answers on data/control.sock"),
            "a short command may be at work: look again; else stop that process",
        ),
        Err(_) => Finding::fail(
            CHECK,
            format!("{about}; it takes no command within {} s", ANSWER_MAX.as_secs()),
            "it is stopped or hangs: let it go on (kill -CONT), or end it and start it again",
        ),
    }
}

/// What the owner says of itself on its page.
async fn page(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "page";
    let listen = &patient.workspace.config.web.listen;
    match readiness(listen).await {
        Ok((200, _)) => Finding::ok(CHECK, format!("ready at {listen}")),
        Ok((status, reason)) => {
            let reason = crate::words::cut(&crate::words::line(&reason), REASON_MAX);
            let found = format!("{listen} answers {status}: {reason}");
            Finding::fail(
                CHECK,
                found,
                "the log of the daemon says more; a planner that hangs wants a restart",
            )
        }
        Err(reason) => {
            let found = format!("{listen} does not answer: {reason}");
            Finding::warn(
                CHECK,
                found,
                "it has no page where the owner is no daemon; else see its log",
            )
        }
    }
}

async fn readiness(listen: &str) -> Result<(u16, String), &'static str> {
    let host = HostPort::parse(listen).map_err(|_| "[web] listen is no address")?;
    copydesk_net::install_crypto();
    let client = copydesk_net::trusted_client(&[host]).map_err(|_| "no HTTP client could be made")?;
    let ask = async {
        let answer = client.get(format!("http://{listen}/readyz")).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    };
    let answer = tokio::time::timeout(ANSWER_MAX, ask).await;
    answer.map_err(|_| "it took too long")?.ok_or("nobody is there")
}

/// Whether a service manager watches the owner.
fn service(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "service manager";
    let has_systemd = std::path::Path::new("/run/systemd/system").is_dir();
    let Some(about) = &patient.holder else {
        let found = if has_systemd {
            "systemd is here"
        } else {
            "none that is known"
        };
        return Finding::ok(CHECK, found);
    };
    let process = about
        .strip_prefix("process ")
        .and_then(|id| id.parse::<u32>().ok());
    match process.and_then(variables) {
        None => Finding::ok(CHECK, "what the owner was started with cannot be read"),
        Some(names) if names.contains(&"NOTIFY_SOCKET".to_owned()) => {
            if names.contains(&"WATCHDOG_USEC".to_owned()) {
                return Finding::ok(CHECK, "it is told how the owner is, and has a watchdog");
            }
            let next = "set WatchdogSec= in its unit, as packaging/systemd does";
            Finding::warn(CHECK, "it is told how the owner is, and has no watchdog", next)
        }
        Some(_) => Finding::ok(CHECK, "the owner was started by hand; nobody restarts it"),
    }
}

/// Names of the variables that a process was started with; never their values.
fn variables(process: u32) -> Option<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{process}/environ")).ok()?;
    let names = bytes.split(|byte| *byte == 0).filter_map(|variable| {
        let name = variable.split(|byte| *byte == b'=').next()?;
        String::from_utf8(name.to_vec()).ok()
    });
    Some(names.collect())
}
