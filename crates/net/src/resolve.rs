//! Names to addresses.

use std::io;
use std::net::IpAddr;

use futures::future::BoxFuture;

/// Turns a host name into addresses. What comes back is not trusted: the connector judges each address.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host` (a name in ASCII form, no trailing dot), best first.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// Asks the system's resolver (`/etc/hosts`, name servers), which also sorts the answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let answers = tokio::net::lookup_host((host, 0)).await?;
            Ok(answers.map(|answer| answer.ip()).collect())
        })
    }
}
