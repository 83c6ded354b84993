//! `client.tls`, `client.proxy` and `client.allowed_hosts`: files that hold what they should, and what is said when they do not.

use krest::config::Config;
use krest::model::{AllowedHost, Proxy, Redactor};

use super::{parse, parse_with};

fn client(more: &str) -> String {
    format!("client:\n  base_url: https://h\n  paginator: single_page\n  {more}\nresources: [a]")
}

fn good(more: &str) -> Config {
    parse(&client(more), "good.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn wrong(more: &str) -> String {
    parse(&client(more), "f.yaml").unwrap_err().to_string()
}

/// Files made for one test.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["h".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn certificates_and_keys_are_read_when_the_file_is() {
    let ((ca, _), (cert, key)) = (certificate(), certificate());
    let both = format!("Bag Attributes\n{key}text between\n{cert}");
    let files =
        Files::new(&[("ca", &format!("{ca}{cert}")), ("cert", &cert), ("key", &key), ("both", &both)]);
    let (ca_file, cert_file) = (files.path("ca"), files.path("cert"));
    let config = good(&format!(
        "tls: {{ca_file: {ca_file}, cert_file: {cert_file}, key_file: {}}}",
        files.path("key")
    ));
    let tls = &config.transport.tls;
    assert!(tls.system_roots && tls.authorities.as_ref().unwrap().contains(&ca));
    let identity = tls.identity.as_ref().unwrap().expose();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(identity), lines(&format!("{cert}{key}")));
    let one_file =
        good(&format!("tls: {{cert_file: {}, ca_file: {ca_file}, system_roots: false}}", files.path("both")));
    assert_eq!(lines(one_file.transport.tls.identity.as_ref().unwrap().expose()), lines(identity));
    assert!(!one_file.transport.tls.system_roots);
    assert!(!format!("{config:?}").contains("PRIVATE KEY"));
}

#[test]
fn files_that_cannot_serve_are_told_by_their_setting() {
    let ((cert, _), (_, other)) = (certificate(), certificate());
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let torn = cert.replace("-----END", "");
    let files = Files::new(&[
        ("cert", &cert),
        ("other", &other),
        ("encrypted", encrypted),
        ("torn", &torn),
        ("text", "hello"),
    ]);
    let path = |name: &str| files.path(name);
    for (settings, told) in [
        (format!("ca_file: {}", path("none")), "client.tls.ca_file: \"".to_owned()),
        (format!("ca_file: {}", path("none")), "cannot be read: No such file".to_owned()),
        (format!("ca_file: {}", path("text")), "holds no certificate".to_owned()),
        (format!("ca_file: {}", path("torn")), "is no PEM text".to_owned()),
        (format!("cert_file: {}", path("cert")), "client.tls.cert_file: ".to_owned()),
        (format!("cert_file: {}", path("cert")), "holds no private key".to_owned()),
        (format!("cert_file: {}, key_file: {}", path("cert"), path("encrypted")), "is encrypted".to_owned()),
        (
            format!("cert_file: {}, key_file: {}", path("cert"), path("other")),
            "client.tls.key_file: the key of".to_owned(),
        ),
        (format!("cert_file: {}, key_file: {}", path("cert"), path("other")), "does not belong".to_owned()),
        (format!("key_file: {}", path("other")), "\"cert_file\" is missing".to_owned()),
        ("system_roots: false".to_owned(), "nobody would be trusted".to_owned()),
        ("verify: false".to_owned(), "unknown key \"verify\"".to_owned()),
    ] {
        let mistakes = wrong(&format!("tls: {{{settings}}}"));
        assert!(mistakes.contains(&told), "{settings}: {mistakes}");
        assert!(mistakes.lines().all(|line| line.starts_with("f.yaml:4:")), "{mistakes}");
        assert!(!mistakes.contains("MIIB"), "{mistakes}");
    }
}

#[test]
fn a_proxy_is_a_url_a_mapping_direct_or_what_the_environment_says() {
    assert_eq!(good("headers: {}").transport.proxy, Proxy::Environment);
    assert_eq!(good("proxy: direct").transport.proxy, Proxy::Direct);
    assert_eq!(good("proxy: {url: direct}").transport.proxy, Proxy::Direct);
    let redactor = Redactor::default();
    let text = client("proxy: \"http://us%40er:canary%2Fpw@proxy:3128\"");
    let Proxy::Server(server) = parse_with(&text, "f.yaml", &redactor).unwrap().transport.proxy.clone()
    else {
        panic!()
    };
    assert_eq!(server.url.as_str(), "http://proxy:3128/");
    let (username, password) = server.credentials.unwrap();
    assert_eq!((username.expose(), password.expose()), ("us@er", "canary/pw"));
    assert_eq!(redactor.scrub("canary/pw canary%2Fpw"), "*** ***");
    let full = good("proxy: {url: \"socks5h://p:1\", username: u, password: p, no_proxy: [a, 10.0.0.0/8]}");
    let Proxy::Server(server) = full.transport.proxy.clone() else { panic!() };
    assert_eq!(server.except, ["a", "10.0.0.0/8"]);
    assert_eq!(server.credentials.unwrap().1.expose(), "p");
}

#[test]
fn what_is_no_proxy_is_refused_without_being_repeated() {
    for url in
        ["canary:3128", "ftp://canary:1", "http://canary/path", "none", "http://", "http://u:canary@h:x"]
    {
        for form in [format!("proxy: \"{url}\""), format!("proxy: {{url: \"{url}\"}}")] {
            let mistakes = wrong(&form);
            assert!(mistakes.contains("must be the URL of a proxy"), "{url}: {mistakes}");
            assert!(!mistakes.contains("canary"), "{mistakes}");
        }
    }
}

#[test]
fn allowed_hosts_are_hosts() {
    let config = good("allowed_hosts: [files.example.com, \"${env:DEMO_API}\"]");
    let expected =
        ["files.example.com", "http://127.0.0.1:8080"].map(|host| AllowedHost::parse(host).unwrap());
    assert_eq!(config.allowed_hosts, expected);
    let mistakes =
        wrong("allowed_hosts: [\"*.example.com\", ok.example, \"h/path\", \"${env:NOT_A_NUMBER}/x\"]");
    assert_eq!(mistakes.lines().count(), 3, "{mistakes}");
    assert!(mistakes.contains("client.allowed_hosts: \"*.example.com\" is no host"), "{mistakes}");
    assert!(!mistakes.contains("canary"), "{mistakes}");
}
