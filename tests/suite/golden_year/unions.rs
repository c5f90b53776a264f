//! The unions before the year, as one spreadsheet, and the marks of those that are formed in it.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::import_batch::State,
    google::r#type::Date,
    registry::v1::{Address, ListUnionsRequest, Mark, MarkUnionRequest},
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    imports::{Upload, commit, faults},
    lanes::each,
    samples,
};

use super::{
    DEMONSTRATIONS, DISTRICT, INTEGRATED, OLD_INTEGRATED, OLD_OWN, OWN,
    areas::Areas,
    cases::Formed,
    day,
    employers::{Employers, Row as Covered, import},
};

/// The head of the spreadsheet.
const HEADER: &str = "工会名称,组织类型,组织形式,组织层级,所属单位代码,上级工会,所辖区域,\
    住所所在社区,住所地址,批准机关,批复文号,建会日期,服务站设立日期,职工之家设立日期,示范单位命名日期";
/// The two demonstration units that the source names (F055, F056); the others are made up.
const NAMED: [&str; 2] = ["110102009011", "110102010022"];

/// Names of the unions.
pub(super) struct Unions {
    pub(super) district: String,
    /// The federation of each sub-district.
    pub(super) federations: HashMap<String, String>,
    /// The joint union of each community.
    pub(super) joint: HashMap<String, String>,
    /// The own unions, by their full names.
    pub(super) own: HashMap<String, String>,
}

pub(super) fn seat(area: &str) -> Option<Address> {
    Some(Address { area: format!("areas/{area}"), line: "示范路1号".to_owned() })
}

/// A row of the spreadsheet.
#[derive(Default)]
struct Row<'a> {
    name: &'a str,
    kind: [&'a str; 3],
    employer: &'a str,
    superior: &'a str,
    territory: &'a str,
    seat: &'a str,
    established: &'a str,
    station: &'a str,
    home: &'a str,
    demonstration: &'a str,
}

impl Row<'_> {
    fn text(&self) -> String {
        let [kind, form, level] = self.kind;
        let Row { name, employer, superior, territory, seat, established, .. } = self;
        let (station, home, demonstration) = (self.station, self.home, self.demonstration);
        format!(
            "{name},{kind},{form},{level},{employer},{superior},{territory},{seat},示范路1号,\
             北京市西城区总工会,西工发〔2013〕1号,{established},{station},{home},{demonstration}"
        )
    }
}

fn federation_of(label: &str) -> String {
    format!("示例街道{label}总工会")
}

pub(super) fn joint_of(label: &str) -> String {
    format!("示例社区{label}联合工会")
}

pub(super) fn own_of(at: usize) -> String {
    format!("示例第{at}工会")
}

/// The own union that is the number `at` of the year.
pub(super) fn newly_formed(at: usize) -> String {
    format!("示例新建第{at}工会")
}

pub(super) async fn before_the_year(
    clients: &Clients,
    areas: &Areas,
    employers: &Employers,
) -> Result<Unions> {
    let rows = rows(areas);
    let upload = Upload {
        kind: "unions".to_owned(),
        file_name: "unions-2013.csv".to_owned(),
        content: (rows.join("\n") + "\n").into_bytes(),
        request_id: String::new(),
    };
    let checked = upload.check(clients).await?;
    if checked.fault_count > 0 {
        let found = faults(clients, &checked.name).await?;
        anyhow::bail!("{:?}", &found[..found.len().min(5)]);
    }
    let done = commit(clients, &checked.name).await?;
    let applied = usize::try_from(done.applied_row_count)? + 1;
    ensure!(done.state() == State::Applied && applied == rows.len(), "{done:?}");

    let mut names = names(clients).await?;
    let mut of = |union: String| names.remove(&union).with_context(|| union);
    let mut unions = Unions {
        district: of("北京市西城区总工会".to_owned())?,
        federations: HashMap::new(),
        joint: HashMap::new(),
        own: HashMap::new(),
    };
    for label in &areas.subdistricts {
        unions.federations.insert(label.clone(), of(federation_of(label))?);
    }
    for label in &areas.communities {
        unions.joint.insert(label.clone(), of(joint_of(label))?);
    }
    unions.own = names;

    let own = employers.old_own().iter().enumerate();
    let own = own.map(|(at, employer)| (employer, own_of(at), samples::day(2013, 3, 1)));
    let joint = employers.old_joint().iter();
    let joint = joint.map(|one| (one, joint_of(&one.community), samples::day(2013, 6, 1)));
    let row = |(employer, union, since)| Covered { employer, union, since: Some(since) };
    import(clients, "coverage-2013.csv", own.chain(joint).map(row).collect()).await?;
    Ok(unions)
}

