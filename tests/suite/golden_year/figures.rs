//! The printed figures, read back on their days and not on others, on both lines.

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{BatchGetFiguresRequest, ExplainRequest},
    google::r#type::Date,
    registry::v1::{
        GetEmployerRequest, GetUnionRequest, ListUncoveredEmployersRequest, UncoveredEmployer,
        coverage::Kind,
    },
};
use unionhall_tests::{client::Clients, samples};

use super::{
    COMMUNITIES, DEMONSTRATIONS, DISTRICT, INTEGRATED, JOINT, NEW, OLD_INTEGRATED, OLD_JOINT,
    OLD_OWN, OWN, SUBDISTRICTS, UNCOVERED,
    areas::Areas,
    cases::Formed,
    day,
    employers::{Employer, Employers},
    unions::Unions,
};

/// A figure on a day: the value of its area and of its union.
type Expected = (&'static str, Option<Date>, Option<Date>, usize);

pub(super) async fn read_back(
    clients: &Clients,
    areas: &Areas,
    employers: &Employers,
    unions: &Unions,
    formed: &Formed,
) -> Result<()> {
    let district = format!("areas/{DISTRICT}");
    for expected in expected() {
        let (metric, from_day, on, value) = expected;
        let nodes = vec![district.clone(), unions.district.clone()];
        let found = figures(clients, metric, nodes, (from_day, on)).await?;
        let value = i64::try_from(value)?;
        ensure!(found == [value, value], "{metric} {from_day:?} {on:?}: {found:?}, not {value}");
    }
    sub_districts_sum_to_the_district(clients, areas).await?;
    for metric in ["new_union_organisations", "newly_covered_by_own_union"] {
        for node in [&district, &unions.district] {
            explained(clients, metric, node, (day(1, 1), day(12, 31))).await?;
        }
    }
    for metric in ["integrated_unions", "workers_union_subdistricts", "covered_employers"] {
        for node in [&district, &unions.district] {
            explained(clients, metric, node, (None, day(12, 31))).await?;
        }
    }
    milestone(clients, formed).await?;
    answers_of_a_day(clients, employers, unions).await?;
    pipeline(clients, employers).await
}

fn expected() -> Vec<Expected> {
    let end_of_2013 = Some(samples::day(2013, 12, 31));
    let new_year = Some(samples::day(2015, 1, 1));
    let year = (day(1, 1), day(12, 31));
    vec![
        // F029, F031, F032 and their sum F033.
        ("new_union_organisations", year.0, year.1, NEW),
        ("newly_covered_by_own_union", year.0, year.1, OWN),
        ("newly_covered_by_joint_union", year.0, year.1, JOINT),
        (
            "new_union_organisations",
            Some(samples::day(2013, 1, 1)),
            end_of_2013,
            OLD_OWN + OLD_JOINT,
        ),
        // One own union and those that come by spreadsheet and by case on the last day.
        ("newly_covered_by_own_union", year.0, day(12, 30), OWN - 1),
        ("newly_covered_by_own_union", year.1, year.1, 1),
        ("newly_covered_by_own_union", day(1, 1), day(1, 1), 1),
        ("newly_covered_by_own_union", new_year, new_year, 0),
        ("new_union_organisations", new_year, new_year, 1),
        ("covered_employers", None, end_of_2013, OLD_OWN + OLD_JOINT),
        ("covered_employers", None, day(12, 31), OLD_OWN + OLD_JOINT + NEW),
        ("covered_employers", None, new_year, OLD_OWN + OLD_JOINT + NEW + 1),
        ("covered_by_own_union", None, day(12, 31), OLD_OWN + OWN),
        ("covered_by_joint_union", None, day(12, 31), OLD_JOINT + JOINT),
        ("unions_single_employer", None, end_of_2013, OLD_OWN),
        ("unions_single_employer", None, day(12, 31), OLD_OWN + OWN),
        // F051: they were all there when the year began.
        ("joint_union_communities", None, end_of_2013, COMMUNITIES),
        ("joint_union_communities", None, day(12, 31), COMMUNITIES),
        ("joint_union_communities", None, Some(samples::day(2011, 12, 31)), 0),
        ("unions_subdistrict_federation", None, day(12, 31), SUBDISTRICTS),
        // F034, F036, F049.
        ("workers_union_subdistricts", None, end_of_2013, 0),
        ("workers_union_subdistricts", None, day(2, 26), 0),
        ("workers_union_subdistricts", None, day(2, 27), 1),
        ("workers_union_subdistricts", None, day(12, 30), SUBDISTRICTS - 1),
        ("workers_union_subdistricts", None, day(12, 31), SUBDISTRICTS),
        ("unions_community_workers", None, day(12, 31), SUBDISTRICTS),
        // F081.
        ("integrated_unions", None, end_of_2013, OLD_INTEGRATED),
        ("integrated_unions", None, day(12, 30), INTEGRATED - OWN - 2),
        ("integrated_unions", None, day(12, 31), INTEGRATED),
        // F054.
        ("demonstration_units", None, end_of_2013, 0),
        ("demonstration_units", None, day(12, 31), DEMONSTRATIONS),
    ]
}

pub(super) async fn figures(
    clients: &Clients,
    metric: &str,
    nodes: Vec<String>,
    (from_day, day): (Option<Date>, Option<Date>),
) -> Result<Vec<i64>> {
    let request =
        BatchGetFiguresRequest { metrics: vec![format!("metrics/{metric}")], nodes, day, from_day };
    let answer = clients.metrics.clone().batch_get_figures(request).await;
    let answer = answer.with_context(|| metric.to_owned())?.into_inner();
    Ok(answer.figures.into_iter().map(|figure| figure.value).collect())
}

async fn sub_districts_sum_to_the_district(clients: &Clients, areas: &Areas) -> Result<()> {
    let nodes: Vec<String> = areas.subdistricts.iter().map(|at| format!("areas/{at}")).collect();
    let year = (day(1, 1), day(12, 31));
    let new = figures(clients, "new_union_organisations", nodes.clone(), year).await?;
    ensure!(new.iter().sum::<i64>() == i64::try_from(NEW)?, "{new:?}");
    let own = (None, day(12, 31));
    let workers = figures(clients, "workers_union_subdistricts", nodes, own).await?;
    ensure!(workers.iter().all(|value| *value == 1), "one each: {workers:?}");
    Ok(())
}

/// The records behind a figure sum to it.
pub(super) async fn explained(
    clients: &Clients,
    metric: &str,
    node: &str,
    (from_day, day): (Option<Date>, Option<Date>),
) -> Result<()> {
    let value = figures(clients, metric, vec![node.to_owned()], (from_day, day)).await?[0];
    let mut sum = 0;
    let mut page_token = String::new();
    loop {
        let request = ExplainRequest {
            metric: format!("metrics/{metric}"),
            node: node.to_owned(),
            day,
            from_day,
            page_size: 1_000,
            page_token,
        };
        let page = clients.metrics.clone().explain(request).await?.into_inner();
        sum += page.contributions.iter().map(|found| found.value).sum::<i64>();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    ensure!(sum == value, "{metric} at {node}: {value}, explained by {sum}");
    Ok(())
}

/// The first of its kind bears the milestone (F043) from its first day on.
async fn milestone(clients: &Clients, formed: &Formed) -> Result<()> {
    for (on, wanted) in [(day(2, 26), 0), (day(2, 27), 1)] {
        let request = GetUnionRequest { name: formed.workers[0].clone(), day: on };
        let union = clients.unions.clone().get_union(request).await?.into_inner();
        let borne = union.marks.iter().filter(|mark| mark.mark == "MILESTONE").count();
        ensure!(borne == wanted, "{on:?}: {union:?}");
        if wanted == 1 {
            let term = union.term.context("its term")?;
            ensure!(term.number == 1 && term.begins_on == on, "F041: {term:?}");
        }
    }
    Ok(())
}

/// Which employer is covered by which union, on any day.
async fn answers_of_a_day(clients: &Clients, employers: &Employers, unions: &Unions) -> Result<()> {
    let Employer { name, community, .. } = &employers.joint()[0];
    for (on, covered) in [(Some(samples::day(2013, 12, 31)), false), (day(1, 1), true)] {
        let request = GetEmployerRequest { name: name.clone(), day: on };
        let employer = clients.employers.clone().get_employer(request).await?.into_inner();
        let by = employer.coverage.as_ref();
        let right = by.is_some_and(|coverage| {
            coverage.union == unions.joint[community] && coverage.kind() == Kind::Community
        });
        ensure!(by.is_some() == covered && right == covered, "{on:?}: {by:?}");
    }
    Ok(())
}

/// Who was without a union on a day: all that came under one in the year, on the day before it.
async fn pipeline(clients: &Clients, employers: &Employers) -> Result<()> {
    let before = uncovered(clients, Some(samples::day(2013, 12, 31))).await?;
    ensure!(before.len() == NEW + UNCOVERED, "{} before the year", before.len());
    let left = uncovered(clients, day(12, 31)).await?;
    let mut names: Vec<&str> = left.iter().map(|row| row.employer.as_str()).collect();
    let mut wanted: Vec<&str> =
        employers.uncovered().iter().map(|employer| employer.name.as_str()).collect();
    names.sort_unstable();
    wanted.sort_unstable();
    ensure!(names == wanted, "{} at the end of the year", names.len());
    let told = left.iter().all(|row| row.uncovered_days > 365 && row.employee_count >= 20);
    ensure!(told, "{left:?}");
    Ok(())
}

async fn uncovered(clients: &Clients, day: Option<Date>) -> Result<Vec<UncoveredEmployer>> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListUncoveredEmployersRequest {
            parent: format!("areas/{DISTRICT}"),
            day,
            page_size: 1_000,
            page_token,
            ..ListUncoveredEmployersRequest::default()
        };
        let page = clients.formation.clone().list_uncovered_employers(request).await?.into_inner();
        found.extend(page.uncovered_employers);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}
