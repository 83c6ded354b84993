//! The proxy's commands.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::relay::relay;
use super::rules::{Held, Passed, Shared, Swallowed, Then};
use super::wire::{ApiKey, Request};
use crate::support::until;

/// A proxy in front of one broker. Dropped: all its connections are cut.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Proxy {
    /// Stands before the broker at this address, which need not be there (yet).
    pub fn before(broker: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        shared.change(|state| state.listening = true);
        let (serving, broker) = (Arc::clone(&shared), broker.to_owned());
        std::thread::spawn(move || serve(&serving, &broker, listener));
        Self { shared, address }
    }

    /// What a client takes for the broker: `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts all connections, now. New ones are taken.
    pub fn cut(&self) {
        self.shared.change(|state| state.connections.keys().for_each(|number| state.cut(*number)));
    }

    /// Cuts all connections; new ones are refused until [`Self::admit`].
    pub fn refuse(&self) {
        self.shared.change(|state| state.refusing = true);
        // The listener waits for a connection: this one.
        let _ = TcpStream::connect(self.address);
        self.shared.wait_for("the listener to close", |state| !state.listening);
        self.cut();
    }

    pub fn admit(&self) {
        self.shared.change(|state| state.refusing = false);
        self.shared.wait_for("the listener", |state| state.listening);
    }

    /// Nothing passes any more, in either direction; connections stay, and new ones are taken. Until [`Self::thaw`].
    pub fn freeze(&self) {
        self.shared.change(|state| state.frozen = true);
    }

    pub fn thaw(&self) {
        self.shared.change(|state| state.frozen = false);
    }

    /// Every frame takes so much longer, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.shared.change(|state| state.delay = delay);
    }

    /// Holds back the next request that this says yes to; those behind it on its connection wait.
    pub fn hold(&self, when: impl FnMut(&Request) -> bool + Send + 'static) -> Held {
        Held(self.shared.add(Box::new(when), None))
    }

    /// Sends the next request that this says yes to on, and swallows its answer.
    pub fn swallow(&self, then: Then, when: impl FnMut(&Request) -> bool + Send + 'static) -> Swallowed {
        Swallowed(self.shared.add(Box::new(when), Some(then)))
    }

    /// What was sent on to the broker, in order (that of connections among each other is their threads').
    pub fn passed(&self) -> Vec<Passed> {
        self.shared.state().passed.clone()
    }

    pub fn count(&self, api: ApiKey) -> usize {
        self.shared.state().passed.iter().filter(|passed| passed.api == api).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.change(|state| state.closed = true);
        let _ = TcpStream::connect(self.address);
        self.cut();
        let unknown = self.shared.state().unknown.take();
        assert!(unknown.is_none() || std::thread::panicking(), "the proxy does not know {unknown:?}");
    }
}

fn serve(shared: &Arc<Shared>, broker: &str, mut listener: TcpListener) {
    let address = listener.local_addr().expect("an address");
    loop {
        let accepted = listener.accept();
        let (closed, refusing) = {
            let state = shared.state();
            (state.closed, state.refusing)
        };
        if closed {
            return;
        }
        if refusing {
            drop((accepted, listener));
            shared.change(|state| state.listening = false);
            if shared.wait_while(|state| state.refusing && !state.closed).closed {
                return;
            }
            listener = until("the proxy's port", Duration::from_secs(30), || TcpListener::bind(address).ok());
            shared.change(|state| state.listening = true);
        } else if let Ok((client, _)) = accepted
            && let Ok(upstream) = TcpStream::connect(broker)
        {
            // Where the broker is not there, the client's connection ends at once.
            relay(shared, (client, upstream), address.port());
        }
    }
}
