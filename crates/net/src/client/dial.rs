//! Opening one connection to one checked address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::FetchError;
use crate::address::{Target, TargetHost, judge_address};
use crate::resolve::Resolve;
use crate::tls;

/// Addresses of one host that are tried before giving up.
const ADDRESSES_MAX: usize = 4;

/// An open connection, encrypted if its address says so.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Why a connection was not opened.
#[derive(Debug)]
pub(super) enum DialError {
    /// No connection at all.
    Unreachable(io::Error),
    /// A connection, but no agreement on encryption or identity.
    Insecure(io::Error),
}

/// Opens connections. A trait so that tests can record where a connection would go, and open none.
pub(super) trait Dial: Send + Sync + 'static {
    /// Connects to `address`, which the caller has checked, on behalf of `target`.
    fn dial<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, DialError>>;
}

/// TCP, and TLS with the system's root certificates for `https`.
#[derive(Debug, Clone, Default)]
pub(super) struct NetDialer {
    /// In place of the system's root certificates.
    tls: Option<Arc<ClientConfig>>,
}

#[cfg(test)]
impl NetDialer {
    pub(super) fn with_tls(tls: ClientConfig) -> Self {
        Self {
            tls: Some(Arc::new(tls)),
        }
    }
}

impl Dial for NetDialer {
    fn dial<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, DialError>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address)
                .await
                .map_err(DialError::Unreachable)?;
            stream.set_nodelay(true).map_err(DialError::Unreachable)?;
            if !target.is_https() {
                return Ok(Box::new(stream) as Box<dyn Connection>);
            }
            let name = server_name(target).map_err(DialError::Insecure)?;
            let connector = TlsConnector::from(self.tls.clone().unwrap_or_else(tls::http1_config));
            let stream = connector
                .connect(name, stream)
                .await
                .map_err(DialError::Insecure)?;
            Ok(Box::new(stream) as Box<dyn Connection>)
        })
    }
}

/// The name that the certificate must carry: that of the address, never one that a resolver gave.
fn server_name(target: &Target) -> io::Result<ServerName<'static>> {
    match target.host() {
        TargetHost::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
        TargetHost::Literal(address) => Ok(ServerName::IpAddress((*address).into())),
    }
}

/// Resolves, checks and dials: what comes back is connected to an address that was judged just before.
///
/// Answers that are not public are dropped; if none is left, the first one's reason is the refusal. Each address
/// gets an equal share of `timeout`.
pub(super) async fn connect(
    target: &Target,
    resolver: &dyn Resolve,
    dialer: &dyn Dial,
    timeout: Duration,
) -> Result<Box<dyn Connection>, FetchError> {
    let slow = || FetchError::Timeout {
        at: target.at().to_string(),
        after: timeout,
    };
    let checked = tokio::time::timeout(timeout, checked_addresses(target, resolver))
        .await
        .map_err(|_| slow())??;
    let share = timeout / u32::try_from(checked.len()).expect("at most ADDRESSES_MAX addresses");
    let mut last = slow();
    for address in checked {
        let address = SocketAddr::new(address, target.at().port());
        last = match tokio::time::timeout(share, dialer.dial(target, address)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => failed(target, error),
            Err(_) => slow(),
        };
    }
    Err(last)
}

fn failed(target: &Target, error: DialError) -> FetchError {
    let at = target.at().to_string();
    match error {
        DialError::Unreachable(source) => FetchError::Unreachable { at, source },
        DialError::Insecure(source) => FetchError::Insecure { at, source },
    }
}

/// The addresses that may be dialled for `target`: at least one, at most [`ADDRESSES_MAX`].
async fn checked_addresses(target: &Target, resolver: &dyn Resolve) -> Result<Vec<IpAddr>, FetchError> {
    let name = match target.host() {
        TargetHost::Literal(address) => return Ok(vec![*address]),
        TargetHost::Name(name) => name,
    };
    let unresolved = |source| FetchError::Unresolved {
        host: name.clone(),
        source,
    };
    let answers = resolver
        .resolve(name)
        .await
        .map_err(|source| unresolved(Some(source)))?;
    let mut refusal = None;
    let mut checked = Vec::new();
    for answer in answers {
        match judge_address(answer) {
            Some(reason) if !target.is_named() => refusal = refusal.or(Some(reason)),
            _ => checked.push(answer),
        }
    }
    checked.truncate(ADDRESSES_MAX);
    match (checked.is_empty(), refusal) {
        (false, _) => Ok(checked),
        (true, Some(refusal)) => Err(FetchError::Refused {
            url: crate::address::short(target.url().as_str()),
            refusal,
        }),
        (true, None) => Err(unresolved(None)),
    }
}
