//! Page to keyed records: key and fingerprint.
