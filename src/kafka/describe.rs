//! The one unsafe file: the few things that rdkafka 0.39 does not wrap, or not as they are needed.
//!
//! * `rd_kafka_DescribeTopics`: a topic's id and its partitions.
//! * One header of a message by name, and all of them: rdkafka's own walk over headers panics where a foreign name is no UTF-8.
//! * `rd_kafka_flush` for a moment: rdkafka's own flush asks for no time at all and then waits in steps of 100 ms.
//!
//! The topic id tells a topic from another of the same name (one that was deleted and created again), which nothing else does.
//! Every pointer that librdkafka hands over for us to free is an [`Owned`]; everything read out of an event is copied before
//! the event goes.
#![allow(
    unsafe_code,
    reason = "rdkafka does not wrap these calls; they are few, and each says why it is sound"
)]

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::time::Duration;

use super::code::{Meaning, meaning};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rdkafka::client::{Client, ClientContext};
use rdkafka::message::BorrowedMessage;
use rdkafka_sys::{self as sys, RDKafkaErrorCode, RDKafkaRespErr};

/// What a broker says about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    /// As Kafka's tools print it (22 characters of URL-safe base64); empty if the broker knows no topic ids.
    pub(super) id: String,
    pub(super) partitions: i32,
    /// Partitions that nobody leads: not writable now.
    pub(super) leaderless: usize,
}

/// Why there is no description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DescribeError {
    pub(super) code: RDKafkaErrorCode,
    pub(super) reason: String,
}

/// Asks for one topic; `None` if it does not exist. Blocks for at most `timeout` (and a little). Never creates it.
pub(super) fn describe<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<Description>, DescribeError> {
    let name = CString::new(topic)
        .map_err(|_| local(RDKafkaErrorCode::InvalidTopic, "the name contains a NUL character"))?;
    let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).clamp(1, 3_600_000);
    // SAFETY: the pointer lives as long as `client`, which outlives this call; rd_kafka_t is thread safe.
    let handle = client.native_ptr();
    let event = request(handle, &name, millis)?;
    // SAFETY: `event` is a live event that `request` has checked to be a DescribeTopics result.
    unsafe { read_event(event.ptr()) }
}

/// The value of a message's last header of this name; `None` if it has none, or a null one.
pub(super) fn last_header<'m>(message: &'m BorrowedMessage<'_>, name: &CStr) -> Option<&'m [u8]> {
    let mut headers = ptr::null_mut();
    // SAFETY: the message is live; the headers stay its own, and live as long as it does.
    let found = unsafe { sys::rd_kafka_message_headers(message.ptr(), &raw mut headers) };
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
        return None;
    }
    let (mut value, mut length) = (ptr::null(), 0_usize);
    // SAFETY: `headers` is live and `name` a C string; the value belongs to the headers.
    let found =
        unsafe { sys::rd_kafka_header_get_last(headers, name.as_ptr(), &raw mut value, &raw mut length) };
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || value.is_null() {
        return None;
    }
    // SAFETY: `value` points to `length` bytes that live and stay unchanged as long as `message` does.
    Some(unsafe { std::slice::from_raw_parts(value.cast::<u8>(), length) })
}

/// A message's headers in their order, each with its value (`None`: null). Names that are no UTF-8 are mended.
pub(super) fn all_headers<'m>(message: &'m BorrowedMessage<'_>) -> Vec<(String, Option<&'m [u8]>)> {
    let mut headers = ptr::null_mut();
    // SAFETY: the message is live; the headers stay its own, and live as long as it does.
    let found = unsafe { sys::rd_kafka_message_headers(message.ptr(), &raw mut headers) };
    let mut all = Vec::new();
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
        return all;
    }
    loop {
        let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0_usize);
        // SAFETY: `headers` is live; a place beyond the last one is answered with an error. Name and value belong to the headers.
        let found = unsafe {
            let place = all.len();
            sys::rd_kafka_header_get_all(headers, place, &raw mut name, &raw mut value, &raw mut length)
        };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return all;
        }
        // SAFETY: `name` is a C string, and `value`, if there is one, points to `length` bytes: both live and stay unchanged as
        // long as `message` does.
        let header = unsafe {
            let bytes = (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast::<u8>(), length));
            (text(name), bytes)
        };
        all.push(header);
    }
}

