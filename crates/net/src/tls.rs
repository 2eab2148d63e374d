//! TLS: one cryptography provider and one set of root certificates for all clients.

use std::sync::{Arc, Once, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

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
/// On a machine without root certificates each handshake fails as "unknown issuer", while plain HTTP (loopback
/// servers) still works.
pub(crate) fn client_config() -> ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            install_crypto();
            let provider = CryptoProvider::get_default().expect("just installed, if not before");
            ClientConfig::builder()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(SystemRoots::new(Arc::clone(provider))))
                .with_no_client_auth()
        })
        .clone()
}

/// Trusts what the system trusts. Its certificates are read at the first handshake: that takes up to 80 ms, and most
/// commands shake no hands.
#[derive(Debug)]
struct SystemRoots {
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, rustls::Error>>,
}

impl SystemRoots {
    const fn new(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            verifier: OnceLock::new(),
        }
    }

    fn verifier(&self) -> Result<&Verifier, rustls::Error> {
        let verifier = self.verifier.get_or_init(|| {
            let read = Verifier::new(Arc::clone(&self.provider));
            if let Err(error) = &read {
                tracing::warn!(%error, "no root certificates: HTTPS will fail until the system has some");
            }
            read
        });
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        verifier.as_ref().map_err(|_| unknown)
    }
}

impl ServerCertVerifier for SystemRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
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
