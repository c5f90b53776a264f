//! Counts unions again by what the register shows of each over the wire, with none of its own rules:
//! whoever counts wrongly there and here does so in two ways.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, ensure};
use unionhall_kit::{
    civil::CivilDate,
    figures::{MetricId, read::Question, read::values},
    path::{Line, Path},
};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        ListUnionFactsRequest, ListUnionsRequest, Term, Union, UnionFact, union::State,
        union_service_server::UnionService,
    },
};
use unionhall_registry::rules::union::contribution::UnionMetric;

use super::hall::Hall;
use crate::storage::restructure::everywhere;

const PAGE: i32 = 1_000;
/// Questions that are asked at a time.
const QUESTIONS: usize = 4_000;
/// Days on which everything is compared; on all others what hangs on terms and territories.
const DAYS_IN_FULL: usize = 12;
/// Lengths of area labels: municipality, city, district, sub-district, community.
const LEVELS: [usize; 5] = [2, 4, 6, 9, 12];
const OVERDUE: &str = "overdue_terms";
/// Counted at the territory, however many unions have it.
const PLACED: [(&str, &str); 2] = [
    ("COMMUNITY_JOINT", "joint_union_communities"),
    ("COMMUNITY_WORKERS", "workers_union_subdistricts"),
];

/// A node of a line, by its path.
type Node = (Line, String);
/// What is counted at each node for a metric, by its name.
type Counts = BTreeMap<(String, Node), i64>;

/// A fact that stands, for some days.
struct Stretch {
    from: CivilDate,
    until: Option<CivilDate>,
    value: Union,
}

impl Stretch {
    fn of(fact: UnionFact) -> Result<Self> {
        let until = fact.valid_until.as_ref().map(CivilDate::try_from).transpose()?;
        let from = CivilDate::try_from(fact.valid_from.as_ref().context("a first day")?)?;
        Ok(Self { from, until, value: fact.value.context("a value")? })
    }

