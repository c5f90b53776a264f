//! Validation of requests. The implementations are generated from the annotations of the
//! contract (`buf.validate`, `google.api.field_behavior`); what no annotation needs to say holds
//! everywhere: text is NFC without invisible characters, dates exist, enum numbers are known.

use std::fmt;

mod google;
mod report;
mod rules;

pub use report::{At, Report};
pub(crate) use rules::compiled;
pub use rules::{Bounds, Text};

/// One field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Proto path of the field, for instance `employer.actual_address.line` or `names[3]`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub description: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.description)
    }
}

/// A message that can be part of a request.
pub trait Validate {
    /// Brings text into NFC and clears what only the service sets (OUTPUT_ONLY), nested too.
    /// The `etag` of an updated resource is moved to an empty `etag` of its request first.
    fn normalise(&mut self);

    /// Reports every field that breaks a rule. The message is taken to be normalised.
    fn inspect(&self, report: &mut Report);

    /// The violations as the message stands, at most [`Report::CAPACITY`].
    fn violations(&self) -> Vec<Violation> {
        let mut report = Report::default();
        self.inspect(&mut report);
        report.into_violations()
    }

    /// Normalises, then inspects: what every method does with its request.
    fn check(&mut self) -> Vec<Violation> {
        self.normalise();
        self.violations()
    }
}

/// Normalises each message of a field.
pub(crate) fn normalise_all<'a, M: Validate + 'a>(values: impl IntoIterator<Item = &'a mut M>) {
    values.into_iter().for_each(Validate::normalise);
}

/// Composes each text of a field.
pub(crate) fn compose_all<'a>(values: impl IntoIterator<Item = &'a mut String>) {
    values.into_iter().for_each(crate::text::compose);
}

#[cfg(test)]
mod tests;
