//! Counts again, from the facts alone, and compares with what is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    civil::CivilDate,
    db::sql,
    figures::{MetricId, read::Question, read::values},
    ledger::sequencer::Sequencer,
    path::{Line, Path},
};
use unionhall_proto::{
    common::v1::ExplainRequest, registry::v1::metrics_server::Metrics as MetricsService,
};
use unionhall_registry::{
    api::metrics::Figures,
    rules::{
        base_register::contribution::{
            LISTED_ENTERPRISES, LISTED_ENTERPRISES_NAME, contributions as listed_contributions,
            listing,
        },
        contribution::{Counting, Metric, Paths, contributions},
        history::History,
        member::{
            MemberId, contribution::contributions as member_contributions, metric::MemberMetric,
        },
        steps::Step,
        union::{
            UnionId,
            affiliation::{AffiliationPath, Label},
            contribution::{UnionMetric, contributions as union_contributions},
        },
    },
    services,
    store::{
        base_registers::{self, EntryRecord},
        employers::{self, EmployerRecord},
        grounds,
        members::{self, MemberRecord, Wanted, read_grounds},
        unions::{self, UnionRecord, paths_of},
    },
};
use uuid::Uuid;

use super::{hall::Hall, territories, witness};
use crate::storage::{membership::whole, restructure::everywhere};

/// Questions that are asked at a time.
const QUESTIONS: usize = 4_000;
/// Every so many figures that are not zero one is explained.
const EXPLAIN_EVERY: usize = 97;
/// Figures that are explained at most.
const EXPLAINED: usize = 200;

/// The only ones that stay 0 on the line of affiliation: they count at areas alone, and are told of a
/// union at the area that it has as its own.
const OF_AREAS_ALONE: [&str; 3] =
    ["new_employers", "listed_covered_enterprises", LISTED_ENTERPRISES_NAME];

/// Everything that the register holds.
struct Books {
    unions: HashMap<UnionId, UnionRecord>,
    members: HashMap<MemberId, MemberRecord>,
    paths: Paths,
    employers: HashMap<Uuid, EmployerRecord>,
    entries: Vec<EntryRecord>,
}

/// What a figure is asked for.
type Asked = (MetricId, Line, Path);

