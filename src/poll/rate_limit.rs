//! Limits per host (scheme, host, port), shared by all resources that poll it: requests in flight, and requests in time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::source::HostLimits;

type Pace = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

/// All hosts that this process polls.
#[derive(Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

/// One host. Where resources name different limits for it, the strictest of each kind holds.
pub(super) struct Host {
    in_flight: Arc<Semaphore>,
    agreed: Mutex<Agreed>,
    /// Whoever holds it waits for the next request in time; the others queue behind, in order.
    turn: tokio::sync::Mutex<()>,
}

struct Agreed {
    in_flight: usize,
    /// Permits that are out and must not come back, because the limit has become stricter meanwhile.
    surplus: usize,
    quota: Option<Quota>,
    pace: Option<Arc<Pace>>,
}

/// The right to send one request, for as long as it is held.
pub(super) struct Permit {
    permit: Option<OwnedSemaphorePermit>,
    host: Arc<Host>,
}

/// governor's clock, so that a test can pause it.
#[derive(Clone, Copy, Debug, Default)]
struct TokioClock;

impl Hosts {
    pub(super) fn host(&self, url: &url::Url, limits: &HostLimits) -> Arc<Host> {
        let origin = url.origin().ascii_serialization();
        let mut hosts = lock(&self.0);
        let host = Arc::clone(hosts.entry(origin).or_insert_with(|| Arc::new(Host::new(limits))));
        host.tighten(limits);
        host
    }
}

impl Host {
    fn new(limits: &HostLimits) -> Self {
        let in_flight = limits.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        let agreed = Agreed { in_flight, surplus: 0, quota: None, pace: None };
        Self {
            in_flight: Arc::new(Semaphore::new(in_flight)),
            agreed: Mutex::new(agreed),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn tighten(&self, limits: &HostLimits) {
        let mut agreed = lock(&self.agreed);
        let in_flight = limits.in_flight.max(1);
        if in_flight < agreed.in_flight {
            let fewer = agreed.in_flight - in_flight;
            agreed.surplus += fewer - self.in_flight.forget_permits(fewer);
            agreed.in_flight = in_flight;
        }
        let quota = stricter(agreed.quota, quota(limits));
        if quota != agreed.quota {
            agreed.quota = quota;
            agreed.pace = quota.map(|quota| Arc::new(Pace::direct_with_clock(quota, TokioClock)));
        }
    }

    /// Waits until a request may be sent. `on_wait` hears of each wait for the rate, before it.
    pub(super) async fn permit(self: &Arc<Self>, on_wait: &(dyn Fn(Duration) + Sync)) -> Permit {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.in_flight).acquire_owned().await;
        let permit = Permit { permit: permit.map_err(|_: AcquireError| ()).ok(), host: Arc::clone(self) };
        let _turn = self.turn.lock().await;
        while let Some(wait) = self.wait() {
            on_wait(wait);
            tokio::time::sleep(wait).await;
        }
        permit
    }

    /// Takes a request out of the rate, or says how long to wait for one.
    fn wait(&self) -> Option<Duration> {
        let pace = lock(&self.agreed).pace.clone()?;
        pace.check().err().map(|not_until| not_until.wait_time_from(TokioClock.now()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut agreed = lock(&self.host.agreed);
        if agreed.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            agreed.surplus -= 1;
            permit.forget();
        }
    }
}

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Without `burst`, as many at once as the rate has in a second.
fn quota(limits: &HostLimits) -> Option<Quota> {
    let rate = limits.rate?;
    let interval = rate.per / rate.requests.max(1);
    let in_a_second = 1_000_000_000 / interval.as_nanos().max(1);
    let burst = limits.burst.unwrap_or(u32::try_from(in_a_second).unwrap_or(u32::MAX));
    let quota = Quota::with_period(interval)?;
    Some(quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)))
}

