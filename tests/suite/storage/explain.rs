//! The employers that explain a figure sum to it, on every day and over any size of page.

use anyhow::{Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use unionhall_kit::{
    civil::CivilDate,
    figures::{
        read::{Question, values},
        service::Stretch,
    },
    ids::{Ids, SystemRandomness},
    ledger::{Begun, Done, Entry, Intent, Ledger, sequencer::Sequencer},
    path::{Line, Path},
};
use unionhall_registry::{
    revisions::Revisions,
    rules::{
        area::AreaPath,
        contribution::{Counting, Grounds, Metric, contributions, share},
        employer::{
            EmployerFacts, Status, address::Address, code::OwnershipCode, headcount::Headcount,
            identifier::Identifier,
        },
        name::Name,
        organisation_code::OrganisationCode,
        quality::RuleSet,
        steps::{Step, difference},
    },
    services,
    store::{
        employers::EmployerRecord,
        employers::{self, NewEmployer},
        explain::{Counted, employers::Asked, explain},
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};

const COMMUNITIES: [&str; 4] = ["110102010001", "110102010002", "110102012001", "110101001001"];
pub(super) const NODES: [&str; 6] =
    ["11", "110102", "110102010", "110102010002", "110101001001", "12"];
const EMPLOYERS: usize = 60;
pub(super) const DAYS: std::ops::Range<i32> = 15_000..16_500;

pub(super) fn civil(epoch_day: i32) -> CivilDate {
    CivilDate::from_epoch_day(epoch_day).expect("a day")
}

/// A life of one to four moves, rests and headcounts.
pub(super) fn life(random: &mut StdRng, number: usize) -> Result<EmployerFacts> {
    let mut facts = EmployerFacts::default();
    let first = random.random_range(DAYS);
    let code = OrganisationCode::compose(&format!("T{number:07}"))?;
    facts.names.record(Some(Name::parse("北京华彩印务有限公司")?), civil(first));
    facts.identifiers.record(Some(Identifier::Organisation(code)), civil(first));
    facts.ownerships.record(Some(OwnershipCode::parse("57")?), civil(first));
    facts.statuses.record(Some(Status::Active), civil(first));
    move_to(&mut facts, random, first)?;
    for _ in 0..random.random_range(1..5) {
        let day = random.random_range(first..DAYS.end);
        match random.random_range(0..4) {
            0 => facts.statuses.record(Some(Status::Suspended), civil(day)),
            1 => facts.statuses.record(Some(Status::Active), civil(day)),
            2 => {
                let count = Headcount::new(random.random_range(1..500), None, None)?;
                facts.headcounts.insert(civil(day), count);
            }
            _ => move_to(&mut facts, random, day)?,
        }
    }
    Ok(facts)
}

fn move_to(facts: &mut EmployerFacts, random: &mut StdRng, day: i32) -> Result<()> {
    let area = AreaPath::parse(COMMUNITIES[random.random_range(0..COMMUNITIES.len())])?;
    facts.actual_addresses.record(Some(Address::new(area, "裕民路8号")?), civil(day));
    Ok(())
}

fn rules() -> &'static RuleSet {
    RuleSet::shipped().expect("the shipped rules")
}

/// Nobody is covered here.
fn by() -> Counting<'static> {
    static NONE: std::sync::LazyLock<Grounds> = std::sync::LazyLock::new(Grounds::default);
    Counting { rules: rules(), grounds: &NONE }
}

async fn begin(ledger: &Ledger) -> Result<Box<Entry>> {
    let intent =
        Intent { client: "c", method: "/m", trace: "t", request_id: None, body: Vec::new() };
    match ledger.begin(&intent).await? {
        Begun::Fresh(entry) => Ok(entry),
        Begun::Replay(_) => anyhow::bail!("a replay without a request id"),
    }
}

fn move_figures(entry: &mut Entry, before: &EmployerFacts, after: &EmployerFacts) {
    let steps = difference(&contributions(before, by()), contributions(after, by()));
    entry.figures(steps.into_iter().map(Step::into_delta));
}

async fn commit(entry: Entry) -> Result<()> {
    Ok(entry.commit(Done { record: "employers".into(), version: 1 }).await?)
}

