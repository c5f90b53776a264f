//! The members of the year: those from before, and the 9,684 whom the unions took in (F030), most of
//! them by the spreadsheets of their unions, the last by calls.
//!
//! The source prints how many came and the density at the end of the year, 96.65 % (F028), and neither
//! how many members nor how many employees there were: 20,200 of 20,900 are made up so that it holds.

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{BatchGetRateFiguresRequest, RateFigure, import_batch::State},
    google::r#type::Date,
    registry::v1::{CreateMemberRequest, IdentityDocument, Member, WayIn},
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    imports::{Upload, commit, faults},
    lanes::each,
    samples,
};

use super::{
    DISTRICT, JOINT, OLD_JOINT, OLD_OWN, OWN, day,
    employers::{Employer, Employers},
    figures::{explained, figures},
    spread,
    unions::{Unions, joint_of, newly_formed, own_of},
};

/// Printed: persons who became members in the year (F030).
const NEW: usize = 9_684;
/// Printed: 96.65 % (F028).
const PRINTED: i32 = 9_665;
const BEFORE: usize = 10_516;
const EMPLOYEES: usize = 20_900;
/// Members of a union that is formed in the year; it has one employee who is none.
const OF_NEW_UNION: usize = 50;
/// Admitted by unions from before the year, on its last day, one each.
const ON_THE_LAST_DAY: usize = 100;
const OLD: usize = OLD_OWN + OLD_JOINT;

/// Members at the beginning of the year of the employer `at` of those from before.
fn before(at: usize) -> usize {
    BEFORE / OLD + usize::from(at < BEFORE % OLD)
}

/// Whether one more comes to it on the last day.
fn takes_one(at: usize) -> bool {
    (OLD_OWN - ON_THE_LAST_DAY..OLD_OWN).contains(&at)
}

/// Members that come with the employer `at` of those whom joint unions take in.
fn with_joint(at: usize) -> usize {
    let all = NEW - OWN * OF_NEW_UNION - ON_THE_LAST_DAY;
    all / JOINT + usize::from(at < all % JOINT)
}

/// Employees of the employer `at` of all; none where the year does not ask for a number.
pub(super) fn employees(at: usize) -> Option<usize> {
    let spare = EMPLOYEES - BEFORE - NEW - OWN;
    if at < OLD {
        return Some(before(at) + usize::from(takes_one(at)) + usize::from(at < spare));
    }
    match at - OLD {
        at if at < OWN => Some(OF_NEW_UNION + 1),
        at if at < OWN + JOINT => Some(with_joint(at - OWN)),
        _ => None,
    }
}

/// Whom a union has of one employer, from a day on.
struct Group<'a> {
    union: String,
    employer: &'a Employer,
    count: usize,
    since: Option<Date>,
}

/// Enters the members of before the year and of the year.
pub(super) async fn entered(
    clients: &Clients,
    employers: &Employers,
    unions: &Unions,
) -> Result<()> {
    let mut persons = 0;
    let old = old(employers);
    import(clients, "members-2013.csv", &old, &mut persons).await?;
    ensure!(persons as usize == BEFORE, "{persons} before the year");
    let new = new(employers);
    import(clients, "members-2014.csv", &new, &mut persons).await?;
    let last = employers.old_own()[OLD_OWN - ON_THE_LAST_DAY..].iter();
    let union = |at: usize| unions.own[&own_of(at)].clone();
    let last = last
        .enumerate()
        .map(|(at, employer)| (union(OLD_OWN - ON_THE_LAST_DAY + at), employer.name.clone()));
    admit(clients, last.collect(), persons).await
}

fn old(employers: &Employers) -> Vec<Group<'_>> {
    let own = employers.old_own().iter().enumerate();
    let own = own.map(|(at, employer)| (at, own_of(at), employer));
    let joint = employers.old_joint().iter().enumerate();
    let joint = joint.map(|(at, one)| (OLD_OWN + at, joint_of(&one.community), one));
    let group = |(at, union, employer)| Group {
        union,
        employer,
        count: before(at),
        since: Some(samples::day(2013, 6, 1)),
    };
    own.chain(joint).map(group).collect()
}

fn new(employers: &Employers) -> Vec<Group<'_>> {
    let own = employers.own().iter().enumerate().map(|(at, employer)| Group {
        union: newly_formed(at),
        employer,
        count: OF_NEW_UNION,
        since: spread(at, OWN),
    });
    let (by_case, by_union) = (employers.joint_by_case(), employers.joint());
    let days = |all: &'_ [Employer]| {
        let count = all.len();
        (0..count).map(move |at| spread(at, count)).collect::<Vec<_>>()
    };
    let taken = by_case.iter().zip(days(by_case)).chain(by_union.iter().zip(days(by_union)));
    let joint = taken.enumerate().map(|(at, (employer, since))| Group {
        union: joint_of(&employer.community),
        employer,
        count: with_joint(at),
        since,
    });
    own.chain(joint).collect()
}

