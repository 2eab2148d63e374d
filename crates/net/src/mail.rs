//! Dialling mail servers that a person wrote in the files. What is said on the line is a mail library's business.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::HostPort;
use crate::tls;

/// Longest time for finding and reaching the server, encryption included.
const DIAL_MAX: Duration = Duration::from_secs(10);
/// Addresses of one host that are tried before giving up.
const ADDRESSES_MAX: usize = 4;

/// Why a mail server was not reached.
#[derive(Debug, thiserror::Error)]
pub enum MailDialError {
    /// No connection at all.
    #[error("{at} cannot be reached: {source}")]
    Unreachable {
        /// Host and port.
        at: HostPort,
        /// What the system said.
        source: io::Error,
    },
    /// A connection, but no agreement on encryption or identity.
    #[error("{at} cannot be trusted: {source}")]
    Insecure {
        /// Host and port.
        at: HostPort,
        /// What is wrong with its certificate or its encryption.
        source: io::Error,
    },
    /// Neither a connection nor a refusal.
    #[error("{at} did not answer within {after:?}")]
    Silent {
        /// Host and port.
        at: HostPort,
        /// How long it was waited for.
        after: Duration,
    },
}

/// An open connection to a mail server.
pub struct MailStream {
    line: Box<dyn Line>,
    peer: SocketAddr,
}

trait Line: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Line for T {}

/// Connects to exactly this host and port, in the clear.
pub async fn dial_mail(at: &HostPort) -> Result<MailStream, MailDialError> {
    within(at, async {
        let (stream, peer) = connect(at).await?;
        Ok(MailStream {
            line: Box::new(stream),
            peer,
        })
    })
    .await
}

/// Connects to exactly this host and port, encrypted from the first byte. The certificate must carry the name of the
/// host and be signed by one of the system's roots.
pub async fn dial_mail_encrypted(at: &HostPort) -> Result<MailStream, MailDialError> {
    within(at, async {
        let (stream, peer) = connect(at).await?;
        let insecure = |source: io::Error| MailDialError::Insecure {
            at: at.clone(),
            source,
        };
        let name = ServerName::try_from(bare(at).to_owned());
        let name = name.map_err(|error| insecure(io::Error::other(error)))?;
        let connector = TlsConnector::from(Arc::new(tls::client_config()));
        let stream = connector.connect(name, stream).await.map_err(insecure)?;
        Ok(MailStream {
            line: Box::new(stream),
            peer,
        })
    })
    .await
}

async fn within(
    at: &HostPort,
    dialling: impl Future<Output = Result<MailStream, MailDialError>>,
) -> Result<MailStream, MailDialError> {
    let silent = MailDialError::Silent {
        at: at.clone(),
        after: DIAL_MAX,
    };
    tokio::time::timeout(DIAL_MAX, dialling)
        .await
        .unwrap_or(Err(silent))
}

async fn connect(at: &HostPort) -> Result<(TcpStream, SocketAddr), MailDialError> {
    let unreachable = |source: io::Error| MailDialError::Unreachable {
        at: at.clone(),
        source,
    };
    let addresses = tokio::net::lookup_host((bare(at), at.port())).await;
    let mut last = io::Error::other("its name has no address");
    for address in addresses.map_err(unreachable)?.take(ADDRESSES_MAX) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => last = error,
        }
    }
    Err(unreachable(last))
}

/// The host without the brackets of an IPv6 address.
fn bare(at: &HostPort) -> &str {
    at.host().trim_start_matches('[').trim_end_matches(']')
}

impl MailStream {
    /// The address that was dialled.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }
}

impl fmt::Debug for MailStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailStream")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for MailStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_read(cx, buffer)
    }
}

impl AsyncWrite for MailStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn server(says: &'static [u8]) -> HostPort {
        let listener = crate::listen_loopback().await.unwrap();
        let at = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(says).await;
        });
        at
    }

    #[tokio::test]
    async fn a_server_is_dialled_at_its_host_and_port() {
        let at = server(b"220 ready\r\n").await;
        let mut stream = dial_mail(&at).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "220 ready\r\n");
        assert_eq!(stream.peer().to_string(), at.to_string());
    }

    #[tokio::test]
    async fn one_that_speaks_in_the_clear_is_not_taken_for_an_encrypted_one() {
        let at = server(b"220 ready\r\n").await;
        let error = dial_mail_encrypted(&at).await.unwrap_err();
        assert!(matches!(error, MailDialError::Insecure { .. }), "{error}");
    }

    #[tokio::test]
    async fn nobody_there_is_said_so() {
        let listener = crate::listen_loopback().await.unwrap();
        let at = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        drop(listener);
        let error = dial_mail(&at).await.unwrap_err();
        assert!(matches!(error, MailDialError::Unreachable { .. }), "{error}");
    }
}
