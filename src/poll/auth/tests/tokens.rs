//! Renewal in time, one request at a time, and what is shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::model::{Redactor, Secret, Transport};
use crate::poll::auth::grant::{Grant, TokenError};
use crate::poll::auth::{ClientAuth, OAuth2, Pass, TokenStore, TokenStores};

fn client(secret: &str) -> Arc<OAuth2> {
    Arc::new(OAuth2 {
        token_url: url::Url::parse("https://idp.example/token").unwrap(),
        client_id: Secret::new("krest"),
        client_secret: Secret::new(secret),
        request_data: Vec::new(),
        default_expiration: Duration::from_secs(3600),
        client_auth: ClientAuth::Post,
    })
}

/// A store and a token endpoint that counts.
struct World {
    store: Arc<TokenStore>,
    redactor: Redactor,
    asked: AtomicU32,
    lifetime: Duration,
    /// How long ago the request for the token was sent.
    age: Duration,
    /// How long the endpoint takes.
    delay: Duration,
    fails: bool,
}

impl World {
    fn new(lifetime: u64) -> Self {
        let redactor = Redactor::default();
        let store = TokenStores::default().store(&client("secret"), &Arc::default(), &redactor);
        let (age, delay) = (Duration::ZERO, Duration::ZERO);
        let lifetime = Duration::from_secs(lifetime);
        Self { store, redactor, asked: AtomicU32::new(0), lifetime, age, delay, fails: false }
    }

    async fn request(&self) -> Result<Grant, TokenError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        sleep(self.delay).await;
        if self.fails {
            return Err(TokenError::NotJson);
        }
        let asked = Instant::now().checked_sub(self.age).unwrap();
        Ok(Grant { token: Secret::new(&format!("token-{number}")), lifetime: self.lifetime, asked })
    }

    async fn pass(&self, refused: Option<u64>) -> Result<Pass, TokenError> {
        self.store.pass(refused, self.request()).await
    }

    async fn token(&self) -> String {
        self.pass(None).await.unwrap().token.expose().to_owned()
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_its_end() {
    for (lifetime, age, then) in
        [(3600, 3530, "token-1"), (3600, 3540, "token-2"), (100, 80, "token-1"), (100, 90, "token-2")]
    {
        let world = World { age: Duration::from_secs(age), ..World::new(lifetime) };
        assert_eq!(world.token().await, "token-1");
        assert_eq!(world.token().await, then, "{age} of {lifetime}");
    }
}

#[tokio::test]
async fn a_life_of_zero_means_a_token_for_each_request() {
    let world = World::new(0);
    assert_eq!([world.token().await, world.token().await], ["token-1", "token-2"]);
}

#[tokio::test]
async fn many_who_need_a_token_at_once_send_one_request() {
    let world = World { delay: Duration::from_millis(50), ..World::new(3600) };
    let (one, two, three) = tokio::join!(world.token(), world.token(), world.token());
    assert_eq!([one, two, three], ["token-1", "token-1", "token-1"]);
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn those_who_waited_for_a_request_that_failed_share_its_failure_and_the_next_asks_again() {
    let mut world = World { delay: Duration::from_millis(50), fails: true, ..World::new(3600) };
    let (one, two, three) = tokio::join!(world.pass(None), world.pass(None), world.pass(None));
    assert!(one.is_err() && two.is_err() && three.is_err());
    assert_eq!(world.asked(), 1);
    world.fails = false;
    assert_eq!(world.token().await, "token-2");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_who_met_the_refusal() {
    let world = World { delay: Duration::from_millis(50), ..World::new(3600) };
    let first = world.pass(None).await.unwrap();
    let (one, two) = tokio::join!(world.pass(Some(first.number)), world.pass(Some(first.number)));
    let late = world.pass(Some(first.number)).await.unwrap();
    assert_eq!(one.unwrap(), late);
    assert_eq!(two.unwrap(), late);
    assert_eq!((world.asked(), late.token.expose()), (2, "token-2"));
}

#[tokio::test]
async fn a_request_that_is_given_up_in_the_middle_leaves_the_way_free() {
    let world = World { delay: Duration::from_millis(100), ..World::new(3600) };
    assert!(tokio::time::timeout(Duration::from_millis(20), world.pass(None)).await.is_err());
    assert_eq!(world.token().await, "token-2");
}

#[tokio::test]
async fn the_redactor_knows_the_tokens_that_may_be_under_way_and_no_others() {
    let world = World::new(0);
    for _ in 0..40 {
        world.token().await;
    }
    let shown = |number: u32| world.redactor.scrub(&format!("<token-{number}>")).into_owned();
    assert_eq!([shown(9), shown(40)], ["<***>", "<***>"]);
    assert_eq!(shown(8), "<token-8>");
}

#[test]
fn equal_settings_share_a_store_and_others_do_not() {
    let (stores, redactor) = (TokenStores::default(), Redactor::default());
    let transport = Arc::default();
    let store =
        |secret: &str, transport: &Arc<Transport>| stores.store(&client(secret), transport, &redactor);
    assert!(Arc::ptr_eq(&store("a", &transport), &store("a", &Arc::default())));
    assert!(!Arc::ptr_eq(&store("a", &transport), &store("b", &transport)));
    let direct = Transport { proxy: crate::model::Proxy::Direct, ..Transport::default() };
    assert!(!Arc::ptr_eq(&store("a", &transport), &store("a", &Arc::new(direct))));
}
