//! Access tokens: one for each client configuration, whoever needs it, and one request for it at a time.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::grant::{Grant, TokenError};
use super::kinds::OAuth2;
use crate::model::{Redactor, Secret, Transport};

/// A token is renewed when a tenth of its life is left, but not earlier than this: time for a request that is about to be sent
/// to arrive, and for clocks that do not quite agree.
const LARGEST_MARGIN: Duration = Duration::from_secs(60);
/// So many tokens are known to the redactor: the one in use, and those that requests under way may still carry.
const REMEMBERED: usize = 32;

/// All token stores of a process.
#[derive(Default)]
pub(in crate::poll) struct TokenStores(Mutex<Vec<Arc<TokenStore>>>);

/// The token of one client configuration.
pub(in crate::poll) struct TokenStore {
    client: Arc<OAuth2>,
    transport: Arc<Transport>,
    redactor: Redactor,
    /// Whoever holds it asks for a token; the others wait for what comes of it.
    held: tokio::sync::Mutex<Held>,
    /// Token requests that came to an end, well or not.
    ended: AtomicU64,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// What came of the last token request, if it failed.
    failure: Option<TokenError>,
    /// Counts the tokens.
    number: u64,
    /// Known to the redactor, oldest first.
    remembered: VecDeque<Secret>,
}

struct Token {
    text: Secret,
    renew_at: Instant,
}

/// A token to send, and its number, by which a refusal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::poll) struct Pass {
    pub token: Secret,
    pub number: u64,
}

impl TokenStores {
    /// The store for these settings, which equal settings share.
    pub(in crate::poll) fn store(
        &self,
        client: &Arc<OAuth2>,
        transport: &Arc<Transport>,
        redactor: &Redactor,
    ) -> Arc<TokenStore> {
        let mut stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = stores.iter().find(|store| store.client == *client && store.transport == *transport);
        if let Some(store) = known {
            return Arc::clone(store);
        }
        let store = Arc::new(TokenStore {
            client: Arc::clone(client),
            transport: Arc::clone(transport),
            redactor: redactor.clone(),
            held: tokio::sync::Mutex::default(),
            ended: AtomicU64::new(0),
        });
        stores.push(Arc::clone(&store));
        store
    }
}

impl TokenStore {
    /// A token that is good, from `request` if there is none. `refused` is the number of one that the API did not take: if it
    /// is still the present one, it is renewed. Of those who wait at the same time one sends its request, and all share what
    /// comes of it, a failure as well.
    pub(in crate::poll) async fn pass(
        &self,
        refused: Option<u64>,
        request: impl Future<Output = Result<Grant, TokenError>>,
    ) -> Result<Pass, TokenError> {
        let ended_before = self.ended.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        if let Some(pass) = held.good(refused) {
            return Ok(pass);
        }
        // One that ended meanwhile may have begun before; what it brought is new to this caller all the same.
        if self.ended.load(Ordering::Acquire) > ended_before
            && let Some(failure) = &held.failure
        {
            return Err(failure.clone());
        }
        let result = request.await;
        self.ended.fetch_add(1, Ordering::Release);
        held.failure = None;
        match result {
            Ok(grant) => Ok(held.take(grant, &self.redactor)),
            Err(error) => {
                held.token = None;
                held.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl Held {
    fn good(&self, refused: Option<u64>) -> Option<Pass> {
        let token = self.token.as_ref()?;
        let is_good = Instant::now() < token.renew_at && refused != Some(self.number);
        is_good.then(|| Pass { token: token.text.clone(), number: self.number })
    }

    /// The redactor knows the token before anyone can send it.
    fn take(&mut self, grant: Grant, redactor: &Redactor) -> Pass {
        redactor.add(&grant.token);
        self.remembered.push_back(grant.token.clone());
        if self.remembered.len() > REMEMBERED
            && let Some(oldest) = self.remembered.pop_front()
        {
            redactor.forget(&oldest);
        }
        self.number += 1;
        let margin = (grant.lifetime / 10).min(LARGEST_MARGIN);
        // A lifetime of zero: the token is good for the request that asked for it, and for no other.
        let renew_at = grant.asked + grant.lifetime.saturating_sub(margin);
        self.token = Some(Token { text: grant.token.clone(), renew_at });
        Pass { token: grant.token, number: self.number }
    }
}
