//! Google's types that requests carry.

use prost_types::{Duration, FieldMask, Timestamp};

use super::{Bounds, Report, Text, Validate};
use crate::google::r#type::Date;

/// Protobuf's documented range: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
const INSTANTS: Bounds = Bounds { min: -62_135_596_800, max: 253_402_300_799 };
/// Protobuf's documented range: about 10,000 years either way.
const SPANS: Bounds = Bounds { min: -315_576_000_000, max: 315_576_000_000 };
const NANOS: i32 = 999_999_999;

impl Validate for Date {
    fn normalise(&mut self) {}

    fn inspect(&self, report: &mut Report) {
        if let Err(error) = self.civil() {
            let Date { year, month, day } = self;
            report.add_here(format!("is {year}-{month}-{day}; {error}"));
        }
    }
}

impl Validate for Timestamp {
    fn normalise(&mut self) {}

    fn inspect(&self, report: &mut Report) {
        report.int("seconds", self.seconds, INSTANTS);
        report.int("nanos", self.nanos, Bounds { min: 0, max: NANOS.into() });
    }
}

impl Validate for Duration {
    fn normalise(&mut self) {}

    fn inspect(&self, report: &mut Report) {
        report.int("seconds", self.seconds, SPANS);
        report.int("nanos", self.nanos, Bounds { min: (-NANOS).into(), max: NANOS.into() });
        if self.seconds.signum() * i64::from(self.nanos.signum()) < 0 {
            report.add("nanos", "must have the sign of the seconds");
        }
    }
}

impl Validate for FieldMask {
    fn normalise(&mut self) {}

    fn inspect(&self, report: &mut Report) {
        report.count("paths", self.paths.len(), Bounds { min: 0, max: 100 });
        for (index, path) in self.paths.iter().take(100).enumerate() {
            report.text(("paths", index), path, &Text { required: true, max: 200, ..Text::ANY });
        }
    }
}
