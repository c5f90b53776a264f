//! What a service tells about its figures.

use std::collections::BTreeSet;

use sea_orm::DatabaseTransaction;
use unionhall_proto::common::v1::{
    LocalizedText, Metric, MetricKind, explain_response::Contribution,
};

use super::days::Days;
use crate::{
    db::Db,
    fault::Outcome,
    figures::MetricId,
    path::{Path, Scope},
};

/// What a figure means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The number under which its values are kept; never reused.
    pub id: MetricId,
    /// The name behind `metrics/`.
    pub name: &'static str,
    /// What is counted.
    pub title: Words,
    /// The rule by which it is counted, with its source.
    pub definition: Words,
    /// How it is read.
    pub kind: Kind,
    /// Counts up whenever the rule changes.
    pub version: i32,
    /// Row of the domain reference, for instance `F180`.
    pub source_row: &'static str,
}

/// A text in the two languages of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Chinese (zh-CN).
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Words {
    fn message(self) -> LocalizedText {
        LocalizedText { zh: self.zh.to_owned(), en: self.en.to_owned() }
    }
}

/// How a figure is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How many there are on a day.
    Level,
    /// How many came in a period: the difference of two days.
    Flow,
}

impl Definition {
    /// Resource name.
    pub fn resource(&self) -> String {
        format!("metrics/{}", self.name)
    }

    pub(super) fn message(&self) -> Metric {
        let kind = match self.kind {
            Kind::Level => MetricKind::Level,
            Kind::Flow => MetricKind::Flow,
        };
        Metric {
            name: self.resource(),
            title: Some(self.title.message()),
            definition: Some(self.definition.message()),
            kind: kind.into(),
            definition_version: self.version,
            source_row: self.source_row.to_owned(),
        }
    }
}

/// Asks which records make up a figure.
#[derive(Debug, Clone)]
pub struct Sought<'a> {
    /// The figure.
    pub metric: MetricId,
    /// The node, on the area line.
    pub area: &'a Path,
    /// The days.
    pub days: Days,
    /// What the caller may see; a record outside it counts but is not described.
    pub scope: &'a Scope,
    /// The key of the last record of the page before.
    pub after: Option<&'a [String]>,
    /// The most records that the page takes.
    pub at_most: u64,
}

/// A page of records that make up a figure.
#[derive(Debug, Clone, Default)]
pub struct Explained {
    /// The records, ordered by their keys.
    pub contributions: Vec<Contribution>,
    /// The key from which the next page goes on; `None` behind the last record.
    pub next: Option<Vec<String>>,
}

/// The figures of one service.
#[tonic::async_trait]
pub trait Catalogue: Send + Sync + 'static {
    /// Every figure, in any order.
    fn definitions(&self) -> &[Definition];

    /// Those of `areas` that exist or existed.
    async fn known_areas(&self, db: &Db, areas: &[Path]) -> Outcome<BTreeSet<Path>>;

    /// Evaluates the predicate of a figure over the facts, in the state that `state` reads.
    async fn explain(&self, state: &DatabaseTransaction, sought: &Sought<'_>)
    -> Outcome<Explained>;
}
