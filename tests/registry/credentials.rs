//! Who asks: user name, token, certificate. None of them is ever told.

use std::sync::Arc;

use krest::model::{Proxy, Redactor, SchemaText, Secret, Tls, Transport};
use krest::registry::{Credentials, Registry as Client, RegistryError, Settings};

use super::support::{LONG, settings};
use crate::support::registry::{Answer, Authority, Front, Registry};
use crate::support::unique;

/// Lets only this header pass, and repeats what it was sent.
fn guarded(header: &'static str) -> Front {
    Front::start(Registry::shared(), move |asked| match asked.contains(header) {
        true => Answer::Relay,
        false => {
            Answer::Text(401, "", format!(r#"{{"error_code":40101,"message":"not you: {}"}}"#, asked.len()))
        }
    })
}

#[tokio::test]
async fn user_name_and_password_or_a_token_open_the_door() {
    let schema = SchemaText::avro(LONG);
    let basic = |password| Credentials::Basic(Secret::new("me"), Secret::new(password));
    // "me:pass" in base64, in lower case.
    for (header, good, bad) in [
        ("authorization: basic bwu6cgfzcw==", basic("pass"), basic("canary-1")),
        (
            "authorization: bearer token-1",
            Credentials::Bearer(Secret::new("token-1")),
            Credentials::Bearer(Secret::new("canary-1")),
        ),
    ] {
        let front = guarded(header);
        let of = |credentials| Client::new(Settings { credentials, ..settings(&front.url()) }).unwrap();
        assert!(of(good).id_of(&unique("door"), &schema).await.is_ok());
        let error = of(bad).id_of("s", &schema).await.unwrap_err();
        assert!(matches!(error, RegistryError::Refused { status: 401, .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_secret_that_the_registry_repeats_is_starred() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("canary-1"));
    let credentials = Credentials::Bearer(Secret::new("canary-1"));
    for (status, body) in [
        (403, r#"{"message":"token canary-1"}"#),
        (200, "token canary-1"),
        (500, r#"{"message":"canary-1"}"#),
        (409, r#"{"message":"canary-1"}"#),
    ] {
        let front = Front::start(Registry::shared(), move |_| Answer::Text(status, "", body.to_owned()));
        let settings = Settings {
            credentials: credentials.clone(),
            redactor: redactor.clone(),
            ..settings(&front.url())
        };
        assert!(!format!("{settings:?}").contains("canary"));
        let error = Client::new(settings).unwrap().id_of("s", &SchemaText::avro(LONG)).await.unwrap_err();
        assert!(error.to_string().contains("***") && !format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn an_own_authority_and_a_client_certificate_are_used_over_tls() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let front = Front::secure(Registry::shared(), &authority.sign("localhost"), &authority);
    let own = authority.sign("krest");
    let of = |trusted: &Authority, identity: Option<String>| {
        let tls = Tls {
            authorities: Some(trusted.pem()),
            system_roots: false,
            identity: identity.map(|pem| Secret::new(&pem)),
        };
        let transport = Arc::new(Transport { tls, proxy: Proxy::Direct });
        Client::new(Settings { transport, ..settings(&front.url()) }).unwrap()
    };
    let (subject, schema) = (unique("tls"), SchemaText::avro(LONG));
    let identity = || Some(format!("{}{}", own.cert, own.key));
    assert!(of(&authority, identity()).id_of(&subject, &schema).await.is_ok());
    for (client, words) in [
        (of(&other, identity()), "authority that is not trusted"),
        (of(&authority, None), "client certificate"),
    ] {
        let error = client.id_of(&subject, &schema).await.unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("registry.ssl."), "{error}");
    }
}
