//! The establishment rate (F027), measured by the national register's slice of the district (F024).

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::import_batch::State,
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

/// The printed rate at the end of the year, and others on other days.
pub(super) async fn read_back(clients: &Clients) -> Result<()> {
    let all = OLD_OWN + OLD_JOINT + NEW + UNCOVERED;
    let before = rate(clients, Some(samples::day(2013, 12, 31))).await?;
    ensure!(before.not_applicable, "no list counted yet: {before:?}");
    let end = rate(clients, day(12, 31)).await?;
    let pair = (end.numerator, end.denominator, end.basis_points);
    let wanted = (i64::try_from(all - UNCOVERED)?, i64::try_from(all)?, PRINTED);
    ensure!(pair == wanted, "{pair:?}, not {wanted:?}");
    for on in [day(1, 1), day(12, 30), Some(samples::day(2015, 1, 1))] {
        let other = rate(clients, on).await?;
        ensure!(other.basis_points != PRINTED && other.denominator == wanted.1, "{other:?}");
    }
    Ok(())
}

/// The rate of the district, once the figures follow the list.
async fn rate(clients: &Clients, day: Option<Date>) -> Result<EstablishmentRate> {
    patience::until("the figures to follow the list", || async move {
        let request = GetEstablishmentRateRequest { area: format!("areas/{DISTRICT}"), day };
        let answer = clients.base_registers.clone().get_establishment_rate(request).await;
        answer.ok().map(tonic::Response::into_inner).filter(|rate| rate.settled)
    })
    .await
    .context("the rate")
}
