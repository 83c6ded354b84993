//! The files of `client.tls`: certificates and keys in PEM. The only place besides the HTTP client that names rustls, whose
//! parser decides there as well.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};

use crate::config::report::quoted;
use crate::model::Secret;

/// The certificates of authorities, as PEM, or what is wrong with the file.
pub(super) fn authorities(path: &str) -> Result<String, String> {
    let pem = read(path)?;
    let mut store = RootCertStore::empty();
    for certificate in certificates(&pem, path)? {
        store
            .add(certificate)
            .map_err(|error| format!("a certificate of {} is none: {error}", quoted(path)))?;
    }
    Ok(pem)
}

/// The client's certificate and its key in one PEM text, or the key of the setting that is wrong, and what is wrong with it.
pub(super) fn identity(cert_file: &str, key_file: Option<&str>) -> Result<Secret, (&'static str, String)> {
    let in_cert = |why| ("cert_file", why);
    let in_key = |why| (if key_file.is_some() { "key_file" } else { "cert_file" }, why);
    let cert = read(cert_file).map_err(in_cert)?;
    let chain = certificates(&cert, cert_file).map_err(in_cert)?;
    let key_pem = key_file.map(read).transpose().map_err(in_key)?;
    let (key_text, key_path) = match &key_pem {
        Some(pem) => (pem.as_str(), key_file.unwrap_or_default()),
        None => (cert.as_str(), cert_file),
    };
    let key = private_key(key_text, key_path).map_err(in_key)?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
        if matches!(error, Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) {
            let (key, cert) = (quoted(key_path), quoted(cert_file));
            return in_key(format!("the key of {key} does not belong to the certificate of {cert}"));
        }
        in_key(format!("{} cannot be used with the certificate: {error}", quoted(key_path)))
    })?;
    Ok(Secret::new(&joined(&cert, key_text)))
}

/// The HTTP client takes certificates and one key, and nothing else.
fn joined(cert: &str, key: &str) -> String {
    let sections = |pem: &str, wanted: &dyn Fn(&str) -> bool| {
        let mut kept = String::new();
        let mut inside = false;
        for line in pem.lines().map(str::trim) {
            let begins = line.strip_prefix("-----BEGIN ");
            inside |= begins.is_some_and(wanted);
            if inside {
                kept.push_str(line);
                kept.push('\n');
            }
            inside &= !line.starts_with("-----END ");
        }
        kept
    };
    let key = sections(key, &|label| label.contains("PRIVATE KEY"));
    format!("{}{key}", sections(cert, &|label| label.starts_with("CERTIFICATE-")))
}

fn read(path: &str) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", quoted(path)))?;
    String::from_utf8(bytes).map_err(|_| {
        format!("{} is no PEM text; a file in DER or PKCS#12 form must be converted (openssl x509, openssl pkcs12)", quoted(path))
    })
}

fn certificates(pem: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let found = found.map_err(|error| format!("{} is no PEM text: {error}", quoted(path)))?;
    if found.is_empty() {
        return Err(format!("{} holds no certificate (-----BEGIN CERTIFICATE-----)", quoted(path)));
    }
    Ok(found)
}

fn private_key(pem: &str, path: &str) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        if pem.contains("ENCRYPTED") {
            let how = "decrypt it (openssl pkey), and let only krest read the file";
            return format!(
                "the private key of {} is encrypted, which krest cannot read; {how}",
                quoted(path)
            );
        }
        format!("{} holds no private key (-----BEGIN PRIVATE KEY-----)", quoted(path))
    })
}
