//! The areas of the year: the register ships with those of a later one.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use unionhall_proto::{
    common::v1::import_batch::State,
    registry::v1::{Area, AreaLevel, CloseAreaRequest, ListAreasRequest},
};
use unionhall_tests::{
    client::Clients,
    imports::{Upload, commit, faults},
    samples,
};

use super::{COMMUNITIES, COMMUNITIES_OF_THE_FIRST, FIRST, SUBDISTRICTS};

/// Labels of the year.
pub(super) struct Areas {
    pub(super) subdistricts: Vec<String>,
    pub(super) communities: Vec<String>,
}

/// Communities that the shipped edition lacks.
const FOUNDED: [&str; 3] = ["110102010901", "110102010902", "110102010903"];

pub(super) async fn of_the_year(clients: &Clients) -> Result<Areas> {
    let shipped = communities(clients, 2014).await?;
    // Some of the later edition were not there yet: those last in the largest sub-districts.
    let mut by_subdistrict: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for label in shipped.keys().filter(|label| !label.starts_with(FIRST)) {
        by_subdistrict.entry(&label[..9]).or_default().push(label);
    }
    let mut surplus = Vec::new();
    while shipped.len() + FOUNDED.len() - surplus.len() > COMMUNITIES {
        let largest = by_subdistrict.values_mut().max_by_key(|labels| labels.len());
        surplus.extend(largest.and_then(Vec::pop));
    }
    for label in &surplus {
        let request = CloseAreaRequest {
            name: format!("areas/{label}"),
            effective_date: Some(samples::day(2005, 1, 1)),
            ..CloseAreaRequest::default()
        };
        clients.areas.clone().close_area(request).await?;
    }
    import(clients, &shipped, &surplus).await?;

    let found = communities(clients, 2014).await?;
    ensure!(found.len() == COMMUNITIES, "{} communities", found.len());
    let of_the_first = found.keys().filter(|label| label.starts_with(FIRST)).count();
    ensure!(of_the_first == COMMUNITIES_OF_THE_FIRST, "{of_the_first} of the first");
    let other_year = communities(clients, 2004).await?.len();
    ensure!(other_year == shipped.len(), "{other_year} ten years before");
    let mut subdistricts: Vec<String> = found.keys().map(|label| label[..9].to_owned()).collect();
    subdistricts.dedup();
    ensure!(subdistricts.len() == SUBDISTRICTS, "{subdistricts:?}");
    Ok(Areas { subdistricts, communities: found.into_keys().collect() })
}

/// The spreadsheet of the year: most rows tell what is known already.
async fn import(
    clients: &Clients,
    shipped: &BTreeMap<String, String>,
    surplus: &[&str],
) -> Result<()> {
    let mut rows = vec!["区域标识,区域名称,上级区域,启用日期".to_owned()];
    let mut row = |label: &str, name: &str| {
        rows.push(format!("{label},{name},{},2005-01-01", &label[..9]));
    };
    for (label, name) in shipped.iter().filter(|(label, _)| !surplus.contains(&label.as_str())) {
        row(label, name);
    }
    for (label, number) in FOUNDED.into_iter().zip(1..) {
        row(label, &format!("示例第{number}社区居委会"));
    }
    let upload = Upload {
        kind: "areas".to_owned(),
        file_name: "areas-2014.csv".to_owned(),
        content: (rows.join("\n") + "\n").into_bytes(),
        request_id: String::new(),
    };
    let checked = upload.check(clients).await?;
    ensure!(checked.fault_count == 0, "{:?}", faults(clients, &checked.name).await?);
    let done = commit(clients, &checked.name).await?;
    let counts = (done.row_count, done.applied_row_count);
    ensure!(done.state() == State::Applied && counts == (255, 3), "{done:?}");
    Ok(())
}

/// Names of the communities by label, as they were at the end of a year.
async fn communities(clients: &Clients, year: i32) -> Result<BTreeMap<String, String>> {
    let request = ListAreasRequest {
        day: Some(samples::day(year, 12, 31)),
        level: AreaLevel::Community.into(),
        page_size: 1_000,
        ..ListAreasRequest::default()
    };
    let areas = clients.areas.clone().list_areas(request).await?.into_inner().areas;
    let named = |area: Area| (area.name.trim_start_matches("areas/").to_owned(), area.display_name);
    Ok(areas.into_iter().map(named).collect())
}
