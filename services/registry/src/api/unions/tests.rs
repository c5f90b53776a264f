//! The service on a register of its own. Names and codes are made up.

mod affiliation;
mod areas;
mod ending;
mod figures;
mod lives;
mod merging;
mod refusals;
mod splitting;
mod terms;
mod territory;

use tonic::{Request, Response, Status};
use tonic_types::StatusExt;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, CreateUnionRequest, DissolveUnionRequest, GetUnionRequest, Mark, MarkUnionRequest,
        Union, UnmarkUnionRequest, UpdateUnionRequest, union_service_server::UnionService,
    },
};

use super::Unions;
use crate::{
    rules::credit_code::CreditCode,
    testing::{Rig, call, call_within, rig},
};

const SUBDISTRICT: &str = "110102012";
const HOME: &str = "110102012004";
const NEIGHBOUR: &str = "110102010002";

/// A register with the shipped areas, and the service over it.
struct Desk {
    rig: Rig,
    service: Unions,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let service = Unions::over(rig.register.clone());
    Desk { rig, service }
}

impl Desk {
    async fn create(&self, union: Union, from: &str) -> Result<Union, Status> {
        self.create_as("11", union, from).await
    }

    async fn create_as(&self, scope: &str, union: Union, from: &str) -> Result<Union, Status> {
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.create_union(call_within(scope, message)).await)
    }

    async fn get(&self, name: &str) -> Result<Union, Status> {
        let message = GetUnionRequest { name: name.to_owned(), day: None };
        inner(self.service.get_union(call(message)).await)
    }

    async fn get_on(&self, name: &str, day: &str) -> Union {
        let message = GetUnionRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.get_union(call(message)).await).unwrap()
    }

    async fn update(&self, union: Union, mask: &[&str], from: &str) -> Result<Union, Status> {
        inner(self.service.update_union(update(union, mask, date(from))).await)
    }

    async fn mark(&self, name: &str, mark: &str, from: &str) -> Result<Union, Status> {
        let mark = Mark { mark: mark.to_owned(), note: "某某".to_owned(), ..Default::default() };
        let message = MarkUnionRequest {
            name: name.to_owned(),
            mark: Some(mark),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.mark_union(call(message)).await)
    }

    async fn unmark(&self, name: &str, mark: &str, from: &str) -> Result<Union, Status> {
        let message = UnmarkUnionRequest {
            name: name.to_owned(),
            mark: mark.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.unmark_union(call(message)).await)
    }

    async fn dissolve(&self, name: &str, from: &str) -> Result<Union, Status> {
        let message = DissolveUnionRequest {
            name: name.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.dissolve_union(call(message)).await)
    }

    /// The federation of the sub-district, since 2000.
    async fn federation(&self) -> Union {
        self.create(federation(), "2000-01-01").await.unwrap()
    }
}

fn update(
    union: Union,
    mask: &[&str],
    effective_date: Option<Date>,
) -> Request<UpdateUnionRequest> {
    let paths = mask.iter().map(|path| (*path).to_owned()).collect();
    call(UpdateUnionRequest {
        union: Some(union),
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
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

fn at(area: &str) -> Option<Address> {
    Some(Address { area: format!("areas/{area}"), line: "某某街1号".to_owned() })
}

fn federation() -> Union {
    Union {
        display_name: "北京市西城区某某街道总工会".to_owned(),
        union_type: "SUBDISTRICT_FEDERATION".to_owned(),
        union_form: "GENERAL_FEDERATION".to_owned(),
        union_level: "SUBDISTRICT".to_owned(),
        territory: format!("areas/{SUBDISTRICT}"),
        seat: at(HOME),
        ..Default::default()
    }
}

/// A joint union below `superior`.
fn joint(serial: u32, superior: &str) -> Union {
    let code = CreditCode::compose('8', '1', "110102", &format!("{serial:08}")).unwrap();
    Union {
        display_name: format!("北京某某第{serial}联合工会"),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        credit_code: code.to_string(),
        superior: superior.to_owned(),
        seat: at(HOME),
        ..Default::default()
    }
}
