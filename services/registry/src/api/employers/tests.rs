//! The service on a register of its own. Names and codes are made up.

mod cover;
mod figures;
mod lists;
mod lives;
mod refusals;

use tonic::{Request, Response, Status};
use tonic_types::StatusExt;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, CreateEmployerRequest, Employer, GetEmployerRequest, Industry,
        UpdateEmployerRequest, Workforce, employer_service_server::EmployerService,
    },
};

use super::Employers;
use crate::{
    rules::credit_code::CreditCode,
    testing::{Rig, call, call_within, rig},
};

const HOME: &str = "110102012004";
const NEIGHBOUR: &str = "110102010002";

/// A register with the shipped areas, and the service over it.
struct Desk {
    rig: Rig,
    service: Employers,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let service = Employers::over(rig.register.clone());
    Desk { rig, service }
}

impl Desk {
    async fn create(&self, employer: Employer) -> Result<Employer, Status> {
        self.create_as("11", employer).await
    }

    async fn create_as(&self, scope: &str, employer: Employer) -> Result<Employer, Status> {
        let message = CreateEmployerRequest { employer: Some(employer), ..Default::default() };
        inner(self.service.create_employer(call_within(scope, message)).await)
    }

    async fn get(&self, name: &str) -> Result<Employer, Status> {
        let message = GetEmployerRequest { name: name.to_owned(), day: None };
        inner(self.service.get_employer(call(message)).await)
    }

    async fn get_on(&self, name: &str, day: &str) -> Employer {
        let message = GetEmployerRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.get_employer(call(message)).await).unwrap()
    }

    async fn update(&self, employer: Employer, mask: &[&str]) -> Result<Employer, Status> {
        inner(self.service.update_employer(update(employer, mask, None)).await)
    }

    async fn update_from(
        &self,
        employer: Employer,
        mask: &[&str],
        from: &str,
    ) -> Result<Employer, Status> {
        inner(self.service.update_employer(update(employer, mask, date(from))).await)
    }
}

fn update(
    employer: Employer,
    mask: &[&str],
    effective_date: Option<Date>,
) -> Request<UpdateEmployerRequest> {
    let paths = mask.iter().map(|path| (*path).to_owned()).collect();
    call(UpdateEmployerRequest {
        employer: Some(employer),
        update_mask: Some(prost_types::FieldMask { paths }),
        effective_date,
        ..Default::default()
    })
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn date(text: &str) -> Option<Date> {
    Some(crate::testing::day(text).into())
}

/// The reason in a status.
fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err())
}

fn credit_code(serial: u32) -> String {
    CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap().to_string()
}

/// An employer that passes every rule in force on 2014-07-01.
fn employer(serial: u32) -> Employer {
    let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
    Employer {
        display_name: format!("北京某某第{serial}商贸有限公司"),
        // Before 2015-10-01 nobody had a credit code.
        organisation_code: code.organisation_code().to_string(),
        ownership: "57".to_owned(),
        industry: Some(Industry { edition: "2011".to_owned(), code: "52".to_owned() }),
        actual_address: Some(at(HOME)),
        established_on: date("2010-03-01"),
        phone: format!("010-8{serial:07}"),
        workforce: Some(counted("2014-06-30", 20)),
        ..Default::default()
    }
}

fn at(area: &str) -> Address {
    Address { area: format!("areas/{area}"), line: "某某街1号".to_owned() }
}

fn counted(day: &str, employee_count: i32) -> Workforce {
    Workforce { counted_on: date(day), employee_count, female_count: Some(3), migrant_count: None }
}