    fn covers(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// What the register shows of a union.
struct Life {
    name: String,
    /// The last ten characters of its path.
    label: String,
    stretches: HashMap<String, Vec<Stretch>>,
}

impl Life {
    fn on(&self, field: &str, day: CivilDate) -> Vec<&Union> {
        let known = self.stretches.get(field).into_iter().flatten();
        known.filter(|stretch| stretch.covers(day)).map(|stretch| &stretch.value).collect()
    }

    fn text(&self, field: &str, day: CivilDate, read: fn(&Union) -> &str) -> Option<&str> {
        self.on(field, day).first().map(|value| read(value))
    }

    fn active(&self, day: CivilDate) -> bool {
        self.on("state", day).first().is_some_and(|value| value.state() == State::Active)
    }

    fn marked(&self, mark: &str, day: CivilDate) -> bool {
        self.on("marks", day).iter().any(|value| value.marks.iter().any(|one| one.mark == mark))
    }

    /// Whether the day by which the next committee was to be elected, as it stood then, has come.
    fn overdue(&self, day: CivilDate) -> Result<bool> {
        let Some(term) = self.on("term", day).first().and_then(|value| value.term.clone()) else {
            return Ok(false);
        };
        Ok(due(&term, day)? <= day)
    }

    fn days(&self) -> Result<BTreeSet<CivilDate>> {
        let mut days = BTreeSet::new();
        for stretch in self.stretches.values().flatten() {
            days.insert(stretch.from);
            days.extend(stretch.until);
            let Some(term) = &stretch.value.term else { continue };
            days.insert(ends(term)?);
            for one in &term.postponements {
                days.extend(civil(one.postponed_to.as_ref())?);
                days.extend(civil(one.approved_on.as_ref())?);
            }
        }
        Ok(days)
    }
}

fn civil(day: Option<&Date>) -> Result<Option<CivilDate>> {
    Ok(day.map(CivilDate::try_from).transpose()?)
}

/// The first day after the years of a term; one that the year lacks is the last of the month.
fn ends(term: &Term) -> Result<CivilDate> {
    let begun = term.begins_on.as_ref().context("a term without a first day")?;
    let (year, month) = (begun.year + term.years, u32::try_from(begun.month)?);
    let found = (0..4).find_map(|less| {
        let day = u32::try_from(begun.day - less).ok()?;
        CivilDate::new(year, month, day)
    });
    found.context("a last day")
}

/// The day from which on the union is overdue, as a clerk had it on `day`. A postponement of which no
/// day of approval is told was approved when it had to be.
fn due(term: &Term, day: CivilDate) -> Result<CivilDate> {
    let mut due = ends(term)?;
    for (number, one) in term.postponements.iter().enumerate() {
        let in_time = if number == 0 { day } else { due };
        let approved = civil(one.approved_on.as_ref())?.unwrap_or(in_time);
        if approved > day {
            break;
        }
        due = civil(one.postponed_to.as_ref())?.context("a day to which it is put off")?;
    }
    Ok(due)
}

/// Compares, and tells how many figures that were.
pub(super) async fn agrees(hall: &Hall, unions: usize) -> Result<usize> {
    let lives = lives(hall).await?;
    ensure!(lives.len() == unions, "{} of {unions} unions are shown", lives.len());
    let mut days = BTreeSet::new();
    for life in &lives {
        days.extend(life.days()?);
    }
    // The day before each is like the one before it in the list, or the register counts wrongly.
    days.extend(days.clone().into_iter().map(CivilDate::previous));
    let by_name: HashMap<&str, &Life> =
        lives.iter().map(|life| (life.name.as_str(), life)).collect();
    let every = days.len() / DAYS_IN_FULL + 1;
    let mut counted: Vec<(CivilDate, Counts)> = Vec::new();
    for (number, day) in days.into_iter().enumerate() {
        let mut counts = count(&lives, &by_name, day)?;
        if number % every != 0 {
            counts.retain(|(metric, _), _| special(metric));
        }
        counted.push((day, counts));
    }
    let nodes: BTreeSet<(String, Node)> =
        counted.iter().flat_map(|(_, counts)| counts.keys().cloned()).collect();
    let nodes: Vec<_> = nodes.into_iter().filter(|(metric, _)| special(metric)).collect();
    let mut compared = 0;
    for (day, mut counts) in counted {
        for node in &nodes {
            counts.entry(node.clone()).or_default();
        }
        compared += counts.len();
        compare(hall, day, &counts).await?;
    }
    Ok(compared)
}

fn special(metric: &str) -> bool {
    metric == OVERDUE || PLACED.iter().any(|(_, name)| *name == metric)
}

async fn lives(hall: &Hall) -> Result<Vec<Life>> {
    let mut lives = Vec::new();
    let mut request = ListUnionsRequest { page_size: PAGE, ..ListUnionsRequest::default() };
    loop {
        let page = hall.unions.list_unions(everywhere(request.clone())).await?.into_inner();
        for union in page.unions {
            lives.push(life(hall, union).await?);
        }
        if page.next_page_token.is_empty() {
            return Ok(lives);
        }
        request.page_token = page.next_page_token;
    }
}

async fn life(hall: &Hall, union: Union) -> Result<Life> {
    let label = union.affiliation[union.affiliation.len() - 10..].to_owned();
    let mut life = Life { name: union.name, label, stretches: HashMap::new() };
    let mut request = ListUnionFactsRequest {
        parent: life.name.clone(),
        page_size: PAGE,
        ..ListUnionFactsRequest::default()
    };
    loop {
        let page = hall.unions.list_union_facts(everywhere(request.clone())).await?.into_inner();
        for fact in page.union_facts.into_iter().filter(|fact| fact.supersede_time.is_none()) {
            let of_field = life.stretches.entry(fact.field.clone()).or_default();
            of_field.push(Stretch::of(fact)?);
        }
        if page.next_page_token.is_empty() {
            return Ok(life);
        }
        request.page_token = page.next_page_token;
    }
}

/// What every node has on a day.
fn count(lives: &[Life], by_name: &HashMap<&str, &Life>, day: CivilDate) -> Result<Counts> {
    let mut counts = Counts::new();
    let mut placed: BTreeSet<(&str, Node, String)> = BTreeSet::new();
    for life in lives.iter().filter(|life| life.active(day)) {
        let kind =
            life.text("union_type", day, |value| value.union_type.as_str()).context("a type")?;
        let level =
            life.text("union_level", day, |value| value.union_level.as_str()).context("a level")?;
        let seat = life.on("seat", day).first().and_then(|value| value.seat.clone());
        let seat = seat.context("a seat")?.area;
        let mut nodes = areas(&seat);
        let line = line(life, by_name, day)?;
        nodes.extend(line.iter().cloned());
        let station = life.marked("SERVICE_STATION", day) && life.marked("WORKERS_HOME", day);
        let metrics = [
            ("unions".to_owned(), true),
            (format!("unions_{}", kind.to_lowercase()), true),
            (format!("unions_level_{}", level.to_lowercase()), true),
            ("integrated_unions".to_owned(), station),
            ("demonstration_units".to_owned(), life.marked("DEMONSTRATION_UNIT", day)),
            (OVERDUE.to_owned(), life.overdue(day)?),
        ];
        for (metric, _) in metrics.into_iter().filter(|(_, counts)| *counts) {
            for node in &nodes {
                *counts.entry((metric.clone(), node.clone())).or_default() += 1;
            }
        }
        let Some((_, metric)) = PLACED.iter().find(|(of, _)| *of == kind) else { continue };
        let territory = life.text("territory", day, |value| value.territory.as_str());
        let territory = territory.context("a territory")?;
        for node in areas(territory).into_iter().chain(line) {
            placed.insert((*metric, node, territory.to_owned()));
        }
    }
    for (metric, node, _) in placed {
        *counts.entry((metric.to_owned(), node)).or_default() += 1;
    }
    Ok(counts)
}

/// The area and those around it.
fn areas(name: &str) -> Vec<Node> {
    let label = name.trim_start_matches("areas/");
    let labels = LEVELS.iter().filter_map(|length| label.get(..*length));
    labels.map(|label| (Line::Area, label.to_owned())).collect()
}

/// The union and those above it on the day.
fn line(life: &Life, by_name: &HashMap<&str, &Life>, day: CivilDate) -> Result<Vec<Node>> {
    let mut labels = vec![life.label.as_str()];
    let mut at = life;
    while let Some(superior) = at.text("superior", day, |value| value.superior.as_str()) {
        ensure!(labels.len() < 100, "{} stands above itself on {day}", life.name);
        at = by_name.get(superior).copied().context("a superior that is not shown")?;
        labels.push(&at.label);
    }
    let mut path = "u".to_owned();
    let mut nodes = Vec::new();
    for label in labels.into_iter().rev() {
        path.push_str(label);
        nodes.push((Line::Affiliation, path.clone()));
    }
    Ok(nodes)
}

async fn compare(hall: &Hall, day: CivilDate, counts: &Counts) -> Result<()> {
    let ids: HashMap<&str, MetricId> = UnionMetric::all().map(|(_, id, name)| (name, id)).collect();
    let mut asked = Vec::with_capacity(counts.len());
    for ((metric, (line, node)), value) in counts {
        let metric = *ids.get(metric.as_str()).context("a metric that the register lacks")?;
        let question = Question { metric, line: *line, node: Path::parse(node)?, day };
        asked.push((question, *value));
    }
    for some in asked.chunks(QUESTIONS) {
        let questions: Vec<Question> = some.iter().map(|(asked, _)| asked.clone()).collect();
        let kept = values(hall.register.ledger.db(), &questions).await?;
        for ((asked, counted), kept) in some.iter().zip(kept) {
            ensure!(
                kept == *counted,
                "{asked:?} is kept as {kept}, counted over the wire as {counted}"
            );
        }
    }
    Ok(())
}
