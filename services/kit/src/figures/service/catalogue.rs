//! What a service tells about its figures.

use std::{borrow::Cow, collections::HashMap};

use sea_orm::DatabaseTransaction;
use unionhall_proto::common::v1::{
    LocalizedText, Metric, MetricKind, Rate, explain_response::Contribution,
};

use super::{days::Days, place::Territory};
use crate::{
    civil::CivilDate,
    db::Db,
    fault::Outcome,
    figures::{MetricId, read::Question},
    path::{Line, Path, Scope},
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
    /// Whether it counts at areas alone; of a node of the other line it is told at its [`Territory`].
    pub areas_only: bool,
    /// Row of the domain reference, for instance `F180`.
    pub source_row: &'static str,
}

/// A text in the two languages of the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Chinese (zh-CN).
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Words {
    /// The text in both languages.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    fn message(&self) -> LocalizedText {
        LocalizedText { zh: self.zh.to_string(), en: self.en.to_string() }
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
            areas_only: self.areas_only,
        }
    }
}

/// What a rate means: one level divided by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateDefinition {
    /// The name behind `rates/`.
    pub name: &'static str,
    /// What is told.
    pub title: Words,
    /// What is divided by what, with its source.
    pub definition: Words,
    /// The name of the figure that is counted, a level.
    pub numerator: &'static str,
    /// The name of the figure by which it is divided, a level.
    pub denominator: &'static str,
    /// Whether it is told of areas alone: on the line of affiliation the two figures count different
    /// people. Of a node of that line it is told at its [`Territory`].
    pub areas_only: bool,
    /// Row of the domain reference.
    pub source_row: &'static str,
}

impl RateDefinition {
    /// Resource name.
    pub fn resource(&self) -> String {
        format!("rates/{}", self.name)
    }

    /// The resource names of its two figures.
    pub fn figures(&self) -> [String; 2] {
        [self.numerator, self.denominator].map(|name| format!("metrics/{name}"))
    }

    pub(super) fn message(&self) -> Rate {
        let [numerator, denominator] = self.figures();
        Rate {
            name: self.resource(),
            title: Some(self.title.message()),
            definition: Some(self.definition.message()),
            numerator,
            denominator,
            areas_only: self.areas_only,
            source_row: self.source_row.to_owned(),
        }
    }
}

/// What a figure is asked of: a place in a tree, which may have moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The line on which it stands.
    pub line: Line,
    /// Its paths, ascending by their first days; it is unknown before the first.
    paths: Vec<(CivilDate, Path)>,
}

impl Node {
    /// A node that is its path, whatever the day.
    pub fn fixed(line: Line, path: Path) -> Self {
        Self { line, paths: vec![(CivilDate::FIRST, path)] }
    }

    /// A node that has each path from a day on; `paths` ascend by day.
    pub fn moving(line: Line, paths: Vec<(CivilDate, Path)>) -> Self {
        Self { line, paths }
    }

    /// Its path on `day`.
    pub fn on(&self, day: CivilDate) -> Option<&Path> {
        self.paths.iter().rev().find(|(from, _)| *from <= day).map(|(_, path)| path)
    }

    /// Its path as it stands.
    pub fn last(&self) -> Option<&Path> {
        self.paths.last().map(|(_, path)| path)
    }

    /// Its paths between two days, each with its first and last day there.
    pub(super) fn between(
        &self,
        from: CivilDate,
        until: CivilDate,
    ) -> impl Iterator<Item = (CivilDate, CivilDate, &Path)> {
        let ends = self.paths.iter().skip(1).map(|(next, _)| next.previous());
        let ends = ends.chain(std::iter::once(until));
        self.paths.iter().zip(ends).filter_map(move |((begins, path), ends)| {
            let (first, last) = ((*begins).max(from), ends.min(until));
            (first <= last).then_some((first, last, path))
        })
    }

    /// Where a figure of these days is read. A level is read where the node stood on the day. What
    /// came in a period came where the node stood at the time, so that each of its places gives
    /// what came there.
    pub fn stretches(&self, days: Days) -> Vec<Stretch> {
        let Some(from) = days.from else {
            let path = self.on(days.day).cloned();
            let day = days.day;
            return path.map(|path| Stretch { path, day, before: None }).into_iter().collect();
        };
        let stretch = |(first, day, path): (CivilDate, CivilDate, &Path)| Stretch {
            path: path.clone(),
            day,
            before: Some(first.previous()),
        };
        self.between(from, days.day).map(stretch).collect()
    }
}

/// A place of a node, and the days for which it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The place.
    pub path: Path,
    /// The day up to which it counts.
    pub day: CivilDate,
    /// What was there up to this day does not count; `None` for a level.
    pub before: Option<CivilDate>,
}

impl Stretch {
    /// What is asked of the books, each with its sign.
    pub(super) fn questions(
        &self,
        metric: MetricId,
        line: Line,
    ) -> impl Iterator<Item = (i64, Question)> {
        let days = [(1, Some(self.day)), (-1, self.before)];
        days.into_iter().filter_map(move |(sign, day)| {
            Some((sign, Question { metric, line, node: self.path.clone(), day: day? }))
        })
    }
}

/// Asks which records make up a figure.
#[derive(Debug, Clone)]
pub struct Sought<'a> {
    /// The figure.
    pub metric: MetricId,
    /// The node.
    pub node: &'a Node,
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

    /// Every rate of those figures, in any order.
    fn rates(&self) -> &[RateDefinition];

    /// The nodes with these names that exist or existed.
    async fn nodes(&self, db: &Db, names: &[String]) -> Outcome<HashMap<String, Node>>;

    /// The areas that these nodes of the line of affiliation have as their own. They are asked for
    /// only where a figure of areas is asked of such a node.
    async fn territories(&self, db: &Db, names: &[String]) -> Outcome<HashMap<String, Territory>>;

    /// Evaluates the predicate of a figure over the facts, in the state that `state` reads.
    async fn explain(&self, state: &DatabaseTransaction, sought: &Sought<'_>)
    -> Outcome<Explained>;
}
