//! Clients for addresses that a person wrote, and for servers inside this process.
//!
//! Libraries that speak to models and tools want a client of reqwest's type, whose connector cannot be replaced.
//! Two hooks hold it to the listed hosts: its resolver answers only for listed names, and its choice of proxy,
//! which is asked for every address, numeric ones included, sends whatever is not listed to a proxy whose name
//! the resolver refuses. So no socket is opened, not even to the proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Proxy, Url, redirect, retry};

use crate::address::{HostPort, short};
use crate::tls;

/// Longest time for finding and reaching a listed host. The exchange itself has no limit here: a model may think
/// for minutes, so each caller sets its own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The name that stands for "not listed". `.invalid` never exists (RFC 6761).
const NOWHERE: &str = "not-listed.invalid";

/// A client for trusted addresses could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for configured addresses could not be built")]
pub struct TrustedClientError {
    #[from]
    source: reqwest::Error,
}

/// The address of a request is not one of the client's.
#[derive(Debug, thiserror::Error)]
enum Unlisted {
    #[error("the address is not among those configured for this client")]
    Address,
    #[error("the name `{0}` is not among those configured for this client")]
    Name(String),
}

/// A client that can reach exactly these hosts and ports: no proxy, no redirects, no retries, no cookies.
pub fn trusted_client(hosts: &[HostPort]) -> Result<Client, TrustedClientError> {
    Ok(trusted_client_builder(hosts).build()?)
}

/// The same, to be completed with headers and timeouts.
///
/// Leave `proxy`, `no_proxy`, `redirect` and `dns_resolver` alone: they hold the client to its hosts.
pub fn trusted_client_builder(hosts: &[HostPort]) -> ClientBuilder {
    let hosts: Arc<[HostPort]> = hosts.into();
    let mut tls = tls::client_config();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let nowhere = Url::parse(&format!("http://{NOWHERE}/")).expect("a name is an address");
    let gate = Arc::clone(&hosts);
    let gate = Proxy::custom(move |url| {
        let is_listed = HostPort::of_parsed(url).is_some_and(|at| gate.contains(&at));
        if is_listed {
            return None;
        }
        tracing::warn!(
            url = short(url.as_str()),
            "refused: not among the addresses configured for this client"
        );
        Some(nowhere.clone())
    });
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .proxy(gate)
        .dns_resolver(ListedNames(hosts))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
}

/// Resolves listed names through the system and no others.
struct ListedNames(Arc<[HostPort]>);

impl Resolve for ListedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().trim_end_matches('.').to_ascii_lowercase();
        let is_listed = self.0.iter().any(|at| at.host() == name);
        Box::pin(async move {
            if name == NOWHERE {
                return Err(Unlisted::Address.into());
            }
            if !is_listed {
                return Err(Unlisted::Name(name).into());
            }
            let answers: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(answers.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that counts its connections and answers each with `reply`.
    async fn serve(reply: &'static str) -> (HostPort, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        (at, count)
    }

    /// The messages of an error and all its sources.
    fn chain(error: &dyn Error) -> String {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    #[tokio::test]
    async fn only_listed_hosts_and_ports_see_a_connection() {
        let (listed, listed_count) = serve(OK).await;
        let (other, other_count) = serve(OK).await;
        let client = trusted_client(std::slice::from_ref(&listed)).unwrap();
        assert_eq!(
            client
                .get(format!("http://{listed}/"))
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap(),
            "ok"
        );
        let port = other.port();
        for url in [
            format!("http://{other}/"),
            format!("https://{other}/"),
            format!("http://localhost:{port}/"),
            format!("http://localhost:{}/", listed.port()),
            format!("http://[::ffff:127.0.0.1]:{port}/"),
            format!("http://2130706433:{port}/"),
        ] {
            let error = client.get(&url).send().await.unwrap_err();
            assert!(chain(&error).contains("not among"), "{url}: {}", chain(&error));
        }
        assert_eq!(listed_count.load(Ordering::SeqCst), 1);
        assert_eq!(other_count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_listed_name_is_reached_through_the_system() {
        let (at, count) = serve(OK).await;
        let named = HostPort::parse(&format!("localhost:{}", at.port())).unwrap();
        let client = trusted_client(std::slice::from_ref(&named)).unwrap();
        assert!(
            client
                .get(format!("http://{named}/"))
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let reply = "HTTP/1.1 302 x\r\nLocation: /b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let (at, count) = serve(reply).await;
        let client = trusted_client(std::slice::from_ref(&at)).unwrap();
        assert_eq!(
            client.get(format!("http://{at}/")).send().await.unwrap().status(),
            302
        );
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_proxies_of_the_environment_are_not_asked() {
        let proxy = "http://127.0.0.1:9";
        let names = [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ];
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "trusted::tests::only_listed_hosts_and_ports_see_a_connection",
            ])
            .envs(names.map(|name| (name, proxy)))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
