//! Counts the figures again from the employers themselves, and compares.
//!
//! Nothing of the register's own counting is used: an employer counts at its actual address while
//! it is active, as `EmployerService` shows it on the day, and a union at its seat.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use unionhall_proto::common::v1::BatchGetFiguresRequest;
use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    BatchGetEmployersRequest, BatchGetUnionsRequest, Employer, GetEmployerRequest,
    ListEmployerFactsRequest, ListEmployersRequest, ListUnionsRequest, Union, employer::State,
    union,
};
use unionhall_tests::{client::Clients, samples};

const PAGE: i32 = 1_000;
/// The most that one call gives.
const BATCH: usize = 500;
/// Lengths of area labels: municipality, city, district, sub-district, community.
const LEVELS: [usize; 5] = [2, 4, 6, 9, 12];
const LEVELS_OF_FIGURES: [&str; 5] =
    ["employers", "employees", "valid_records", "covered_employers", "unions"];
const NEW: &str = "new_employers";
/// Before every fact of a sample, amid them, and long after the last headcount.
const DAYS: [Date; 5] = [
    Date { year: 2012, month: 12, day: 31 },
    Date { year: 2015, month: 6, day: 15 },
    Date { year: 2021, month: 6, day: 30 },
    Date { year: 2022, month: 6, day: 1 },
    Date { year: 2026, month: 1, day: 1 },
];

type Counts = BTreeMap<(String, String), i64>;

/// Compares every figure on several days with a recount, and tells how many employers there are.
pub(crate) async fn agree(clients: &Clients) -> Result<usize> {
    let names = names(clients).await?;
    let unions = unions(clients).await?;
    for day in DAYS {
        let mut counts = Counts::new();
        for employer in on_day(clients, &names, day).await? {
            count(&employer, &mut counts);
        }
        for union in unions_on_day(clients, &unions, day).await? {
            count_union(&union, &mut counts);
        }
        compare(clients, &LEVELS_OF_FIGURES, day, &counts).await?;
    }
    Ok(names.len())
}

/// The same for the flow of new employers, which takes every dated fact of every employer.
pub(crate) async fn new_employers_agree(clients: &Clients) -> Result<()> {
    let mut firsts = JoinSet::new();
    for names in names(clients).await?.chunks(50) {
        let (clients, names) = (clients.clone(), names.to_vec());
        firsts.spawn(async move {
            let mut found = Vec::new();
            for name in names {
                found.extend(first_counted(&clients, &name).await?);
            }
            anyhow::Ok(found)
        });
    }
    let mut entered = Vec::new();
    while let Some(found) = firsts.join_next().await {
        entered.extend(found??);
    }
    for day in DAYS {
        let mut counts = Counts::new();
        let in_year = |first: &Date| first.year == day.year && key(*first) <= key(day);
        for (_, area) in entered.iter().filter(|(first, _)| in_year(first)) {
            add(&mut counts, NEW, area, 1);
        }
        // Without a first day a flow counts from the first of January.
        compare(clients, &[NEW], day, &counts).await?;
    }
    Ok(())
}

async fn names(clients: &Clients) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut request = ListEmployersRequest { page_size: PAGE, ..ListEmployersRequest::default() };
    loop {
        let page = clients.employers.clone().list_employers(request.clone()).await?.into_inner();
        names.extend(page.employers.into_iter().map(|employer| employer.name));
        if page.next_page_token.is_empty() {
            return Ok(names);
        }
        request.page_token = page.next_page_token;
    }
}

async fn unions(clients: &Clients) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut request = ListUnionsRequest { page_size: PAGE, ..ListUnionsRequest::default() };
    loop {
        let page = clients.unions.clone().list_unions(request.clone()).await?.into_inner();
        names.extend(page.unions.into_iter().map(|union| union.name));
        if page.next_page_token.is_empty() {
            return Ok(names);
        }
        request.page_token = page.next_page_token;
    }
}

async fn unions_on_day(clients: &Clients, names: &[String], day: Date) -> Result<Vec<Union>> {
    let mut found = Vec::new();
    for names in names.chunks(BATCH) {
        let request = BatchGetUnionsRequest { names: names.to_vec(), day: Some(day) };
        let answer = clients.unions.clone().batch_get_unions(request).await?;
        found.extend(answer.into_inner().unions);
    }
    ensure!(found.len() == names.len(), "{} of {} unions", found.len(), names.len());
    Ok(found)
}