/// Enters employers, then gives a third of them another life and withdraws some.
async fn fill(books: &Books, random: &mut StdRng) -> Result<Vec<EmployerFacts>> {
    let ids = Ids::new(books.clock.clone(), std::sync::Arc::new(SystemRandomness));
    let mut entry = begin(&books.ledger).await?;
    let mut new = Vec::new();
    for number in 0..EMPLOYERS {
        let facts = life(random, number)?;
        move_figures(&mut entry, &EmployerFacts::default(), &facts);
        new.push(NewEmployer { id: ids.fresh(), facts, rules: rules().revision() });
    }
    let now = entry.now();
    let mut records =
        employers::insert_many(entry.conn(), &new, now).await?.expect("no code is taken");
    commit(*entry).await?;

    let mut entry = begin(&books.ledger).await?;
    for (number, record) in records.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        if number % 2 == 0 {
            let facts = life(random, number)?;
            move_figures(&mut entry, &record.facts, &facts);
            *record = employers::save(entry.conn(), record, facts, now).await?.expect("no code");
        } else {
            move_figures(&mut entry, &record.facts, &EmployerFacts::default());
            *record = employers::remove(entry.conn(), record, now).await?;
        }
    }
    commit(*entry).await?;
    Ok(records.into_iter().map(|record| record.facts).collect())
}

pub(super) async fn pages(
    ledger: &Ledger,
    asked: &Asked<'_>,
    size: usize,
) -> Result<Vec<Counted<EmployerRecord>>> {
    let state = ledger.db().begin_read().await?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = explain(&state, asked, after, size).await?;
        ensure!(page.counted.len() <= size);
        all.extend(page.counted);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    state.rollback().await?;
    let place = |counted: &Counted<EmployerRecord>| (counted.place.area.clone(), counted.place.id);
    ensure!(all.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])), "out of order");
    Ok(all)
}

pub(super) async fn figure(ledger: &Ledger, asked: &Asked<'_>) -> Result<i64> {
    let [Stretch { path, day, before }] = asked.stretches else { anyhow::bail!("one place") };
    let ask =
        |day| Question { metric: asked.metric.id(), line: asked.line, node: path.clone(), day };
    let questions: Vec<Question> = [Some(*day), *before].into_iter().flatten().map(ask).collect();
    let answers = values(ledger.db(), &questions).await?;
    Ok(answers[0] - answers.get(1).copied().unwrap_or(0))
}

fn recount(employers: &[EmployerFacts], asked: &Asked<'_>) -> i64 {
    let Stretch { path, day, before } = &asked.stretches[0];
    let within = |area: &&&str| area.starts_with(path.as_str());
    let of = |facts| -> i64 {
        let areas = COMMUNITIES.iter().filter(within);
        let share = |area| share(asked.metric, facts, by(), (Line::Area, area), (*day, *before));
        areas.map(|area| share(area)).sum()
    };
    employers.iter().map(of).sum()
}

on_both_engines!(explanations_sum_to_their_figure);

async fn explanations_sum_to_their_figure(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let mut random = StdRng::seed_from_u64(180);
    let employers = fill(&books, &mut random).await?;
    Sequencer::new(books.ledger.clone(), services::ancestors()).drain().await?;
    let revisions = Revisions::new(rules().clone());
    let mut moved_away = 0;
    for metric in Metric::ALL {
        for node in NODES.map(|node| Path::parse(node).expect("a path")) {
            for day in DAYS.step_by(300) {
                let before = metric.is_flow().then(|| civil(day - 200));
                let stretches = [Stretch { path: node.clone(), day: civil(day), before }];
                let line = Line::Area;
                let asked = Asked { metric, line, stretches: &stretches, rules: &revisions };
                let counted = pages(&books.ledger, &asked, 7).await?;
                let sum: i64 = counted.iter().map(|counted| counted.value).sum();
                ensure!(sum == figure(&books.ledger, &asked).await?, "{metric:?} {node} {day}");
                ensure!(sum == recount(&employers, &asked), "{metric:?} {node} {day}");
                let away =
                    |counted: &&Counted<EmployerRecord>| !counted.record.area.path().within(&node);
                moved_away += counted.iter().filter(away).count();
            }
        }
    }
    ensure!(moved_away > 0, "no employer counted where it no longer is");
    Ok(())
}
