//! A failed connection in words, for the person who reads it at three in the morning: what happened, and what to look at.

use std::fmt;

use crate::wire::{TlsFault, TransportError, TransportKind};

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.what(), self.detail)
    }
}

impl TransportKind {
    fn what(self) -> &'static str {
        match self {
            Self::Dns => "the host's name could not be resolved",
            Self::Connect => "no connection",
            Self::ConnectTimeout => "no connection within limits.connect_timeout",
            Self::Tls(fault) => fault.what(),
            Self::ProxyCredentials => "the proxy wants credentials",
            Self::ProxyRefused => "the proxy does not connect to this host",
            Self::Timeout => "no complete answer within limits.timeout",
            Self::Closed => "the connection broke before an answer came",
            Self::Truncated => "the connection broke inside the answer's body",
            Self::Encoding => "the body is not what its Content-Encoding says",
            Self::TooLarge => "the body is larger than limits.body",
            Self::Client => "the HTTP client could not be made",
        }
    }

    pub(in crate::poll) fn hint(self) -> &'static str {
        match self {
            Self::Dns => "check the host in client.base_url, and the name server of this machine",
            Self::Connect | Self::ConnectTimeout => {
                "check that the API is up, its host and port, and the proxy settings (client.proxy, or HTTPS_PROXY and NO_PROXY)"
            }
            Self::Tls(fault) => fault.hint(),
            Self::ProxyCredentials => "check username and password of client.proxy, or those in HTTPS_PROXY",
            Self::ProxyRefused => {
                "check client.proxy (or HTTPS_PROXY), and whether the proxy lets this host and port through"
            }
            Self::Timeout => "raise limits.timeout, or ask for smaller pages (paginator.limit)",
            Self::Closed | Self::Truncated => {
                "the fault is the API's or a proxy's on the way; the next poll tries again"
            }
            Self::Encoding => {
                "the fault is the API's: an Accept-Encoding of identity under headers avoids it"
            }
            Self::TooLarge => "raise limits.body, or ask for smaller pages (paginator.limit)",
            Self::Client => {
                "check client.tls, the proxy settings and the root certificates of this machine (SSL_CERT_FILE)"
            }
        }
    }
}

impl TlsFault {
    fn hint(self) -> &'static str {
        match self {
            Self::OutOfDate => {
                "its owner has to renew the certificate; if this machine's clock is wrong, set the clock"
            }
            Self::WrongHost => {
                "write the host that the certificate names into client.base_url, or have its owner add this one"
            }
            Self::UnknownAuthority => {
                "name the authority's certificate in client.tls.ca_file, or add it to the root certificates of this machine \
                 (SSL_CERT_FILE); a server that leaves out its intermediate certificates looks the same"
            }
            Self::CertificateWanted => {
                "name a certificate and its key in client.tls.cert_file and client.tls.key_file"
            }
            Self::CertificateRefused => {
                "check client.tls.cert_file: its date, the authority that signed it, and that the intermediate certificates stand \
                 in it behind the certificate"
            }
            Self::NoTls => "write http:// instead of https://, or check the port",
            Self::Other => {
                "check the API's certificate and the root certificates of this machine (SSL_CERT_FILE), or client.tls"
            }
        }
    }
}
