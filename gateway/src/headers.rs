//! What a call carries on its way to a remote upstream.

use http::{HeaderMap, HeaderValue, header};
use unionhall_kit::{ids::Randomness, telemetry};

const TRACE_PARENT: &str = "traceparent";

/// Makes the caller's headers those of a call of our own.
pub(crate) fn outgoing(headers: &mut HeaderMap, randomness: &dyn Randomness) {
    // The next hop's authority is its own.
    headers.remove(header::HOST);
    telemetry::inject_context(headers);
    if !headers.contains_key(TRACE_PARENT)
        && let Ok(parent) = HeaderValue::from_str(&trace_parent(randomness))
    {
        headers.insert(TRACE_PARENT, parent);
    }
}

/// A trace that nobody records here still ties the services' logs together. Version 00, flags 00:
/// not sampled (W3C Trace Context, section 3.2).
fn trace_parent(randomness: &dyn Randomness) -> String {
    let mut ids = [0; 24];
    randomness.fill(&mut ids);
    // All zeros would be invalid.
    (ids[15], ids[23]) = (ids[15] | 1, ids[23] | 1);
    let (trace, span) = ids.split_at(16);
    format!("00-{}-{}-00", hex::encode(trace), hex::encode(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Randomness for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a_call_without_a_trace_begins_one() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "front".parse().unwrap());
        outgoing(&mut headers, &Zeros);
        assert_eq!(
            headers[TRACE_PARENT],
            "00-00000000000000000000000000000001-0000000000000001-00"
        );
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn a_callers_trace_is_kept() {
        let mut headers = HeaderMap::new();
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        headers.insert(TRACE_PARENT, given.parse().unwrap());
        outgoing(&mut headers, &Zeros);
        assert_eq!(headers[TRACE_PARENT], given);
    }
}
