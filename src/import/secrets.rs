//! Values that come from outside: the environment variables they become, and the places where a text is a secret.

use super::interpret::{Origin, Setting};
use super::settings::{Known, Settings};

/// An environment variable that the configuration reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub name: String,
    /// Where the Python file has it.
    pub origin: String,
    pub line: usize,
    /// Where dlt has it.
    pub dlt: Vec<String>,
}

/// The variable for a setting; `key` is the key in the configuration under which it stands.
pub(super) fn variable(setting: &Setting, key: &str, settings: &Settings) -> Variable {
    let mut setting = setting.clone();
    if setting.path.is_empty() {
        setting.path.push(key.to_owned());
    }
    let path = setting.path.clone();
    let (path, dlt) = match setting.origin {
        Origin::Secrets | Origin::Config => {
            let known = settings.exactly(&path).map(Known::shown);
            (path, known.into_iter().collect())
        }
        Origin::Environment => return Variable { name: path.concat(), ..described(&setting, Vec::new()) },
        Origin::Injected { .. } => looked_up(&path, settings),
        Origin::Argument { .. } | Origin::WrittenOut => (path, Vec::new()),
    };
    Variable { name: name(&path), ..described(&setting, dlt) }
}

/// The variable for a credential that dlt looks up because the dictionary does not have it.
pub(super) fn credential(field: &str, line: usize, settings: &Settings) -> Variable {
    let path = ["credentials".to_owned(), field.to_owned()];
    let (path, dlt) = looked_up(&path, settings);
    let origin = format!("{field} of auth, which dlt looks up");
    Variable { name: name(&path), origin, line, dlt }
}

fn described(setting: &Setting, dlt: Vec<String>) -> Variable {
    let default = if setting.has_default { ", where the file has a default" } else { "" };
    let origin = format!("{}{default}", setting.written());
    Variable { name: String::new(), origin, line: setting.line, dlt }
}

/// dlt looks in several sections. Where its files have one such key, that names the variable.
fn looked_up(path: &[String], settings: &Settings) -> (Vec<String>, Vec<String>) {
    let known = settings.ending(path);
    let path = match known.as_slice() {
        [one] => one.path.clone(),
        _ => path.to_vec(),
    };
    (path, known.into_iter().map(Known::shown).collect())
}

/// As dlt names its own variables: upper case, two underscores for a step.
fn name(path: &[String]) -> String {
    let word = |word: &String| {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        word.chars().map(plain).collect::<String>()
    };
    path.iter().map(word).collect::<Vec<_>>().join("__")
}

/// Fields of `auth` that have to be there, by its type; dlt looks up those that are not.
pub(super) fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "bearer" => &["token"],
        "api_key" => &["api_key"],
        "http_basic" => &["username", "password"],
        "oauth2_client_credentials" => &["access_token_url", "client_id", "client_secret"],
        _ => &[],
    }
}

/// Whether what is written out under this path is a secret by its name.
pub(super) fn is_secret(path: &[&str]) -> bool {
    let Some((name, parents)) = path.split_last() else { return false };
    let inside = |parent: &str| parents.contains(&parent);
    if !(inside("auth") || inside("headers") || inside("params")) {
        return false;
    }
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let token = plain.ends_with("token") && !["page", "next", "sync"].iter().any(|of| plain.contains(of));
    token || ["apikey", "secret", "password", "authorization"].iter().any(|of| plain.contains(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_the_names_that_dlt_gives_them() {
        let setting = |origin, path: &[&str]| Setting {
            origin,
            path: path.iter().map(|&word| word.to_owned()).collect(),
            line: 1,
            has_default: false,
        };
        let mut settings = Settings::default();
        settings.read(
            ".dlt/secrets.toml",
            "[sources.hub]\ntoken = 'x'\n[sources.rest_api.credentials]\npassword = 'x'\n",
        );
        let named = |setting: &Setting| variable(setting, "key", &settings).name;
        assert_eq!(named(&setting(Origin::Secrets, &["api_key"])), "API_KEY");
        assert_eq!(named(&setting(Origin::Secrets, &["a", "b-c"])), "A__B_C");
        assert_eq!(named(&setting(Origin::Environment, &["Mixed_Case"])), "Mixed_Case");
        let injected = Origin::Injected { function: "f()".to_owned() };
        assert_eq!(named(&setting(injected.clone(), &["token"])), "SOURCES__HUB__TOKEN");
        assert_eq!(named(&setting(injected.clone(), &["other"])), "OTHER");
        assert_eq!(named(&setting(injected, &[])), "KEY");
        assert_eq!(credential("password", 1, &settings).name, "SOURCES__REST_API__CREDENTIALS__PASSWORD");
        assert_eq!(credential("username", 1, &settings).name, "CREDENTIALS__USERNAME");
    }

    #[test]
    fn a_secret_is_known_by_its_name_and_place() {
        assert!(is_secret(&["client", "auth", "token"]));
        assert!(is_secret(&["client", "headers", "X-Api-Key"]));
        assert!(is_secret(&["endpoint", "params", "access_token"]));
        assert!(!is_secret(&["endpoint", "params", "page_token"]));
        assert!(!is_secret(&["endpoint", "paginator", "cursor_param"]));
        assert!(!is_secret(&["client", "auth", "username"]));
        assert!(!is_secret(&["client", "auth", "access_token_url"]));
    }
}