async fn import(
    clients: &Clients,
    file_name: &str,
    groups: &[Group<'_>],
    persons: &mut u32,
) -> Result<()> {
    let mut lines = vec!["姓名,证件号码,所在工会,工作单位,入会日期".to_owned()];
    for Group { union, employer, count, since } in groups {
        let Date { year, month, day } = since.context("a day")?;
        for _ in 0..*count {
            let (name, number) =
                (samples::person_name(*persons), samples::resident_number(*persons));
            let code = &employer.code;
            lines.push(format!("{name},{number},{union},{code},{year}-{month:02}-{day:02}"));
            *persons += 1;
        }
    }
    let upload = Upload {
        kind: "members".to_owned(),
        file_name: file_name.to_owned(),
        content: (lines.join("\n") + "\n").into_bytes(),
        request_id: String::new(),
    };
    let checked = upload.check(clients).await?;
    if checked.fault_count > 0 {
        let found = faults(clients, &checked.name).await?;
        anyhow::bail!("{:?}", &found[..found.len().min(5)]);
    }
    let done = commit(clients, &checked.name).await?;
    let applied = usize::try_from(done.applied_row_count)? + 1;
    ensure!(done.state() == State::Applied && applied == lines.len(), "{done:?}");
    Ok(())
}

/// Admits one person to each of these unions, call by call, on the last day of the year.
async fn admit(clients: &Clients, posts: Vec<(String, String)>, first: u32) -> Result<()> {
    let clients = clients.clone();
    let posts = (first..).zip(posts).collect();
    each(posts, move |(person, (union, employer))| {
        let members = clients.members.clone();
        let document = IdentityDocument {
            document_type: "111".to_owned(),
            number: samples::resident_number(person),
            ..IdentityDocument::default()
        };
        let request = CreateMemberRequest {
            member: Some(Member {
                display_name: samples::person_name(person),
                documents: vec![document],
                employer,
                ..Member::default()
            }),
            union,
            way_in: WayIn::Admitted.into(),
            effective_date: day(12, 31),
            request_id: request_id(),
            ..CreateMemberRequest::default()
        };
        repeated(request, move |request| {
            let mut members = members.clone();
            async move { members.create_member(request).await }
        })
    })
    .await?;
    Ok(())
}

/// The printed figures on their days, and others on others.
pub(super) async fn read_back(clients: &Clients, unions: &Unions) -> Result<()> {
    let nodes = vec![format!("areas/{DISTRICT}"), unions.district.clone()];
    let end_of_2013 = Some(samples::day(2013, 12, 31));
    let last = day(12, 31);
    for (metric, from, on, value) in [
        ("new_members", day(1, 1), last, NEW),
        ("joined_members", day(1, 1), last, NEW),
        ("left_members", day(1, 1), last, 0),
        ("new_members", Some(samples::day(2013, 1, 1)), end_of_2013, BEFORE),
        ("members", None, end_of_2013, BEFORE),
        ("members", None, last, BEFORE + NEW),
        ("members_in_covered_employers", None, last, BEFORE + NEW),
        ("covered_employees", None, last, EMPLOYEES),
    ] {
        let found = figures(clients, metric, nodes.clone(), (from, on)).await?;
        let value = i64::try_from(value)?;
        ensure!(found == [value, value], "{metric} {from:?} {on:?}: {found:?}, not {value}");
    }
    let short = figures(clients, "new_members", nodes.clone(), (day(1, 1), day(12, 30))).await?;
    let late = i64::try_from(NEW - ON_THE_LAST_DAY - OF_NEW_UNION)?;
    ensure!(short.iter().all(|value| *value < late), "a day too early: {short:?}");
    for node in &nodes {
        explained(clients, "new_members", node, (day(1, 1), last)).await?;
    }

    let printed = |rate: &RateFigure| rate.basis_points == PRINTED;
    let end = density(clients, &nodes, last).await?;
    ensure!(end.len() == 2 && end.iter().all(printed), "{end:?}");
    for on in [end_of_2013, day(12, 30), Some(samples::day(2015, 1, 1))] {
        let other = density(clients, &nodes, on).await?;
        ensure!(!other.iter().any(printed), "{other:?}");
    }
    Ok(())
}

async fn density(
    clients: &Clients,
    nodes: &[String],
    day: Option<Date>,
) -> Result<Vec<RateFigure>> {
    let rates = vec!["rates/trade_union_density".to_owned()];
    let request = BatchGetRateFiguresRequest { rates, nodes: nodes.to_vec(), day };
    let answer = clients.metrics.clone().batch_get_rate_figures(request).await?;
    Ok(answer.into_inner().rate_figures)
}
