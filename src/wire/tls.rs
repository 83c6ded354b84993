//! What went wrong in TLS, told from rustls's errors: the four things that go wrong in practice, and the rest.

use std::error::Error as StdError;

use rustls::{AlertDescription, CertificateError, Error};

/// Who has to do what about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The server's certificate is out of date, or not valid yet.
    OutOfDate,
    WrongHost,
    /// The server's certificate comes from no authority that is trusted.
    UnknownAuthority,
    /// The server wants a certificate of the client.
    CertificateWanted,
    /// The server does not take the client's certificate.
    CertificateRefused,
    /// The server does not speak TLS.
    NoTls,
    Other,
}

impl TlsFault {
    /// In words, for a message.
    pub fn what(self) -> &'static str {
        match self {
            Self::OutOfDate => "TLS failed, the server's certificate is out of date",
            Self::WrongHost => "TLS failed, the server's certificate is for another host",
            Self::UnknownAuthority => {
                "TLS failed, the server's certificate comes from an authority that is not trusted here"
            }
            Self::CertificateWanted => "TLS failed, the server wants a client certificate",
            Self::CertificateRefused => {
                "TLS failed, the server does not accept the client certificate, or wants one"
            }
            Self::NoTls => "TLS failed, the server does not speak TLS",
            Self::Other => "TLS failed",
        }
    }
}

/// What TLS complained of, and its words for it; `None` if TLS did not.
pub(super) fn fault_of<'e>(
    mut chain: impl Iterator<Item = &'e (dyn StdError + 'static)>,
) -> Option<(TlsFault, String)> {
    chain.find_map(|cause| cause.downcast_ref::<Error>().or_else(|| wrapped(cause.downcast_ref()?))).map(tell)
}

/// An `io::Error` leaves what it wraps out of the chain of sources; connectors wrap more than once.
fn wrapped(error: &std::io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref::<Error>().or_else(|| wrapped(inner.downcast_ref()?))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls adds variants; what is not known is told in its words"
)]
fn tell(error: &Error) -> (TlsFault, String) {
    let fault = match error {
        Error::InvalidCertificate(why) => of_certificate(why),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(_) => TlsFault::NoTls,
        _ => TlsFault::Other,
    };
    (fault, error.to_string())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls adds variants; what is not known is told in its words"
)]
fn of_certificate(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TlsFault::OutOfDate,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongHost
        }
        // Another authority of the same name signed it.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownAuthority,
        _ => TlsFault::Other,
    }
}

/// TLS 1.2 has no word of its own for a certificate that is missing: servers say `handshake_failure`, or complain of a bad one.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls adds variants; what is not known is told in its words"
)]
fn of_alert(alert: AlertDescription) -> TlsFault {
    match alert {
        AlertDescription::CertificateRequired => TlsFault::CertificateWanted,
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::DecryptError
        | AlertDescription::AccessDenied => TlsFault::CertificateRefused,
        _ => TlsFault::Other,
    }
}