fn stricter(one: Option<Quota>, other: Option<Quota>) -> Option<Quota> {
    let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
    let interval = one.replenish_interval().max(other.replenish_interval());
    let burst = one.burst_size().min(other.burst_size());
    Quota::with_period(interval).map(|quota| quota.allow_burst(burst))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::source::Rate;
    use tokio::time::Instant;

    /// Long enough to see that nothing comes.
    const SOON: Duration = Duration::from_millis(50);

    fn limits(rate: Option<(u32, u64)>, burst: Option<u32>, in_flight: usize) -> HostLimits {
        let second = Duration::from_secs(1);
        let rate = rate.map(|(requests, seconds)| Rate { requests, per: Duration::from_secs(seconds) });
        HostLimits { rate, burst, in_flight, body: 1, connect_timeout: second, timeout: second }
    }

    fn host(hosts: &Hosts, url: &str, limits: &HostLimits) -> Arc<Host> {
        hosts.host(&url::Url::parse(url).unwrap(), limits)
    }

    async fn time_for(host: &Arc<Host>, requests: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..requests {
            drop(host.permit(&|_| {}).await);
        }
        start.elapsed()
    }

    /// Interval in milliseconds and burst.
    fn quota_of(rate: (u32, u64), burst: Option<u32>) -> (u128, u32) {
        let quota = quota(&limits(Some(rate), burst, 1)).unwrap();
        (quota.replenish_interval().as_millis(), quota.burst_size().get())
    }

    #[test]
    fn without_a_burst_a_second_of_requests_goes_at_once() {
        assert_eq!(quota_of((10, 1), None), (100, 10));
        assert_eq!(quota_of((600, 60), None), (100, 10));
        assert_eq!(quota_of((6, 60), None), (10_000, 1));
        assert_eq!(quota_of((10, 1), Some(3)), (100, 3));
        assert_eq!(quota_of((10, 1), Some(0)), (100, 1));
    }

    #[test]
    fn of_two_rates_the_slower_and_the_smaller_burst_hold() {
        let of = |rate, burst| quota(&limits(Some(rate), burst, 1));
        let both = stricter(of((100, 1), Some(1)), of((2, 1), Some(5)));
        assert_eq!(both, of((2, 1), Some(1)));
        assert_eq!(stricter(None, both), both);
        assert_eq!(stricter(both, None), both);
    }

    #[tokio::test]
    async fn a_burst_goes_at_once_and_the_rest_in_time() {
        let host = host(&Hosts::default(), "http://a.example/x", &limits(Some((20, 1)), Some(3), 9));
        assert!(time_for(&host, 3).await < SOON);
        let rest = time_for(&host, 4).await;
        assert!(rest >= Duration::from_millis(190), "{rest:?}");
    }

    #[tokio::test]
    async fn of_two_resources_the_stricter_limit_holds() {
        let hosts = Hosts::default();
        let first = host(&hosts, "http://a.example/x", &limits(Some((1000, 1)), None, 9));
        let second = host(&hosts, "http://A.example:80/y?z", &limits(Some((20, 1)), Some(1), 9));
        host(&hosts, "http://a.example/none", &limits(None, None, 9));
        assert!(Arc::ptr_eq(&first, &second));
        let taken = time_for(&first, 4).await;
        assert!(taken >= Duration::from_millis(140), "{taken:?}");
    }

    #[test]
    fn another_port_or_scheme_is_another_host() {
        let hosts = Hosts::default();
        let one = host(&hosts, "http://a.example", &limits(None, None, 1));
        for other in ["http://a.example:81", "https://a.example", "http://b.example"] {
            assert!(!Arc::ptr_eq(&one, &host(&hosts, other, &limits(None, None, 1))), "{other}");
        }
    }

    #[tokio::test]
    async fn no_more_requests_are_in_flight_than_allowed() {
        let host = host(&Hosts::default(), "http://a.example", &limits(None, None, 2));
        let one = host.permit(&|_| {}).await;
        let _two = host.permit(&|_| {}).await;
        assert!(tokio::time::timeout(SOON, host.permit(&|_| {})).await.is_err());
        drop(one);
        host.permit(&|_| {}).await;
    }

    #[tokio::test]
    async fn a_limit_that_becomes_stricter_counts_the_requests_under_way() {
        let hosts = Hosts::default();
        let a = host(&hosts, "http://a.example", &limits(None, None, 3));
        let [one, two, three] = [a.permit(&|_| {}).await, a.permit(&|_| {}).await, a.permit(&|_| {}).await];
        host(&hosts, "http://a.example", &limits(None, None, 1));
        drop((one, two));
        assert!(tokio::time::timeout(SOON, a.permit(&|_| {})).await.is_err(), "one is still under way");
        drop(three);
        let _again = a.permit(&|_| {}).await;
        assert!(tokio::time::timeout(SOON, a.permit(&|_| {})).await.is_err());
    }

    #[tokio::test]
    async fn a_wait_for_the_rate_is_told_before_it() {
        let host = host(&Hosts::default(), "http://a.example", &limits(Some((20, 1)), Some(1), 9));
        let told = Mutex::new(Vec::new());
        let on_wait = |wait| told.lock().unwrap().push(wait);
        drop(host.permit(&on_wait).await);
        assert!(told.lock().unwrap().is_empty());
        drop(host.permit(&on_wait).await);
        assert_eq!(told.lock().unwrap().len(), 1);
    }
}