/// Compares everything, and tells how much that was.
pub(super) async fn agree(hall: &Hall) -> Result<String> {
    Sequencer::new(hall.register.ledger.clone(), services::ancestors()).drain().await?;
    let books = read(hall).await?;
    let unsettled = base_registers::unsettled(hall.register.ledger.db().reader()).await?;
    ensure!(unsettled.is_empty(), "{unsettled:?} have not arrived");
    let newest = hall.register.quality.revision();
    let behind = books.employers.values().find(|employer| employer.rules != newest);
    ensure!(behind.is_none(), "{behind:?} is counted by older rules");
    paths_agree(&books)?;
    places_agree(&books)?;
    let conn = hall.register.ledger.db().reader();
    whole::holds(conn, &books.members, &books.unions).await?;
    let steps = recounted(hall, &books).await?;
    let witnessed = witness::agrees(hall, books.unions.len()).await?;
    let placed = territories::agree(hall, books.unions.values()).await?;
    let mut figures = 0;
    let mut to_explain = Vec::new();
    let questions: Vec<(Question, i64)> = questions(&steps);
    for some in questions.chunks(QUESTIONS) {
        let asked: Vec<Question> = some.iter().map(|(asked, _)| asked.clone()).collect();
        let kept = values(hall.register.ledger.db(), &asked).await?;
        for ((asked, counted), kept) in some.iter().zip(kept) {
            ensure!(kept == *counted, "{asked:?} is kept as {kept}, counted as {counted}");
            figures += 1;
            if *counted != 0 && figures % EXPLAIN_EVERY == 0 && to_explain.len() < EXPLAINED {
                to_explain.push(asked.clone());
            }
        }
    }
    nothing_else_is_kept(hall, &steps).await?;
    let mut explained = 0;
    for asked in &to_explain {
        explained += usize::from(explains(hall, &books, asked).await?);
    }
    let Books { unions, employers, members, entries, .. } = &books;
    let counting = entries.iter().filter(|entry| entry.counts.is_some()).count();
    Ok(format!(
        "{} unions, {} employers, {} members, {counting} listed, {figures} figures, {explained} of them \
         explained, {witnessed} counted over the wire, {placed} days of territories",
        unions.len(),
        employers.len(),
        members.len()
    ))
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

async fn ids(conn: &impl ConnectionTrait, those: &str) -> Result<Vec<Uuid>> {
    let text = format!("SELECT id FROM {those}");
    let rows = Id::find_by_statement(sql(conn, &text, [])).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

async fn read(hall: &Hall) -> Result<Books> {
    let conn = hall.register.ledger.db().reader();
    let union_ids: Vec<UnionId> =
        ids(conn, "trade_union WHERE deleted_at IS NULL").await?.into_iter().map(UnionId).collect();
    let employer_ids = ids(conn, "employer WHERE deleted_at IS NULL").await?;
    let member_ids: Vec<MemberId> =
        ids(conn, "member WHERE deleted_at IS NULL").await?.into_iter().map(MemberId).collect();
    let entry_ids = ids(conn, "base_register_entry").await?;
    Ok(Books {
        unions: unions::load(conn, &union_ids).await?,
        members: members::load(conn, &member_ids).await?,
        paths: paths_of(conn, &union_ids).await?,
        employers: employers::load(conn, &employer_ids).await?,
        entries: base_registers::entries(conn, &entry_ids).await?,
    })
}

/// On every day on which somebody's superior changes, each union stands where its superiors lead.
fn paths_agree(books: &Books) -> Result<()> {
    let days: BTreeSet<CivilDate> =
        books.unions.values().flat_map(|union| union.facts.superiors.days()).collect();
    for union in books.unions.values() {
        let kept = books.paths.get(&union.id).context("a union without a path")?;
        let first = union.facts.established_on().context("a union without a first day")?;
        ensure!(kept.first_day() == Some(first), "{} begins {:?}", union.name(), kept.first_day());
        for day in days.iter().copied().chain([first]).filter(|day| *day >= first) {
            let led = led(books, union, day)?;
            let stands = kept.on(day).map(|path| path.path().to_string());
            let name = union.name();
            ensure!(stands == Some(led.clone()), "{name} on {day}: {stands:?}, not {led}");
        }
        let last = kept.rows().last().map(|row| &row.value);
        ensure!(last == Some(&union.affiliation), "{} stands elsewhere", union.name());
    }
    Ok(())
}

fn led(books: &Books, union: &UnionRecord, day: CivilDate) -> Result<String> {
    let mut labels = vec![Label::of(union.id).to_string()];
    let mut at = union;
    while let Some(superior) = at.facts.superiors.on(day) {
        ensure!(labels.len() < 100, "{} stands above itself on {day}", union.name());
        at = books.unions.get(superior).context("a superior that is not there")?;
        labels.push(Label::of(at.id).to_string());
    }
    labels.reverse();
    Ok(format!("u{}", labels.concat()))
}

/// Each employer is found at the union that covers it as it stands, and no union covers anybody
/// before it exists or after.
fn places_agree(books: &Books) -> Result<()> {
    for employer in books.employers.values() {
        let open = employer.facts.covers.rows().last();
        let open = open.filter(|row| row.period.until().is_none()).map(|row| row.value.union);
        let union = open.and_then(|union| books.unions.get(&union));
        let stands = union.map(|union| &union.affiliation);
        let name = employer.name();
        ensure!(employer.affiliation.as_ref() == stands, "{name} stands elsewhere");
        for row in employer.facts.covers.rows() {
            let union = books.unions.get(&row.value.union).context("a union that is not there")?;
            let from = row.period.from();
            // An end that is recorded later may be of an earlier day than the coverage.
            let gone = employer.facts.closed_on().is_some_and(|closed| closed <= from);
            ensure!(gone || union.facts.active_on(from), "{name}: {row:?}");
            let outlived = union.facts.ended_on().is_some_and(|ended| row.period.covers(ended));
            let closed = employer
                .facts
                .closed_on()
                .is_some_and(|closed| union.facts.ended_on().is_some_and(|ended| closed <= ended));
            ensure!(!outlived || closed, "{name} outlives {}: {row:?}", union.name());
        }
    }
    Ok(())
}

/// What every node gains and loses on each day, by the facts.
async fn recounted(
    hall: &Hall,
    books: &Books,
) -> Result<BTreeMap<Asked, BTreeMap<CivilDate, i64>>> {
    let facts = books.employers.values().map(|employer| &employer.facts);
    let grounds = grounds::read(hall.register.ledger.db().reader(), facts).await?;
    let mut steps: Vec<Step> = Vec::new();
    for employer in books.employers.values() {
        let by = Counting { rules: &hall.register.quality, grounds: &grounds };
        steps.extend(contributions(&employer.facts, by));
    }
    for entry in &books.entries {
        steps.extend(listed_contributions(&listing(&entry.places, entry.counts)));
    }
    let nowhere = History::<AffiliationPath>::default();
    for union in books.unions.values() {
        let paths = books.paths.get(&union.id).unwrap_or(&nowhere);
        steps.extend(union_contributions(&union.facts, paths));
    }
    let wanted = Wanted::of(books.members.values().map(|member| &member.facts));
    let by = read_grounds(hall.register.ledger.db().reader(), &wanted).await?;
    for member in books.members.values() {
        steps.extend(member_contributions(&member.facts, &by));
    }
    let ancestors = services::ancestors();
    let mut sums: BTreeMap<Asked, BTreeMap<CivilDate, i64>> = BTreeMap::new();
    for step in steps {
        for node in ancestors(step.leaf.line, &step.leaf.node) {
            let of_node = sums.entry((step.metric, step.leaf.line, node)).or_default();
            *of_node.entry(step.day).or_default() += step.delta;
        }
    }
    Ok(sums)
}

/// The figures of unions and employers that are 0 everywhere and always, each with the line on which
/// it counts: compared with nothing, they would always agree.
pub(super) async fn unmoved(hall: &Hall) -> Result<Vec<String>> {
    let steps = recounted(hall, &read(hall).await?).await?;
    let of_employers = Metric::ALL.into_iter().map(|metric| (metric.id(), metric.name()));
    let of_unions = UnionMetric::all().map(|(_, id, name)| (id, name));
    let listed = (LISTED_ENTERPRISES, LISTED_ENTERPRISES_NAME);
    let mut unmoved = Vec::new();
    for (id, name) in of_employers.chain(of_unions).chain([listed]) {
        for line in [Line::Area, Line::Affiliation] {
            let elsewhere = line == Line::Affiliation && OF_AREAS_ALONE.contains(&name);
            let moved = steps.iter().any(|((metric, of, _), days)| {
                *metric == id && *of == line && days.values().any(|delta| *delta != 0)
            });
            if !moved && !elsewhere {
                unmoved.push(format!("{name} on {line:?}"));
            }
        }
    }
    Ok(unmoved)
}

/// Each figure on every day on which it changes, and on the day before.
fn questions(steps: &BTreeMap<Asked, BTreeMap<CivilDate, i64>>) -> Vec<(Question, i64)> {
    let mut questions = Vec::new();
    for ((metric, line, node), days) in steps {
        let mut value = 0;
        for (day, delta) in days {
            for (day, delta) in [(day.previous(), 0), (*day, *delta)] {
                value += delta;
                let question = Question { metric: *metric, line: *line, node: node.clone(), day };
                questions.push((question, value));
            }
        }
    }
    questions
}

/// A node that nobody counts at has no figures left over from those who did.
async fn nothing_else_is_kept(
    hall: &Hall,
    steps: &BTreeMap<Asked, BTreeMap<CivilDate, i64>>,
) -> Result<()> {
    let days: BTreeSet<CivilDate> = steps.values().flat_map(BTreeMap::keys).copied().collect();
    let nodes: BTreeSet<(Line, Path)> = left_nodes(hall).await?;
    let metrics = Metric::ALL.into_iter().map(Metric::id);
    let metrics = metrics.chain(UnionMetric::all().map(|(_, id, _)| id));
    let metrics: Vec<MetricId> = metrics.chain(MemberMetric::all().map(|(_, id, _)| id)).collect();
    let mut asked = Vec::new();
    for (line, node) in &nodes {
        for metric in &metrics {
            if steps.contains_key(&(*metric, *line, node.clone())) {
                continue;
            }
            // The last day shows what is left over for ever; the others what is so in between.
            for day in days.iter().step_by(5).chain(days.last()) {
                let (metric, line, day) = (*metric, *line, *day);
                asked.push(Question { metric, line, node: node.clone(), day });
            }
        }
    }
    for some in asked.chunks(QUESTIONS) {
        let kept = values(hall.register.ledger.db(), some).await?;
        let left = some.iter().zip(kept).find(|(_, kept)| *kept != 0);
        ensure!(left.is_none(), "left over: {left:?}");
    }
    Ok(())
}

/// The paths at which a union ever stood, also by what was superseded since: they are in the feed.
async fn left_nodes(hall: &Hall) -> Result<BTreeSet<(Line, Path)>> {
    #[derive(FromQueryResult)]
    struct Row {
        affiliation: String,
    }
    let conn = hall.register.ledger.db().reader();
    let text = "SELECT DISTINCT affiliation FROM event WHERE affiliation IS NOT NULL";
    let rows = Row::find_by_statement(sql(conn, text, [])).all(conn).await?;
    let path = |row: Row| Ok((Line::Affiliation, Path::parse(&row.affiliation)?));
    rows.into_iter().map(path).collect()
}

/// Whether the node still has a name, by which the figure can be asked for; then what explains it
/// sums to it.
async fn explains(hall: &Hall, books: &Books, asked: &Question) -> Result<bool> {
    let Some(node) = named(books, asked) else { return Ok(false) };
    let metric = Metric::of_id(asked.metric).map(Metric::name);
    let of_unions = || UnionMetric::all().find(|(_, id, _)| *id == asked.metric);
    let of_members = || MemberMetric::all().find(|(_, id, _)| *id == asked.metric);
    let listed = (asked.metric == LISTED_ENTERPRISES).then_some(LISTED_ENTERPRISES_NAME);
    let metric = metric.or_else(|| of_unions().map(|(_, _, name)| name)).or(listed);
    let metric = metric.or_else(|| of_members().map(|(_, _, name)| name));
    let metric = metric.context("a metric")?;
    let figures = Figures::new(hall.register.clone());
    let mut request = ExplainRequest {
        metric: format!("metrics/{metric}"),
        node,
        day: Some(asked.day.into()),
        page_size: 50,
        ..ExplainRequest::default()
    };
    let mut sum = 0;
    loop {
        let page = figures.explain(everywhere(request.clone())).await;
        let page = page.with_context(|| format!("{asked:?}"))?.into_inner();
        sum += page.contributions.iter().map(|one| one.value).sum::<i64>();
        if page.next_page_token.is_empty() {
            let figure = page.figure.context("a figure")?.value;
            ensure!(figure == sum, "{request:?} is {figure}, explained as {sum}");
            return Ok(true);
        }
        request.page_token = page.next_page_token;
    }
}

/// An area, or a union that stands at the path on the day.
fn named(books: &Books, asked: &Question) -> Option<String> {
    if asked.line == Line::Area {
        return Some(format!("areas/{}", asked.node));
    }
    let label = Label::last_of(asked.node.as_str())?;
    let union = books.unions.values().find(|union| Label::of(union.id).to_string() == label)?;
    let stands = books.paths.get(&union.id)?.on(asked.day)?;
    (*stands.path() == asked.node).then(|| union.name())
}
