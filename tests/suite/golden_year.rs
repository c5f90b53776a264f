//! The golden thread: the year 2014 of the source at full size, from an empty register, by calls and
//! spreadsheets alone, and the printed figures read back on their days.
//!
//! What the source does not print is made up so that the printed figures need it: 1,623 integrated
//! unions (F081) are more than the 338 that are named, so 1,300 employers have their own union
//! since 2013, and 242 more were covered by joint unions before the year.

mod areas;
mod cases;
mod congress;
mod employers;
mod figures;
mod members;
mod rate;
mod unions;

use anyhow::Result;
use unionhall_proto::google::r#type::Date;
use unionhall_tests::{
    engine::Engine,
    policy::{Policy, UNBOUNDED},
    samples,
    suite::{Layout, Plan},
};

/// Communities, each with its joint union (F051).
const COMMUNITIES: usize = 255;
/// Communities of the first sub-district (F038).
const COMMUNITIES_OF_THE_FIRST: usize = 23;
/// Sub-districts, each with its union of community workers (F049).
const SUBDISTRICTS: usize = 15;
/// Own unions that the employers formed in the year (F031).
const OWN: usize = 51;
/// Employers that joint unions took in during the year (F032).
const JOINT: usize = 2_207;
/// Both together (F029, F033).
const NEW: usize = 2_258;
/// Unions that are union, station and home in one at the end of the year (F081).
const INTEGRATED: usize = 1_623;
/// Demonstration units (F054).
const DEMONSTRATIONS: usize = 5;

/// Employers with their own union before the year.
const OLD_OWN: usize = 1_300;
/// Employers under joint unions before the year.
const OLD_JOINT: usize = 242;
/// Employers that no union covers at the end of the year.
const UNCOVERED: usize = 40;
/// Of those that joint unions take in, so many come by a formation case.
const JOINT_BY_CASE: usize = 50;
/// Unions that were integrated before the year.
const OLD_INTEGRATED: usize = 1_000;

/// The district (F001).
const DISTRICT: &str = "110102";
/// The sub-district of the first union of community workers (F035).
const FIRST: &str = "110102010";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() -> Result<()> {
    Box::pin(the_year_2014_is_told_as_it_was(Engine::Sqlite, Layout::All)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() -> Result<()> {
    Box::pin(the_year_2014_is_told_as_it_was(Engine::Postgres, Layout::Split)).await
}

async fn the_year_2014_is_told_as_it_was(engine: Engine, layout: Layout) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let suite = Plan::new(engine, layout).policy(policy).start().await?;
    let clients = suite.connect().await?;
    let areas = areas::of_the_year(&clients).await?;
    let employers = employers::entered(&clients, &areas).await?;
    rate::listed(&clients, &areas, &employers).await?;
    let unions = unions::before_the_year(&clients, &areas, &employers).await?;
    let formed = cases::of_the_year(&clients, &areas, &employers, &unions).await?;
    employers::covered_in_the_year(&clients, &employers, &unions).await?;
    unions::marked(&clients, &areas, &formed).await?;
    congress::elects_its_chair(&clients, &areas, &formed).await?;
    members::entered(&clients, &employers, &unions).await?;
    figures::read_back(&clients, &areas, &employers, &unions, &formed).await?;
    members::read_back(&clients, &unions).await?;
    rate::read_back(&clients, &unions).await
}

/// A day of the year.
fn day(month: i32, day: i32) -> Option<Date> {
    Some(samples::day(2014, month, day))
}

/// The day number `at` of `count` that are spread over the year, its first and last day among them.
fn spread(at: usize, count: usize) -> Option<Date> {
    let days = at * 364 / count.saturating_sub(1).max(1);
    let mut left = i32::try_from(days).unwrap_or(0);
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, length) in (1..).zip(lengths) {
        if left < length {
            return day(month, left + 1);
        }
        left -= length;
    }
    day(12, 31)
}
