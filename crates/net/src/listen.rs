//! TCP listeners.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::TcpListener;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error("{address} is in use: stop the program that holds it, or choose another port")]
    PortInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Other programs have all ports that were tried.
    #[error(
        "{address} and the {more} ports after it are in use: stop a program that holds one, or choose another port"
    )]
    PortsInUse {
        /// The address asked for.
        address: SocketAddr,
        /// How many ports were tried after it.
        more: u16,
    },
    /// The system reserves the port.
    #[error("{address} is not open to this user: choose a port from 1024 up")]
    PortReserved {
        /// The address asked for.
        address: SocketAddr,
    },
    /// No network interface has the address.
    #[error("{address} is no address of this machine: listen on 127.0.0.1, or on an address that it has")]
    NotHere {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Anything else that the system says about a TCP address.
    #[error("nothing can listen on {address}")]
    Address {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A running program answers on the socket file.
    #[error("{path} is in use: another copydesk runs in this folder")]
    SocketInUse {
        /// The socket file.
        path: PathBuf,
    },
    /// Something else than a socket lies at the path.
    #[error("{path} is there already and is no socket: move it away")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The path is longer than systems allow for sockets.
    #[error("{path} is too long for a socket: use a folder with a path of at most {bytes_max} bytes in all")]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Anything else that the system says about a socket file.
    #[error("nothing can listen on {path}")]
    Socket {
        /// The socket file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Listens on a free port of 127.0.0.1, for a server inside this process.
pub async fn listen_loopback() -> Result<TcpListener, ListenError> {
    listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 0).await
}

/// Listens on `address`, or on the first free one of the `try_next_ports` ports after it.
///
/// Port 0 lets the system choose. Ports end at 65535.
pub async fn listen(address: SocketAddr, try_next_ports: u16) -> Result<TcpListener, ListenError> {
    let last = address.port().saturating_add(try_next_ports);
    for port in address.port()..=last {
        let candidate = SocketAddr::new(address.ip(), port);
        match TcpListener::bind(candidate).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(refused(candidate, error)),
        }
    }
    match last - address.port() {
        0 => Err(ListenError::PortInUse { address }),
        more => Err(ListenError::PortsInUse { address, more }),
    }
}

fn refused(address: SocketAddr, source: io::Error) -> ListenError {
    match source.kind() {
        io::ErrorKind::PermissionDenied => ListenError::PortReserved { address },
        io::ErrorKind::AddrNotAvailable => ListenError::NotHere { address },
        _ => ListenError::Address { address, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback_listens_on_a_port_of_the_systems_choice() {
        let address = listen_loopback().await.unwrap().local_addr().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0);
    }

    #[tokio::test]
    async fn a_port_in_use_is_named_with_the_next_step() {
        let taken = listen_loopback().await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = listen(address, 0).await.unwrap_err();
        assert!(matches!(error, ListenError::PortInUse { .. }));
        let text = error.to_string();
        assert!(
            text.contains(&address.to_string()) && text.contains("choose another port"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn the_next_free_port_is_taken_when_asked_for() {
        let taken = listen_loopback().await.unwrap();
        let address = taken.local_addr().unwrap();
        // Twenty ports in a row are hardly all taken; near the end of the range there may be fewer.
        if address.port() < 65_500 {
            let next = listen(address, 20).await.unwrap().local_addr().unwrap();
            assert!(next.port() > address.port() && next.port() <= address.port() + 20);
        }
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        let error = listen("192.0.2.1:7420".parse().unwrap(), 3).await.unwrap_err();
        assert!(matches!(error, ListenError::NotHere { .. }), "{error}");
    }
}
