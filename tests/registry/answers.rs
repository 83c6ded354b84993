//! What answers is no registry, or one that refuses.

use krest::model::SchemaText;
use krest::registry::RegistryError;

use super::support::{LONG, client, looking};
use crate::support::registry::{Answer, Front, Registry};

/// The message for an answer to every question, and how many were asked.
async fn told(status: u16, headers: &'static str, body: &str) -> (String, usize) {
    let body = body.to_owned();
    let front = Front::start(Registry::shared(), move |_| Answer::Text(status, headers, body.clone()));
    let error = client(&front.url()).id_of("s", &SchemaText::avro(LONG)).await.unwrap_err();
    (error.to_string(), front.asked().len())
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_quoted_and_not_asked_for_again() {
    let (said, asked) = told(200, "content-type: text/html\r\n", "<html><h1>Sign in</h1></html>").await;
    assert!(
        said.contains("no schema registry") && said.contains("Sign in") && said.contains("registry.url"),
        "{said}"
    );
    assert_eq!(asked, 1);
    let (said, _) = told(404, "", "").await;
    assert!(said.contains("status 404 and nothing else") && said.contains("/apis/ccompat/v7"), "{said}");
    let (said, _) = told(200, "", r#"{"ids":[1]}"#).await;
    assert!(said.contains("refuses"), "{said}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_where_it_leads() {
    let (said, asked) = told(301, "location: http://elsewhere.example/r?k=canary\r\n", "").await;
    assert!(
        said.contains("http://elsewhere.example/r;") || said.contains("http://elsewhere.example/r "),
        "{said}"
    );
    assert!(said.contains("not followed") && !said.contains("canary") && asked == 1, "{said}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let (said, asked) = told(200, "", &"[".repeat(17 * 1024 * 1024)).await;
    assert!(said.contains("larger than a registry's") && asked == 1, "{said}");
}

#[tokio::test]
async fn each_refusal_is_told_apart() {
    let read_only = r#"{"error_code":42205,"message":"Subject s is in read-only mode"}"#;
    let broken = r#"{"error_code":42201,"message":"Invalid schema"}"#;
    for (status, body, words) in [
        (401, "", "basic.auth.user.info"),
        (403, r#"{"error_code":40301,"message":"User is denied"}"#, "User is denied; whoever"),
        (404, r#"{"error_code":0,"message":"no such path"}"#, "check the path of registry.url"),
        (422, read_only, "mode READONLY"),
        (422, broken, "Invalid schema; it does not take this for a schema"),
    ] {
        let (said, asked) = told(status, "", body).await;
        assert!(said.contains("refuses") && said.contains("\"s\"") && said.contains(words), "{said}");
        assert!(asked <= 2, "a check and a registration, none of them twice");
    }
}

/// A registry whose path is wrong has no subject either; it must not look like a schema that is missing.
#[tokio::test]
async fn a_wrong_path_is_no_missing_schema() {
    let wrong = format!("http://{}/apis", Registry::shared().address());
    let error = looking(&wrong).id_of("s", &SchemaText::avro(LONG)).await.unwrap_err();
    assert!(!matches!(error, RegistryError::NotRegistered { .. }), "{error}");
    assert!(client(&wrong).latest("s").await.is_err());
}
