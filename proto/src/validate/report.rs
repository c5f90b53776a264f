//! Collects violations under the path at which a message stands.

use std::{collections::HashSet, fmt::Write, hash::Hash};

use prost_types::{Duration, FieldMask};

use super::{Bounds, Text, Validate, Violation};
use crate::mask;

/// A field of the message at hand, or one element of it.
#[derive(Clone, Copy)]
pub struct At<'a> {
    field: &'a str,
    index: Option<usize>,
}

impl<'a> From<&'a str> for At<'a> {
    fn from(field: &'a str) -> Self {
        Self { field, index: None }
    }
}

impl<'a> From<(&'a str, usize)> for At<'a> {
    fn from((field, index): (&'a str, usize)) -> Self {
        Self { field, index: Some(index) }
    }
}

/// The violations found so far.
#[derive(Default)]
pub struct Report {
    /// Path of the message at hand, with a dot behind it; empty at the request itself.
    path: String,
    found: Vec<Violation>,
    mask: Option<Mask>,
}

/// Paths relative to the resource, outside of which nothing is reported.
struct Mask {
    base: usize,
    paths: Vec<String>,
}

impl Mask {
    fn covers(&self, path: &str) -> bool {
        self.paths.iter().any(|masked| {
            let rest = path[self.base..].strip_prefix(masked.as_str());
            rest.is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b'.' | b'[')))
        })
    }
}

impl Report {
    /// Further violations are not collected: who has a hundred mends those first.
    pub const CAPACITY: usize = 100;

    /// What was found, in the order of the fields.
    pub fn into_violations(self) -> Vec<Violation> {
        self.found
    }

    /// Reports a violation.
    pub fn add<'a>(&mut self, at: impl Into<At<'a>>, description: impl Into<String>) {
        if self.found.len() == Self::CAPACITY {
            return;
        }
        let length = self.enter(at.into());
        if self.mask.as_ref().is_none_or(|mask| mask.covers(&self.path)) {
            let violation = Violation { field: self.path.clone(), description: description.into() };
            self.found.push(violation);
        }
        self.path.truncate(length);
    }

    /// Reports a violation of the message at hand as a whole.
    pub fn add_here(&mut self, description: impl Into<String>) {
        let here = self.path.strip_suffix('.').unwrap_or_default().to_owned();
        let path = std::mem::take(&mut self.path);
        self.add(here.as_str(), description);
        self.path = path;
    }

    fn enter(&mut self, at: At<'_>) -> usize {
        let length = self.path.len();
        self.path.push_str(at.field);
        if let Some(index) = at.index {
            // Writing into a String cannot fail.
            let _ = write!(self.path, "[{index}]");
        }
        length
    }

    fn add_some<'a>(&mut self, at: impl Into<At<'a>>, fault: Option<impl Into<String>>) {
        if let Some(fault) = fault {
            self.add(at, fault);
        }
    }

    /// A text.
    pub fn text<'a>(&mut self, at: impl Into<At<'a>>, value: &str, rule: &Text) {
        self.add_some(at, rule.fault(value));
    }

    /// A whole number.
    pub fn int<'a>(&mut self, at: impl Into<At<'a>>, value: impl Into<i64>, bounds: Bounds) {
        self.add_some(at, bounds.fault(value.into(), ""));
    }

    /// The size of a field of bytes.
    pub fn size<'a>(&mut self, at: impl Into<At<'a>>, bytes: usize, bounds: Bounds) {
        self.add_some(at, bounds.fault(i64::try_from(bytes).unwrap_or(i64::MAX), " bytes"));
    }

    /// The number of elements.
    pub fn count<'a>(&mut self, at: impl Into<At<'a>>, elements: usize, bounds: Bounds) {
        self.add_some(at, bounds.fault(i64::try_from(elements).unwrap_or(i64::MAX), " elements"));
    }

    /// Elements of which no two are the same.
    pub fn unique<T: Eq + Hash>(&mut self, field: &str, values: &[T]) {
        let mut seen = HashSet::with_capacity(values.len());
        if let Some(index) = values.iter().position(|value| !seen.insert(value)) {
            self.add((field, index), "stands there already; name each once");
        }
    }

    /// A value of the enum `E`.
    pub fn choice<'a, E: TryFrom<i32>>(
        &mut self,
        at: impl Into<At<'a>>,
        value: i32,
        required: bool,
    ) {
        if E::try_from(value).is_err() {
            self.add(at, format!("has the number {value}, which the enum does not define"));
        } else if required && value == 0 {
            self.required(at, false);
        }
    }

    /// A field, message or oneof that must be there.
    pub fn required<'a>(&mut self, at: impl Into<At<'a>>, present: bool) {
        if !present {
            self.add(at, "is required; give it a value");
        }
    }

    /// A message inside the message at hand.
    pub fn message<'a, M: Validate>(&mut self, at: impl Into<At<'a>>, value: &M) {
        let length = self.enter(at.into());
        self.path.push('.');
        value.inspect(self);
        self.path.truncate(length);
    }

    /// A span of time, with bounds in seconds.
    pub fn span<'a>(&mut self, at: impl Into<At<'a>>, value: &Duration, bounds: Bounds) {
        let nanos = |seconds: i64| i128::from(seconds) * 1_000_000_000;
        let exact = nanos(value.seconds) + i128::from(value.nanos);
        if !(nanos(bounds.min)..=nanos(bounds.max)).contains(&exact) {
            let Bounds { min, max } = bounds;
            self.add(at, format!("must lie between {min} and {max} seconds"));
        }
    }

    /// The resource of an Update request: only what the mask names is looked at.
    pub fn masked<M: Validate>(&mut self, field: &str, value: &M, mask: Option<&FieldMask>) {
        let paths = mask::paths(mask);
        if !mask::is_whole(paths) {
            let base = self.path.len() + field.len() + 1;
            self.mask = Some(Mask { base, paths: paths.to_vec() });
        }
        self.message(field, value);
        self.mask = None;
    }
}