async fn on_day(clients: &Clients, names: &[String], day: Date) -> Result<Vec<Employer>> {
    let mut found = Vec::new();
    for names in names.chunks(BATCH) {
        let request = BatchGetEmployersRequest { names: names.to_vec(), day: Some(day) };
        let answer = clients.employers.clone().batch_get_employers(request).await?;
        found.extend(answer.into_inner().employers);
    }
    ensure!(found.len() == names.len(), "{} of {} employers", found.len(), names.len());
    Ok(found)
}

fn count(employer: &Employer, counts: &mut Counts) {
    let Some(area) = counted_at(employer) else { return };
    add(counts, "employers", area, 1);
    let workforce = employer.workforce.as_ref();
    let employees = workforce.map_or(0, |workforce| i64::from(workforce.employee_count));
    add(counts, "employees", area, employees);
    let valid = employer.validity.as_ref().is_some_and(|validity| validity.valid);
    add(counts, "valid_records", area, i64::from(valid));
    add(counts, "covered_employers", area, i64::from(employer.coverage.is_some()));
}

fn count_union(union: &Union, counts: &mut Counts) {
    let seat = union.seat.as_ref().filter(|_| union.state() == union::State::Active);
    if let Some(seat) = seat {
        add(counts, "unions", seat.area.trim_start_matches("areas/"), 1);
    }
}

/// The area at which the employer counts, without `areas/`.
fn counted_at(employer: &Employer) -> Option<&str> {
    let address = employer.actual_address.as_ref()?;
    (employer.state() == State::Active).then(|| address.area.trim_start_matches("areas/"))
}

fn add(counts: &mut Counts, metric: &str, area: &str, value: i64) {
    for node in LEVELS.iter().filter_map(|length| area.get(..*length)) {
        *counts.entry((metric.to_owned(), format!("areas/{node}"))).or_default() += value;
    }
}

/// The first day on which the employer counts, and where.
async fn first_counted(clients: &Clients, name: &str) -> Result<Option<(Date, String)>> {
    let mut request = ListEmployerFactsRequest {
        parent: name.to_owned(),
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut days = BTreeMap::new();
    loop {
        let page = clients.employers.clone().list_employer_facts(request.clone()).await?;
        let page = page.into_inner();
        for fact in page.employer_facts {
            let decides = matches!(fact.field.as_str(), "state" | "actual_address");
            if let (true, None, Some(from)) = (decides, fact.supersede_time, fact.valid_from) {
                days.insert(key(from), from);
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    for day in days.into_values() {
        let request = GetEmployerRequest { name: name.to_owned(), day: Some(day) };
        let employer = clients.employers.clone().get_employer(request).await?.into_inner();
        if let Some(area) = counted_at(&employer) {
            return Ok(Some((day, area.to_owned())));
        }
    }
    Ok(None)
}

async fn compare(clients: &Clients, metrics: &[&str], day: Date, counts: &Counts) -> Result<()> {
    let nodes = nodes();
    let request = BatchGetFiguresRequest {
        metrics: metrics.iter().map(|metric| format!("metrics/{metric}")).collect(),
        nodes: nodes.clone(),
        day: Some(day),
        from_day: None,
    };
    let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
    let mut kept = answer.figures.into_iter();
    for node in &nodes {
        for metric in metrics {
            let figure = kept.next().context("a figure is missing")?;
            let counted = counts.get(&((*metric).to_owned(), node.clone())).copied().unwrap_or(0);
            let value = figure.value;
            ensure!(
                figure.node == *node && value == counted,
                "{metric} of {node} on {day:?} is kept as {value}, counted as {counted}"
            );
        }
    }
    ensure!(kept.next().is_none(), "more figures than asked for");
    Ok(())
}

/// Every node at which a sample can count.
fn nodes() -> Vec<String> {
    let labels = samples::COMMUNITIES.iter();
    let nodes = labels.flat_map(|label| LEVELS.iter().filter_map(|length| label.get(..*length)));
    let nodes: std::collections::BTreeSet<_> = nodes.collect();
    nodes.into_iter().map(|node| format!("areas/{node}")).collect()
}

fn key(day: Date) -> (i32, i32, i32) {
    (day.year, day.month, day.day)
}
