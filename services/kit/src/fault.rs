//! The one error that leaves a service, and how it becomes a `google.rpc.Status`.
//!
//! Policy: `rules` return small typed errors; `store` returns `Fault` (driver errors are mapped in
//! one place, `db::fault`); `api` returns `Fault`, which becomes a `tonic::Status` at the edge.
//! A cause is logged and never shown.

use std::{collections::BTreeMap, fmt, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};
pub use unionhall_proto::Violation;

/// The domain that every `ErrorInfo` of the suite carries.
pub const ERROR_DOMAIN: &str = "unionhall";

/// Trailers are bounded, so at most this many violations travel in one status.
const MAX_VIOLATIONS: usize = 50;

/// A stable public reason. Declared by [`reasons!`](crate::reasons!); each has a page with its
/// remedy in `docs/errors/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// UPPER_SNAKE_CASE, at most 63 characters; never changes.
    pub name: &'static str,
    /// The gRPC code it travels with.
    pub code: Code,
    /// English text with `{key}` places for metadata.
    pub en: &'static str,
    /// Chinese text (zh-CN) with the same places.
    pub zh: &'static str,
}

/// Declares reasons as constants and lists them in `ALL`, from which a test finds their pages.
#[macro_export]
macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident: $code:ident, $en:literal, $zh:literal;)+) => {
        $($(#[$doc])+ pub const $name: $crate::fault::Reason = $crate::fault::Reason {
            name: stringify!($name),
            code: ::tonic::Code::$code,
            en: $en,
            zh: $zh,
        };)+
        /// Every reason of this module.
        pub const ALL: &[&$crate::fault::Reason] = &[$(&$name),+];
    };
}

/// A refusal or a failure, with everything that its reader needs to mend it.
pub struct Fault(Box<Inner>);

struct Inner {
    reason: &'static Reason,
    metadata: BTreeMap<&'static str, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What fallible work of the suite returns.
pub type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// A fault with a public reason.
    pub fn new(reason: &'static Reason) -> Self {
        Self(Box::new(Inner {
            reason,
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Fills the `{key}` place of the texts and repeats the value in the metadata.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.metadata.insert(key, value.to_string());
        self
    }

    /// Names a field that is not as it must be.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.violations.push(Violation { field: field.into(), description: description.into() });
        self
    }

    /// Names several fields.
    #[must_use]
    pub fn violations(mut self, violations: impl IntoIterator<Item = Violation>) -> Self {
        self.0.violations.extend(violations);
        self
    }

    /// Tells the caller when another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The public reason.
    pub fn reason(&self) -> &'static Reason {
        self.0.reason
    }

    /// The metadata in which the texts' places are repeated.
    pub fn metadata(&self) -> &BTreeMap<&'static str, String> {
        &self.0.metadata
    }

    /// The fields that were named.
    pub fn named_violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The English text.
    pub fn english(&self) -> String {
        self.fill(self.0.reason.en)
    }

    /// The Chinese text.
    pub fn chinese(&self) -> String {
        self.fill(self.0.reason.zh)
    }

    fn fill(&self, template: &str) -> String {
        self.0.metadata.iter().fold(template.to_owned(), |text, (key, value)| {
            text.replace(&format!("{{{key}}}"), value)
        })
    }

    /// The status that travels: English in its message, Chinese as the `LocalizedMessage`.
    pub fn to_status(&self) -> Status {
        let inner = &self.0;
        if let Some(cause) = &inner.cause {
            tracing::warn!(reason = inner.reason.name, cause = %cause, "a call failed");
        }
        let metadata: std::collections::HashMap<String, String> =
            inner.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut details = ErrorDetails::new();
        details.set_error_info(inner.reason.name, ERROR_DOMAIN, metadata);
        details.set_localized_message("zh-CN", self.chinese());
        if !inner.violations.is_empty() {
            let fields = inner.violations.iter().take(MAX_VIOLATIONS);
            details.set_bad_request(
                fields.map(|v| FieldViolation::new(&v.field, &v.description)).collect::<Vec<_>>(),
            );
        }
        if let Some(delay) = inner.retry_after {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(inner.reason.code, self.english(), details)
    }
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        fault.to_status()
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fault")
            .field("reason", &self.0.reason.name)
            .field("metadata", &self.0.metadata)
            .field("violations", &self.0.violations)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.reason.name, self.english())
    }
}

/// The cause is for logs and for the operator's terminal; a status never carries it.
impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause: &(dyn std::error::Error + 'static) = self.0.cause.as_deref()?;
        Some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reasons;

    #[test]
    fn the_status_repeats_the_dynamic_parts_in_its_metadata() {
        let status = Fault::new(&reasons::NOT_FOUND).with("name", "employers/1").to_status();
        assert_eq!(status.code(), Code::NotFound);
        assert!(status.message().contains("employers/1"));
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NOT_FOUND", ERROR_DOMAIN));
        assert_eq!(info.metadata["name"], "employers/1");
        assert_eq!(details.localized_message().unwrap().locale, "zh-CN");
    }

    #[test]
    fn violations_are_capped_for_the_trailer() {
        let fault = Fault::new(&reasons::INVALID_FIELD).violations(
            (0..99).map(|n| Violation { field: n.to_string(), description: "x".into() }),
        );
        assert_eq!(
            fault.to_status().get_error_details().bad_request().unwrap().field_violations.len(),
            MAX_VIOLATIONS
        );
    }
}
