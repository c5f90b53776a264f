//! The establishment rate (F027), measured by the national register's slice of the district (F024).

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{NotApplicableReason, import_batch::State},
    google::r#type::Date,
    registry::v1::{
        ActivateBaseRegisterRequest, BaseRegister, CreateBaseRegisterRequest, EstablishmentRate,
        GetEstablishmentRateRequest,
    },
};
use unionhall_tests::{
    client::Clients,
    imports::{Upload, commit, faults},
    patience, samples,
};

use super::{
    DISTRICT, NEW, OLD_JOINT, OLD_OWN, UNCOVERED, areas::Areas, day, employers::Employers,
    unions::Unions,
};

/// 98.96 % (F027).
const PRINTED: i32 = 9_896;
const EDITION: &str = "2013-12";

/// Enters the list of all enterprises and lets it count from the first day of the year on.
pub(super) async fn listed(clients: &Clients, areas: &Areas, employers: &Employers) -> Result<()> {
    let edition = BaseRegister {
        edition: EDITION.to_owned(),
        source: "全国非公企业法人数据库".to_owned(),
        as_of: Some(samples::day(2013, 12, 31)),
        area: format!("areas/{DISTRICT}"),
        ..BaseRegister::default()
    };
    let request = CreateBaseRegisterRequest { base_register: Some(edition), ..Default::default() };
    let mut service = clients.base_registers.clone();
    let name = service.create_base_register(request).await?.into_inner().name;
    let mut lines = vec!["底册版本,单位名称,统一社会信用代码,单位性质,所属地区".to_owned()];
    for (number, at) in (0_u32..).zip(0..employers.count()) {
        let community = &areas.communities[at % areas.communities.len()];
        let code = samples::credit_code(number);
        lines.push(format!("{EDITION},北京试样{number}号贸易有限公司,{code},57,{community}"));
    }
    let upload = Upload {
        kind: "base_register".to_owned(),
        file_name: "base-register-2013.csv".to_owned(),
        content: (lines.join("\n") + "\n").into_bytes(),
        request_id: String::new(),
    };
    let checked = upload.check(clients).await?;
    ensure!(checked.fault_count == 0, "{:?}", &faults(clients, &checked.name).await?[..5]);
    let done = commit(clients, &checked.name).await?;
    ensure!(done.state() == State::Applied, "{done:?}");
    let request = ActivateBaseRegisterRequest {
        name,
        effective_date: day(1, 1),
        ..ActivateBaseRegisterRequest::default()
    };
    service.activate_base_register(request).await?;
    Ok(())
}

/// The printed rate at the end of the year, and others on other days; of the federation of the district
/// as of the district, of that of a sub-district as of the sub-district.
pub(super) async fn read_back(clients: &Clients, unions: &Unions) -> Result<()> {
    let district = format!("areas/{DISTRICT}");
    let all = OLD_OWN + OLD_JOINT + NEW + UNCOVERED;
    for node in [&district, &unions.district] {
        let before = rate(clients, node, Some(samples::day(2013, 12, 31))).await?;
        ensure!(before.not_applicable, "no list counted yet: {before:?}");
        let end = rate(clients, node, day(12, 31)).await?;
        let pair = (end.numerator, end.denominator, end.basis_points);
        let wanted = (i64::try_from(all - UNCOVERED)?, i64::try_from(all)?, PRINTED);
        ensure!(pair == wanted && end.area == district, "{pair:?}, not {wanted:?}: {end:?}");
        for on in [day(1, 1), day(12, 30), Some(samples::day(2015, 1, 1))] {
            let other = rate(clients, node, on).await?;
            ensure!(other.basis_points != PRINTED && other.denominator == wanted.1, "{other:?}");
        }
    }
    let mut listed = 0;
    for (label, federation) in &unions.federations {
        let area = rate(clients, &format!("areas/{label}"), day(12, 31)).await?;
        let told = rate(clients, federation, day(12, 31)).await?;
        let same = EstablishmentRate { union: federation.clone(), ..area };
        ensure!(told == same && told.numerator > 0, "{told:?}, not {same:?}");
        listed += told.denominator;
    }
    ensure!(listed == i64::try_from(all)?, "{listed} of {all}");
    let own = unions.own.values().next().context("a union of an employer")?;
    let none = rate(clients, own, day(12, 31)).await?;
    let reason = none.not_applicable_reason();
    ensure!(reason == NotApplicableReason::NoTerritory && none.area.is_empty(), "{none:?}");
    Ok(())
}

/// The rate of an area or a union, once the figures follow the list.
async fn rate(clients: &Clients, node: &str, day: Option<Date>) -> Result<EstablishmentRate> {
    let (union, area) = match node.starts_with("unions/") {
        true => (node, ""),
        false => ("", node),
    };
    patience::until("the figures to follow the list", || async move {
        let (area, union) = (area.to_owned(), union.to_owned());
        let request = GetEstablishmentRateRequest { area, day, union };
        let answer = clients.base_registers.clone().get_establishment_rate(request).await;
        answer.ok().map(tonic::Response::into_inner).filter(|rate| rate.settled)
    })
    .await
    .context("the rate")
}