fn rows(areas: &Areas) -> Vec<String> {
    let mut rows = vec![HEADER.to_owned()];
    let (somewhere, long_ago) = (areas.communities[0].as_str(), "2000-01-01");
    let district = Row {
        name: "北京市西城区总工会",
        kind: ["DISTRICT_FEDERATION", "GENERAL_FEDERATION", "DISTRICT"],
        superior: "北京市总工会",
        territory: DISTRICT,
        seat: somewhere,
        established: long_ago,
        ..Row::default()
    };
    let municipal = Row {
        name: "北京市总工会",
        kind: ["MUNICIPAL_FEDERATION", "GENERAL_FEDERATION", "MUNICIPAL"],
        superior: "",
        territory: "11",
        ..district
    };
    rows.extend([municipal.text(), district.text()]);
    // The last facet makes a union integrated (F080).
    let integrated = Row { station: "2013-10-01", home: "2014-12-01", ..Row::default() };
    for label in &areas.subdistricts {
        let seat = areas.communities.iter().find(|at| at.starts_with(label.as_str()));
        let federation = Row {
            name: &federation_of(label),
            kind: ["SUBDISTRICT_FEDERATION", "GENERAL_FEDERATION", "SUBDISTRICT"],
            superior: "北京市西城区总工会",
            territory: label,
            seat: seat.map_or(label, |seat| seat),
            established: long_ago,
            ..integrated
        };
        rows.push(federation.text());
    }
    let others = areas.communities.iter().filter(|label| !NAMED.contains(&label.as_str()));
    let others: Vec<&String> = others.take(DEMONSTRATIONS - NAMED.len()).collect();
    for label in &areas.communities {
        let shown = NAMED.contains(&label.as_str()) || others.contains(&label);
        let joint = Row {
            name: &joint_of(label),
            kind: ["COMMUNITY_JOINT", "JOINT_COMMITTEE", "COMMUNITY"],
            superior: &federation_of(&label[..9]),
            territory: label,
            seat: label,
            established: "2012-05-01",
            demonstration: if shown { "2014-06-30" } else { "" },
            ..integrated
        };
        rows.push(joint.text());
    }
    for (number, at) in (0_u32..).zip(0..OLD_OWN) {
        let label = &areas.communities[at % areas.communities.len()];
        let own = Row {
            name: &own_of(at),
            kind: ["SINGLE_EMPLOYER", "COMMITTEE", "BASIC"],
            employer: &samples::credit_code(number),
            superior: &federation_of(&label[..9]),
            seat: label,
            established: "2013-03-01",
            home: if at < OLD_INTEGRATED { "2013-10-01" } else { "2014-12-01" },
            ..integrated
        };
        rows.push(own.text());
    }
    rows
}

/// Resource names by the full names.
async fn names(clients: &Clients) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    let mut page_token = String::new();
    loop {
        let request = ListUnionsRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = clients.unions.clone().list_unions(request).await?.into_inner();
        found.extend(page.unions.into_iter().map(|union| (union.display_name, union.name)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

/// Those of the year that are union, station and home in one by its end, and the first of its kind.
pub(super) async fn marked(clients: &Clients, areas: &Areas, formed: &Formed) -> Result<()> {
    let mut integrated: Vec<String> = formed.own.clone();
    let before = OLD_OWN + areas.communities.len() + areas.subdistricts.len();
    integrated.extend(formed.workers.iter().take(INTEGRATED - before - OWN).cloned());
    for facet in ["SERVICE_STATION", "WORKERS_HOME"] {
        let unions = integrated.iter().map(|name| (name.clone(), day(12, 31)));
        mark(clients, unions.collect(), facet).await?;
    }
    mark(clients, vec![(formed.workers[0].clone(), day(2, 27))], "MILESTONE").await
}

async fn mark(
    clients: &Clients,
    unions: Vec<(String, Option<Date>)>,
    mark: &'static str,
) -> Result<()> {
    let clients = clients.clone();
    each(unions, move |(name, effective_date)| {
        let unions = clients.unions.clone();
        let mark = Some(Mark { mark: mark.to_owned(), ..Mark::default() });
        let request_id = request_id();
        let request = MarkUnionRequest {
            name,
            mark,
            effective_date,
            request_id,
            ..MarkUnionRequest::default()
        };
        repeated(request, move |request| {
            let mut unions = unions.clone();
            async move { unions.mark_union(request).await }
        })
    })
    .await?;
    Ok(())
}
