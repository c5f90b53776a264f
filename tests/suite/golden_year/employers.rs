//! The employers of the year, and those that joint unions take in.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::import_batch::State,
    google::r#type::Date,
    registry::v1::{CoverEmployerRequest, ListEmployersRequest},
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    imports::{Upload, commit, faults},
    lanes::each,
    samples,
};

use super::{
    JOINT, JOINT_BY_CASE, OLD_JOINT, OLD_OWN, OWN, UNCOVERED,
    areas::Areas,
    members::employees,
    spread,
    unions::{Unions, joint_of},
};

/// An employer of the year.
#[derive(Debug, Clone, Default)]
pub(super) struct Employer {
    /// Resource name.
    pub(super) name: String,
    pub(super) code: String,
    pub(super) community: String,
}

/// Employers in the order of their numbers.
pub(super) struct Employers {
    all: Vec<Employer>,
}

/// Employers of one fate.
type Share = [Employer];

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
            employees(at).unwrap_or(20 + at % 60),
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

    let mut all = vec![Employer::default(); count];
    let mut page_token = String::new();
    loop {
        let request = ListEmployersRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = clients.employers.clone().list_employers(request).await?.into_inner();
        for employer in page.employers {
            let known = communities.remove(&employer.credit_code);
            let (at, community) = known.with_context(|| employer.credit_code.clone())?;
            all[at] = Employer { name: employer.name, code: employer.credit_code, community };
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    ensure!(communities.is_empty(), "{} are missing", communities.len());
    Ok(Employers { all })
}

/// Joint unions take employers in, each that of its community: one half call by call, the other as the
/// spreadsheet of a sub-district.
pub(super) async fn covered_in_the_year(
    clients: &Clients,
    employers: &Employers,
    unions: &Unions,
) -> Result<()> {
    let joint = employers.joint();
    let taken_in = joint.iter().enumerate();
    let taken_in = taken_in.map(|(at, one)| (one, spread(at, joint.len())));
    let (by_call, by_sheet): (Vec<_>, Vec<_>) =
        taken_in.enumerate().partition(|(at, _)| at.is_multiple_of(2));
    let rows = by_sheet.into_iter().map(|(_, (one, since))| Row {
        employer: one,
        union: joint_of(&one.community),
        since,
    });
    import(clients, "coverage-2014.csv", rows.collect()).await?;
    let union = |community: &String| unions.joint[community].clone();
    let calls = by_call
        .into_iter()
        .map(|(_, (one, since))| (one.name.clone(), union(&one.community), since));
    // Of the next year: taken in the day after.
    let late = &employers.uncovered()[0];
    let late = (late.name.clone(), union(&late.community), Some(samples::day(2015, 1, 1)));
    cover(clients, calls.chain([late]).collect()).await
}

/// A row of the spreadsheet of coverage.
pub(super) struct Row<'a> {
    pub(super) employer: &'a Employer,
    /// The full name of the union.
    pub(super) union: String,
    pub(super) since: Option<Date>,
}

/// Covers each employer by a union from a day on, as the rows of a spreadsheet.
pub(super) async fn import(clients: &Clients, file_name: &str, rows: Vec<Row<'_>>) -> Result<()> {
    let mut lines = vec!["单位代码,覆盖工会,覆盖起始日期".to_owned()];
    for Row { employer, union, since } in &rows {
        let Date { year, month, day } = since.context("a day")?;
        lines.push(format!("{},{union},{year}-{month:02}-{day:02}", employer.code));
    }
    let upload = Upload {
        kind: "coverage".to_owned(),
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
    let applied = usize::try_from(done.applied_row_count)?;
    ensure!(done.state() == State::Applied && applied == rows.len(), "{done:?}");
    Ok(())
}

/// Covers each employer by a union from a day on, call by call.
async fn cover(clients: &Clients, work: Vec<(String, String, Option<Date>)>) -> Result<()> {
    let clients = clients.clone();
    each(work, move |(name, union, effective_date)| {
        let coverage = clients.coverage.clone();
        let request = CoverEmployerRequest {
            name,
            union,
            effective_date,
            request_id: request_id(),
            ..CoverEmployerRequest::default()
        };
        repeated(request, move |request| {
            let mut coverage = coverage.clone();
            async move { coverage.cover_employer(request).await }
        })
    })
    .await?;
    Ok(())
}
