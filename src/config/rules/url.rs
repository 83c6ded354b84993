//! Base URL and path become one URL, as dlt joins them.

/// Trailing slashes of the base and leading ones of the path become one slash; an empty path leaves the base as it is;
/// a path that is a URL of its own replaces the base.
pub fn join_url(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_and_path_are_joined_as_dlt_joins_them() {
        for (base, path, url) in [
            ("https://h", "p", "https://h/p"),
            ("https://h/", "/p", "https://h/p"),
            ("https://h//", "//p/", "https://h/p/"),
            ("https://h/v1/", "", "https://h/v1/"),
            ("https://h/v1", "p?x=1", "https://h/v1/p?x=1"),
            ("https://h", "http://o/p", "http://o/p"),
            ("", "https://o/p", "https://o/p"),
            ("https://h", "ftp://o/p", "https://h/ftp://o/p"),
        ] {
            assert_eq!(join_url(base, path), url, "{base} {path}");
        }
    }
}
