//! What the gateway takes off a request and puts on it.

use http::{HeaderMap, HeaderName, Version, header};

/// Headers under this prefix say who calls; only services of the suite may speak of that.
const IDENTITY_PREFIX: &str = "x-unionhall-";

/// Meant for the hop that ends here. HTTP/2 forbids them, HTTP/1 callers may send them.
const HOP_HEADERS: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Drops what a caller must not say and what must not travel on.
pub(crate) fn clean(headers: &mut HeaderMap, version: Version) {
    // The rule, not the exception, is that there is nothing to drop.
    while let Some(claimed) = headers.keys().find(|name| claims_identity(name)).cloned() {
        headers.remove(claimed);
    }
    if version < Version::HTTP_2 {
        for name in &HOP_HEADERS {
            headers.remove(name);
        }
    }
    // The next hop's authority is its own.
    headers.remove(header::HOST);
}

fn claims_identity(name: &HeaderName) -> bool {
    name.as_str().starts_with(IDENTITY_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_claims_are_dropped_and_all_else_stays() {
        let mut headers = HeaderMap::new();
        for name in ["x-unionhall-client", "x-unionhall-scope", "x-request-id", "te"] {
            headers.append(HeaderName::from_static(name), "1".parse().unwrap());
            headers.append(HeaderName::from_static(name), "2".parse().unwrap());
        }
        clean(&mut headers, Version::HTTP_2);
        assert_eq!(headers.keys_len(), 2);
        assert_eq!(headers.get_all("x-request-id").iter().count(), 2);
    }

    #[test]
    fn hop_headers_of_http_1_stay_behind() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, "keep-alive".parse().unwrap());
        headers.insert(header::HOST, "front".parse().unwrap());
        clean(&mut headers, Version::HTTP_11);
        assert!(headers.is_empty());
    }
}