/// Has messages sent that `linger.ms` would keep: the connections' threads do not linger while this lasts. Returns at once when
/// nothing is left to be sent; what is left after `longest` stays queued as before.
pub(super) fn hurry<C: ClientContext>(client: &Client<C>, longest: Duration) {
    let millis = i32::try_from(longest.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the handle lives as long as `client`; the call is thread safe and takes nothing else. Its only result is whether
    // time ran out.
    let _ = unsafe { sys::rd_kafka_flush(client.native_ptr(), millis) };
}

/// Sends the request and waits for its event.
fn request(
    handle: *mut sys::rd_kafka_t,
    name: &CStr,
    millis: i32,
) -> Result<Owned<sys::rd_kafka_event_t>, DescribeError> {
    // SAFETY: `handle` is a live rd_kafka_t (see `describe`); what is returned is ours to free, which `Owned` does.
    let queue = unsafe { Owned::new(sys::rd_kafka_queue_new(handle), sys::rd_kafka_queue_destroy) }?;
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    // SAFETY: as above.
    let options = unsafe {
        Owned::new(sys::rd_kafka_AdminOptions_new(handle, operation), sys::rd_kafka_AdminOptions_destroy)
    }?;
    // SAFETY: `options` is live; an error text is not asked for (null, length 0), which the function allows.
    let set =
        unsafe { sys::rd_kafka_AdminOptions_set_request_timeout(options.ptr(), millis, ptr::null_mut(), 0) };
    check(set, "the time-out was not accepted")?;
    let mut names = [name.as_ptr()];
    // SAFETY: `names` holds one valid C string; the collection copies it. What is returned is ours to free.
    let topics = unsafe {
        let collection = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        Owned::new(collection, sys::rd_kafka_TopicCollection_destroy)
    }?;
    // SAFETY: all four are live. The call copies the options and the names, and keeps its own reference to the queue, so a
    // result that comes after this function has given up goes nowhere.
    unsafe { sys::rd_kafka_DescribeTopics(handle, topics.ptr(), options.ptr(), queue.ptr()) };
    // SAFETY: `queue` is live; the event is ours to free. The request itself times out, so there is one in time; half a second
    // more is for the way back. A null pointer (nothing came) is an error of `Owned::new`.
    let event = unsafe {
        Owned::new(
            sys::rd_kafka_queue_poll(queue.ptr(), millis.saturating_add(500)),
            sys::rd_kafka_event_destroy,
        )
    }?;
    // SAFETY: `event` is live.
    let kind = unsafe { sys::rd_kafka_event_type(event.ptr()) };
    if kind == sys::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT {
        Ok(event)
    } else {
        Err(local(RDKafkaErrorCode::Fail, "librdkafka answered with another event"))
    }
}

/// # Safety
/// `event` must be a live DescribeTopics result.
unsafe fn read_event(event: *mut sys::rd_kafka_event_t) -> Result<Option<Description>, DescribeError> {
    // SAFETY: `event` is live; its error text belongs to it and is copied.
    unsafe {
        let text = text(sys::rd_kafka_event_error_string(event));
        check(sys::rd_kafka_event_error(event), &text)?;
    }
    let mut count = 0_usize;
    // SAFETY: the result is the event itself under another type; the array it returns has `count` elements, lives as long as
    // the event, and may be null only if `count` is 0.
    let first = unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        if result.is_null() {
            return Err(local(RDKafkaErrorCode::Fail, "librdkafka answered without a result"));
        }
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if topics.is_null() || count == 0 { ptr::null() } else { *topics }
    };
    if first.is_null() {
        return Ok(None);
    }
    // SAFETY: `first` is an element of the live event's array.
    unsafe { read_topic(first) }
}

/// # Safety
/// `topic` must belong to a live event.
unsafe fn read_topic(
    topic: *const sys::rd_kafka_TopicDescription_t,
) -> Result<Option<Description>, DescribeError> {
    // SAFETY: `topic` is live; its error may be null (then there is none) and belongs to it.
    let (code, reason) = unsafe {
        let error = sys::rd_kafka_TopicDescription_error(topic);
        if error.is_null() {
            (RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR, String::new())
        } else {
            (sys::rd_kafka_error_code(error), text(sys::rd_kafka_error_string(error)))
        }
    };
    if meaning(code.into()) == Meaning::TopicMissing {
        return Ok(None);
    }
    check(code, &reason)?;
    let mut count = 0_usize;
    // SAFETY: as in `read_event`: an array of `count` pointers that lives as long as the event.
    let partitions = unsafe {
        let array = sys::rd_kafka_TopicDescription_partitions(topic, &raw mut count);
        if array.is_null() { &[] } else { std::slice::from_raw_parts(array.cast_const(), count) }
    };
    // SAFETY: each element is a live partition; its leader is null if there is none.
    let led = partitions.iter().filter(|partition| unsafe {
        !partition.is_null() && !sys::rd_kafka_TopicPartitionInfo_leader(**partition).is_null()
    });
    let leaderless = count - led.count();
    // SAFETY: `topic` is live.
    let id = unsafe { topic_id(topic) };
    Ok(Some(Description { id, partitions: i32::try_from(count).unwrap_or(i32::MAX), leaderless }))
}

/// # Safety
/// `topic` must belong to a live event.
unsafe fn topic_id(topic: *const sys::rd_kafka_TopicDescription_t) -> String {
    // SAFETY: the id belongs to the topic; it may be null where the broker sent none.
    let (high, low) = unsafe {
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        if id.is_null() {
            return String::new();
        }
        (sys::rd_kafka_Uuid_most_significant_bits(id), sys::rd_kafka_Uuid_least_significant_bits(id))
    };
    if (high, low) == (0, 0) {
        return String::new();
    }
    URL_SAFE_NO_PAD.encode([high.to_be_bytes(), low.to_be_bytes()].concat())
}

/// # Safety
/// `text` must be null or a C string that lives during the call.
unsafe fn text(text: *const std::ffi::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null; the caller says that it is a C string.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn check(code: RDKafkaRespErr, reason: &str) -> Result<(), DescribeError> {
    if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(local(code.into(), reason)) }
}

fn local(code: RDKafkaErrorCode, reason: &str) -> DescribeError {
    DescribeError { code, reason: if reason.is_empty() { code.to_string() } else { reason.to_owned() } }
}

/// A pointer of librdkafka's that is ours to free.
struct Owned<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// A null pointer is an error: memory or time ran out.
    ///
    /// # Safety
    /// If not null, `pointer` must be live, owned by nobody else, and what `free` frees.
    unsafe fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Result<Self, DescribeError> {
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Self { pointer, free }),
            None => Err(local(RDKafkaErrorCode::OperationTimedOut, "no answer in time")),
        }
    }

    fn ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `new`'s contract: live, ours alone, and freed once, here.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}
