//! Kafka's wire as far as the proxy reads it: frames, the heads of requests, error codes, and the addresses in two answers.

use std::io::{self, Read, Write};

/// What a request asks for; those that the proxy's users name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKey {
    Produce,
    Fetch,
    ListOffsets,
    Metadata,
    FindCoordinator,
    ApiVersions,
    InitProducerId,
    AddPartitionsToTxn,
    EndTxn,
    Other(i16),
}

/// A request as it came from the client.
#[derive(Clone, Debug)]
pub struct Request {
    pub api: ApiKey,
    pub version: i16,
    pub(super) correlation: i32,
    /// The client's `client.id`.
    pub client: String,
    /// Of AddPartitionsToTxn and EndTxn: whose they are.
    pub producer: Option<Identity>,
    /// Of EndTxn: commit (`true`) or abort.
    pub commit: Option<bool>,
    pub(super) frame: Vec<u8>,
}

/// The broker's name for one life of a transactional producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub id: i64,
    pub epoch: i16,
}

impl ApiKey {
    fn of(code: i16) -> Self {
        match code {
            0 => Self::Produce,
            1 => Self::Fetch,
            2 => Self::ListOffsets,
            3 => Self::Metadata,
            10 => Self::FindCoordinator,
            18 => Self::ApiVersions,
            22 => Self::InitProducerId,
            24 => Self::AddPartitionsToTxn,
            26 => Self::EndTxn,
            other => Self::Other(other),
        }
    }

    /// From this version on a message is written in the compact form.
    fn flexible_from(self) -> i16 {
        match self {
            Self::Produce | Self::Metadata => 9,
            Self::Fetch => 12,
            Self::ListOffsets => 6,
            Self::InitProducerId => 2,
            Self::ApiVersions | Self::FindCoordinator | Self::AddPartitionsToTxn | Self::EndTxn => 3,
            Self::Other(_) => i16::MAX,
        }
    }
}

impl Request {
    pub(super) fn read(frame: Vec<u8>) -> Option<Self> {
        let mut at = Cursor { bytes: &frame, at: 0 };
        let (api, version, correlation) = (ApiKey::of(at.i16()?), at.i16()?, at.i32()?);
        let client = at.text()?;
        let (mut producer, mut commit) = (None, None);
        let transactional = matches!(api, ApiKey::AddPartitionsToTxn | ApiKey::EndTxn);
        if transactional && version < api.flexible_from() {
            at.text()?;
            producer = Some(Identity { id: at.i64()?, epoch: at.i16()? });
            commit = (api == ApiKey::EndTxn).then(|| at.take(1).map(|byte| byte[0] != 0)).flatten();
        }
        Some(Self { api, version, correlation, client, producer, commit, frame })
    }

    pub fn is(&self, api: ApiKey) -> bool {
        self.api == api
    }

