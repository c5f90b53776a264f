//! The unions before the year, and the marks that all bear.

use std::collections::HashMap;

use anyhow::Result;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{Address, Approval, CreateUnionRequest, Mark, MarkUnionRequest, Union},
};
use unionhall_tests::{client::Clients, lanes::each, samples};

use super::{
    DEMONSTRATIONS, DISTRICT, INTEGRATED, OLD_INTEGRATED,
    areas::Areas,
    cases::Formed,
    day,
    employers::{Employers, cover},
    spread,
};

/// Names of the unions.
pub(super) struct Unions {
    pub(super) district: String,
    /// Its path on the line of affiliation is not needed: the name is a node of figures.
    pub(super) federations: HashMap<String, String>,
    /// The joint union of each community.
    pub(super) joint: HashMap<String, String>,
    /// Own unions of employers before the year.
    pub(super) old_own: Vec<String>,
}

pub(super) fn seat(area: &str) -> Option<Address> {
    Some(Address { area: format!("areas/{area}"), line: "示范路1号".to_owned() })
}

fn approval(number: usize) -> Option<Approval> {
    Some(Approval {
        body: "北京市西城区总工会".to_owned(),
        number: format!("西工发〔2013〕{number}号"),
    })
}

fn union(
    (kind, form, level): (&str, &str, &str),
    (name, superior, area): (String, &str, &str),
) -> Union {
    Union {
        display_name: name,
        union_type: kind.to_owned(),
        union_form: form.to_owned(),
        union_level: level.to_owned(),
        superior: superior.to_owned(),
        seat: seat(area),
        approval: approval(1),
        ..Union::default()
    }
}

async fn create(clients: &Clients, wanted: Vec<(Union, Option<Date>)>) -> Result<Vec<String>> {
    let requests = wanted
        .into_iter()
        .map(|(union, effective_date)| CreateUnionRequest {
            union: Some(union),
            effective_date,
            ..CreateUnionRequest::default()
        })
        .collect();
    let clients = clients.clone();
    each(requests, move |request| {
        let mut unions = clients.unions.clone();
        async move { Ok(unions.create_union(request).await?.into_inner().name) }
    })
    .await
}

pub(super) async fn before_the_year(
    clients: &Clients,
    areas: &Areas,
    employers: &Employers,
) -> Result<Unions> {
    let long_ago = Some(samples::day(2000, 1, 1));
    let somewhere = &areas.communities[0];
    let municipal = ("MUNICIPAL_FEDERATION", "GENERAL_FEDERATION", "MUNICIPAL");
    let municipal = Union {
        territory: "areas/11".to_owned(),
        ..union(municipal, ("北京市总工会".to_owned(), "", somewhere))
    };
    let municipal = create(clients, vec![(municipal, long_ago)]).await?.remove(0);
    let kind = ("DISTRICT_FEDERATION", "GENERAL_FEDERATION", "DISTRICT");
    let district = Union {
        territory: format!("areas/{DISTRICT}"),
        ..union(kind, ("北京市西城区总工会".to_owned(), &municipal, somewhere))
    };
    let district = create(clients, vec![(district, long_ago)]).await?.remove(0);

    let kind = ("SUBDISTRICT_FEDERATION", "GENERAL_FEDERATION", "SUBDISTRICT");
    let federation = |label: &String| {
        let community = areas.communities.iter().find(|at| at.starts_with(label.as_str()));
        let seat = community.map_or(label.as_str(), String::as_str);
        let federation = Union {
            territory: format!("areas/{label}"),
            ..union(kind, (format!("示例街道{label}总工会"), &district, seat))
        };
        (federation, long_ago)
    };
    let names = create(clients, areas.subdistricts.iter().map(federation).collect()).await?;
    let federations: HashMap<_, _> = areas.subdistricts.iter().cloned().zip(names).collect();

    let kind = ("COMMUNITY_JOINT", "JOINT_COMMITTEE", "COMMUNITY");
    let joint = |(at, label): (usize, &String)| {
        let since = samples::day(2012, 1 + i32::try_from(at % 12).unwrap_or(0), 15);
        let joint = Union {
            territory: format!("areas/{label}"),
            ..union(kind, (format!("示例社区{label}联合工会"), &federations[&label[..9]], label))
        };
        (joint, Some(since))
    };
    let names = create(clients, areas.communities.iter().enumerate().map(joint).collect()).await?;
    let joint = areas.communities.iter().cloned().zip(names).collect();
    let mut unions = Unions { district, federations, joint, old_own: Vec::new() };
    unions.old_own = old_own(clients, employers, &unions).await?;
    let old = employers.old_joint().iter();
    let in_2013 = old.map(|(name, at)| (name.clone(), at.clone(), Some(samples::day(2013, 6, 1))));
    cover(clients, &unions, in_2013.collect()).await?;
    Ok(unions)
}

