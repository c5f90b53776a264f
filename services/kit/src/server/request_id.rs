//! The id under which one call is found again, here and in every service behind.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

use crate::ids::Ids;

/// The metadata key, both ways.
pub const REQUEST_ID_KEY: &str = "x-request-id";

/// Longer ids are replaced: they go into every log line.
const MAX_LENGTH: usize = 64;

/// The id of one call; every request carries it as an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

/// `-`: the call came through no server.
impl Default for RequestId {
    fn default() -> Self {
        Self("-".into())
    }
}

impl RequestId {
    /// The caller's id if it is sane, else a fresh one.
    pub(super) fn of(headers: &HeaderMap, ids: &Ids) -> Self {
        let given = headers.get(REQUEST_ID_KEY).and_then(|value| value.to_str().ok());
        match given.filter(|text| sane(text)) {
            Some(text) => Self(text.into()),
            None => Self(ids.fresh().to_string().into()),
        }
    }

    /// The id as text: 1 to 64 visible ASCII characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a metadata value.
    pub fn header(&self) -> HeaderValue {
        // Only visible ASCII is taken up, of which every header value may consist.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

/// Quotes and backslashes would let a caller forge log fields.
fn sane(text: &str) -> bool {
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemClock, ids::SystemRandomness};

    fn of(given: &'static str) -> RequestId {
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemRandomness));
        let headers =
            HeaderMap::from_iter([(REQUEST_ID_KEY.parse().unwrap(), given.parse().unwrap())]);
        RequestId::of(&headers, &ids)
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        assert_eq!(of("agency-7/42").as_str(), "agency-7/42");
        assert_eq!(of("agency-7/42").header(), "agency-7/42");
        let long: &'static str = Box::leak("x".repeat(65).into_boxed_str());
        for odd in ["", "two words", "a\"b", "a\\b", long] {
            assert_eq!(of(odd).as_str().len(), 36, "{odd}");
        }
    }
}
