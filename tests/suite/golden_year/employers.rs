//! The employers of the year, and those that joint unions take in.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::import_batch::State,
    google::r#type::Date,
    registry::v1::{CoverEmployerRequest, ListEmployersRequest},
};
use unionhall_tests::{
    client::Clients,
    imports::{Upload, commit, faults},
    lanes::each,
    samples,
};

use super::{
    JOINT, JOINT_BY_CASE, OLD_JOINT, OLD_OWN, OWN, UNCOVERED, areas::Areas, spread, unions::Unions,
};

/// Employers in the order of their numbers.
pub(super) struct Employers {
    /// Resource name and community.
    all: Vec<(String, String)>,
}

/// Employers of one fate, with their communities.
type Share = [(String, String)];

impl Employers {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Those with their own union before the year.
    pub(super) fn old_own(&self) -> &Share {
        &self.all[..OLD_OWN]
    }

    /// Those under joint unions before the year.
    pub(super) fn old_joint(&self) -> &Share {
        &self.all[OLD_OWN..][..OLD_JOINT]
    }

    /// Those that form their own union in the year.
    pub(super) fn own(&self) -> &Share {
        &self.all[OLD_OWN + OLD_JOINT..][..OWN]
    }

    /// Those that a joint union takes in by a case in the year.
    pub(super) fn joint_by_case(&self) -> &Share {
        &self.all[OLD_OWN + OLD_JOINT + OWN..][..JOINT_BY_CASE]
    }

    /// Those that joint unions take in beside.
    pub(super) fn joint(&self) -> &Share {
        &self.all[OLD_OWN + OLD_JOINT + OWN + JOINT_BY_CASE..][..JOINT - JOINT_BY_CASE]
    }

    /// Those without a union at the end of the year. The first of them is taken in the next day.
    pub(super) fn uncovered(&self) -> &Share {
        &self.all[OLD_OWN + OLD_JOINT + OWN + JOINT..]
    }
}

pub(super) async fn entered(clients: &Clients, areas: &Areas) -> Result<Employers> {
    let count = OLD_OWN + OLD_JOINT + OWN + JOINT + UNCOVERED;
    let mut lines = vec![samples::HEADER.to_owned()];
    let mut communities = HashMap::new();
    for (number, at) in (0_u32..).zip(0..count) {
        let community = &areas.communities[at % areas.communities.len()];
        let code = samples::credit_code(number);
        lines.push(format!(
            "北京试样{number}号贸易有限公司,{code},57,51,2011,{community},示范路{number}号,\
             {}-03-01,{},2013-12-01,{}",
            2005 + number % 7,
            20 + number % 60,
            samples::phone(number),
        ));
        communities.insert(code, (at, community.clone()));
    }
    let upload = Upload::employers("employers-2014.csv", lines.join("\n") + "\n");
    let checked = upload.check(clients).await?;
    ensure!(checked.fault_count == 0, "{:?}", &faults(clients, &checked.name).await?[..5]);
    let done = commit(clients, &checked.name).await?;
    let applied = usize::try_from(done.applied_row_count)?;
    ensure!(done.state() == State::Applied && applied == count, "{done:?}");

    let mut all = vec![(String::new(), String::new()); count];
    let mut page_token = String::new();
    loop {
        let request = ListEmployersRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = clients.employers.clone().list_employers(request).await?.into_inner();
        for employer in page.employers {
            let known = communities.remove(&employer.credit_code);
            let (at, community) = known.with_context(|| employer.credit_code.clone())?;
            all[at] = (employer.name, community);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    ensure!(communities.is_empty(), "{} are missing", communities.len());
    Ok(Employers { all })
}

/// Joint unions take employers in, each that of its community.
pub(super) async fn covered_in_the_year(
    clients: &Clients,
    employers: &Employers,
    unions: &Unions,
) -> Result<()> {
    let joint = employers.joint();
    let union = |community: &String| unions.joint[community].clone();
    let taken_in = joint.iter().enumerate();
    let taken_in = taken_in
        .map(|(at, (name, community))| (name.clone(), union(community), spread(at, joint.len())));
    // Of the next year: taken in the day after.
    let (name, community) = &employers.uncovered()[0];
    let late = (name.clone(), union(community), Some(samples::day(2015, 1, 1)));
    cover(clients, taken_in.chain([late]).collect()).await
}

/// Covers each employer by a union from a day on.
pub(super) async fn cover(
    clients: &Clients,
    work: Vec<(String, String, Option<Date>)>,
) -> Result<()> {
    let clients = clients.clone();
    each(work, move |(name, union, effective_date)| {
        let mut coverage = clients.coverage.clone();
        async move {
            let request = CoverEmployerRequest {
                name,
                union,
                effective_date,
                ..CoverEmployerRequest::default()
            };
            coverage.cover_employer(request).await?;
            Ok(())
        }
    })
    .await?;
    Ok(())
}
