//! What stands in front of a registry: it sees every request, and hands it on or answers itself.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConnection, StreamOwned};

use super::server::Registry;
use super::tls::{Authority, Certificate, server};

/// A request: its first line and headers, lower case, and its body.
type Asked = String;

pub enum Answer {
    /// The registry's own.
    Relay,
    /// Status, header lines, body.
    Text(u16, &'static str, String),
    /// None at all: the connection ends.
    Cut,
}

type Answers = dyn Fn(&str) -> Answer + Send + Sync;

/// Ends with the test binary.
pub struct Front {
    base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Front {
    /// `answer` is given each request's text, in lower case.
    pub fn start(registry: &Registry, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::serving(registry, "http://127.0.0.1", answer, |stream, serve| serve(&mut { stream }))
    }

    /// Over TLS, as `localhost`, for those who show a certificate of `clients`.
    pub fn secure(registry: &Registry, own: &Certificate, clients: &Authority) -> Self {
        let config = server(own, clients);
        Self::serving(
            registry,
            "https://localhost",
            |_| Answer::Relay,
            move |stream, serve| {
                let mut stream =
                    StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
                serve(&mut stream);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            },
        )
    }

    fn serving(
        registry: &Registry,
        host: &str,
        answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
        wrap: impl Fn(TcpStream, &dyn Fn(&mut dyn Both)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("{host}:{}", listener.local_addr().unwrap().port());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, upstream) = (Arc::clone(&asked), registry.address().to_owned());
        let (answer, wrap): (Arc<Answers>, _) = (Arc::new(answer), Arc::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, wrap, log, upstream) =
                    (Arc::clone(&answer), Arc::clone(&wrap), Arc::clone(&log), upstream.clone());
                std::thread::spawn(move || {
                    wrap(stream, &|stream| {
                        let _ = serve(stream, &*answer, (&log, &upstream));
                    });
                });
            }
        });
        Self { base, asked }
    }

    /// As the registry's own.
    pub fn url(&self) -> String {
        format!("{}/apis/ccompat/v7", self.base)
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests begin like this: `post /apis/…`.
    pub fn count(&self, beginning: &str) -> usize {
        self.asked().iter().filter(|asked| asked.starts_with(beginning)).count()
    }
}

trait Both: Read + Write {}

impl<T: Read + Write> Both for T {}

/// One request and its answer; then the connection ends.
fn serve(
    stream: &mut dyn Both,
    answer: &Answers,
    (log, upstream): (&Mutex<Vec<Asked>>, &str),
) -> std::io::Result<()> {
    let request = request(stream)?;
    let text = request.to_lowercase();
    log.lock().unwrap().push(text.clone());
    match answer(&text) {
        Answer::Relay => {
            let mut to = TcpStream::connect(upstream)?;
            // The only header of the client's own that is about the connection is its host.
            to.write_all(request.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())?;
            let mut bytes = Vec::new();
            to.read_to_end(&mut bytes)?;
            stream.write_all(&bytes)?;
        }
        Answer::Text(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())?;
        }
        Answer::Cut => {}
    }
    stream.flush()
}

fn request(stream: &mut dyn Both) -> std::io::Result<String> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return Ok(text);
            }
        }
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