/// Own unions that cover their employers since 2013.
async fn old_own(clients: &Clients, employers: &Employers, unions: &Unions) -> Result<Vec<String>> {
    let kind = ("SINGLE_EMPLOYER", "COMMITTEE", "BASIC");
    let since = Some(samples::day(2013, 3, 1));
    let own = |(at, (name, community)): (usize, &(String, String))| {
        let own = Union {
            employer: name.clone(),
            ..union(
                kind,
                (format!("示例第{at}工会"), &unions.federations[&community[..9]], community),
            )
        };
        (own, since)
    };
    let names = create(clients, employers.old_own().iter().enumerate().map(own).collect()).await?;
    let pairs = employers.old_own().iter().zip(&names);
    let requests = pairs
        .map(|((employer, _), union)| unionhall_proto::registry::v1::CoverEmployerRequest {
            name: employer.clone(),
            union: union.clone(),
            effective_date: since,
            ..Default::default()
        })
        .collect();
    let clients = clients.clone();
    each(requests, move |request| {
        let mut coverage = clients.coverage.clone();
        async move {
            coverage.cover_employer(request).await?;
            Ok(())
        }
    })
    .await?;
    Ok(names)
}

/// Union, station and home in one (会站家一体化), the demonstration units, and the first of its kind.
pub(super) async fn marked(clients: &Clients, unions: &Unions, formed: &Formed) -> Result<()> {
    let mut joint: Vec<(&String, &String)> = unions.joint.iter().collect();
    joint.sort();
    let mut all: Vec<String> = unions.old_own.clone();
    all.extend(joint.iter().map(|(_, name)| (*name).clone()));
    all.extend(unions.federations.values().cloned());
    let before = all.len();
    // Those of the year come last: nothing is marked before it exists.
    all.extend(formed.own.iter().cloned());
    all.extend(formed.workers.iter().take(2).cloned());
    anyhow::ensure!(all.len() == INTEGRATED, "{} unions", all.len());
    let since = |at: usize| match at {
        _ if at < OLD_INTEGRATED => Some(samples::day(2013, 10, 1)),
        _ if at < before => day(12, 1),
        _ => day(12, 31),
    };
    let integrated = all.into_iter().enumerate().map(|(at, name)| (name, since(at)));
    mark(clients, integrated.collect(), &["SERVICE_STATION", "WORKERS_HOME"]).await?;
    let shown = joint.iter().rev().take(DEMONSTRATIONS);
    let shown = shown.enumerate().map(|(at, (_, name))| ((*name).clone(), spread(at + 1, 9)));
    mark(clients, shown.collect(), &["DEMONSTRATION_UNIT"]).await?;
    let first = (formed.workers[0].clone(), day(2, 27));
    mark(clients, vec![first], &["MILESTONE"]).await
}

async fn mark(
    clients: &Clients,
    unions: Vec<(String, Option<Date>)>,
    marks: &'static [&'static str],
) -> Result<()> {
    let clients = clients.clone();
    each(unions, move |(name, effective_date)| {
        let mut unions = clients.unions.clone();
        async move {
            for mark in marks {
                let mark = Mark { mark: (*mark).to_owned(), ..Mark::default() };
                let request = MarkUnionRequest {
                    name: name.clone(),
                    mark: Some(mark),
                    effective_date,
                    ..MarkUnionRequest::default()
                };
                unions.mark_union(request).await?;
            }
            Ok(())
        }
    })
    .await?;
    Ok(())
}
