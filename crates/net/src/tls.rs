//! TLS: one cryptography provider and one set of root certificates for all clients.

use std::sync::{Arc, Once, OnceLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// Installs ring as the process's cryptography provider.
///
/// Call it first thing in `main` and in test binaries that build a client elsewhere; the clients of this crate
/// call it themselves. Later calls do nothing, nor does the first one when another part of the process has
/// installed a provider already.
pub fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("a cryptography provider was installed before ring");
        }
    });
}

/// TLS for clients, with the system's root certificates and without any ALPN protocol set.
///
/// The certificates are read once per process, at the first use: that takes some 80 ms. On a machine without
/// root certificates each handshake fails as "unknown issuer", while plain HTTP (loopback servers) still works.
pub(crate) fn client_config() -> ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            install_crypto();
            match ClientConfig::builder().with_platform_verifier() {
                Ok(builder) => builder.with_no_client_auth(),
                Err(error) => {
                    tracing::warn!(%error, "no root certificates: HTTPS will fail until the system has some");
                    ClientConfig::builder()
                        .with_root_certificates(RootCertStore::empty())
                        .with_no_client_auth()
                }
            }
        })
        .clone()
}

/// TLS for connections that speak HTTP/1.1 only.
pub(crate) fn http1_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut config = client_config();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    });
    Arc::clone(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installing_twice_is_fine() {
        install_crypto();
        install_crypto();
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }

    #[test]
    fn guarded_connections_offer_http_1_1_alone() {
        assert_eq!(http1_config().alpn_protocols, [b"http/1.1".to_vec()]);
    }
}