    /// Whether these bytes stand in it as they are: a topic's name in Produce and AddPartitionsToTxn, an id in FindCoordinator.
    pub fn mentions(&self, text: &str) -> bool {
        self.frame.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// The error code of an answer that ends, begins or grows a transaction, or names its coordinator; of several partitions the
/// first one's.
pub(super) fn error_code(api: ApiKey, version: i16, frame: &[u8]) -> Option<i16> {
    let mut at = Cursor { bytes: frame, at: 4 };
    let heads = [ApiKey::EndTxn, ApiKey::InitProducerId, ApiKey::FindCoordinator];
    if !heads.contains(&api) && api != ApiKey::AddPartitionsToTxn {
        return None;
    }
    if version >= api.flexible_from() {
        at.tags()?;
    }
    at.i32()?; // throttle time
    if api == ApiKey::AddPartitionsToTxn {
        at.i32()?; // how many topics
        at.text()?;
        at.i32()?; // how many partitions
        at.i32()?;
    }
    at.i16()
}

/// The answer with the proxy's address in place of the broker's. `None`: it is not of a form that the proxy knows.
pub(super) fn readdressed(api: ApiKey, version: i16, frame: Vec<u8>, port: u16) -> Option<Vec<u8>> {
    if api == ApiKey::ApiVersions {
        versions(version, frame)
    } else if api == ApiKey::Metadata {
        metadata(version, &frame, port)
    } else if api == ApiKey::FindCoordinator {
        coordinator(version, &frame, port)
    } else {
        Some(frame)
    }
}

/// The answer without those versions of Produce and Fetch whose answers name the addresses of leaders, at their ends: a client
/// that was told would go past the proxy.
fn versions(version: i16, mut frame: Vec<u8>) -> Option<Vec<u8>> {
    let mut at = Cursor { bytes: &frame, at: 4 };
    at.i16()?; // an error, with which come all that a client has to know
    let flexible = version >= ApiKey::ApiVersions.flexible_from();
    let count = if flexible { at.varint()?.checked_sub(1)? } else { usize::try_from(at.i32()?).ok()? };
    let mut caps = Vec::new();
    for _ in 0..count {
        let (api, _, newest) = (ApiKey::of(at.i16()?), at.i16()?, at.i16()?);
        let cap = if api == ApiKey::Produce { 9 } else { 15 };
        if matches!(api, ApiKey::Produce | ApiKey::Fetch) && newest > cap {
            caps.push((at.at - 2, cap));
        }
        if flexible {
            at.tags()?;
        }
    }
    for (place, cap) in caps {
        frame.get_mut(place..place + 2)?.copy_from_slice(&i16::to_be_bytes(cap));
    }
    Some(frame)
}

fn metadata(version: i16, frame: &[u8], port: u16) -> Option<Vec<u8>> {
    if version < ApiKey::Metadata.flexible_from() {
        return None;
    }
    let mut at = Cursor { bytes: frame, at: 4 };
    at.tags()?;
    at.i32()?; // throttle time
    match at.varint()?.checked_sub(1)? {
        0 => Some(frame.to_vec()),
        1 => {
            at.i32()?; // the broker's number
            replaced(at, true, port)
        }
        _ => None, // one proxy stands before one broker
    }
}

fn coordinator(version: i16, frame: &[u8], port: u16) -> Option<Vec<u8>> {
    let mut at = Cursor { bytes: frame, at: 4 };
    if !(1..ApiKey::FindCoordinator.flexible_from()).contains(&version) {
        return None;
    }
    at.i32()?; // throttle time
    if at.i16()? != 0 {
        return Some(frame.to_vec()); // an error, and nobody's address
    }
    at.text()?; // the error in words
    at.i32()?; // the broker's number
    replaced(at, false, port)
}

/// The frame with the host and the port that begin here replaced.
fn replaced(mut at: Cursor<'_>, compact: bool, port: u16) -> Option<Vec<u8>> {
    const HOST: &str = "127.0.0.1";
    let mut frame = at.bytes.get(..at.at)?.to_vec();
    if compact {
        let length = at.varint()?.checked_sub(1)?;
        at.take(length)?;
        frame.push(HOST.len() as u8 + 1);
    } else {
        at.text()?;
        frame.extend((HOST.len() as u16).to_be_bytes());
    }
    at.i32()?;
    frame.extend(HOST.as_bytes());
    frame.extend(i32::from(port).to_be_bytes());
    frame.extend(at.bytes.get(at.at..)?);
    Some(frame)
}

/// One frame without its size; an error at the end of the stream.
pub(super) fn read_frame(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let mut frame = vec![0; u32::from_be_bytes(size) as usize];
    stream.read_exact(&mut frame)?;
    Ok(frame)
}

pub(super) fn write_frame(stream: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let size = u32::try_from(frame.len()).map_err(io::Error::other)?;
    stream.write_all(&[&size.to_be_bytes()[..], frame].concat())
}

pub(super) fn correlation(frame: &[u8]) -> Option<i32> {
    Cursor { bytes: frame, at: 0 }.i32()
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    /// A text with its length before it; a null one is empty.
    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.i16()?).unwrap_or(0);
        Some(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = usize::from(self.take(1)?[0]);
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// Tagged fields, skipped.
    fn tags(&mut self) -> Option<()> {
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.take(length)?;
        }
        Some(())
    }
}
