//! The calls of a run, encoded before it begins.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use prost::Message;
use rand::Rng;
use tonic_health::pb::HealthCheckRequest;
use unionhall_proto::{
    common::v1::BatchGetFiguresRequest,
    google::r#type::Date,
    registry::v1::{
        GetEmployerRequest, GetMemberRequest, ListAreasRequest, ListEmployersRequest,
        ListMembersRequest,
    },
};
use unionhall_tests::client::Clients;

/// The district of the demonstration data.
const DISTRICT: &str = "areas/110102";
const LARGEST_PAGE: i32 = 1_000;
/// Different days that boards are asked for.
const DAYS: usize = 1_000;
/// Years that boards are asked for: ten that are past.
const YEARS: std::ops::RangeInclusive<i32> = 2015..=2024;

/// Calls of one method.
pub(crate) struct Calls {
    /// `/package.Service/Method`.
    pub(crate) method: &'static str,
    bodies: Vec<Vec<u8>>,
}

impl Calls {
    fn new(method: &'static str, messages: impl Iterator<Item = impl Message>) -> Self {
        Self { method, bodies: messages.map(|message| framed(&message)).collect() }
    }

    /// How many different ones.
    pub(crate) fn len(&self) -> usize {
        self.bodies.len()
    }

    /// The body of a random one.
    pub(crate) fn any(&self) -> &[u8] {
        match self.bodies.as_slice() {
            [only] => only,
            many => &many[rand::rng().random_range(0..many.len())],
        }
    }
}

/// Five bytes stand before every message: no compression, and its length.
fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0][..], &length, &bytes].concat()
}

/// `GetEmployer` of every employer that the caller sees.
pub(crate) async fn employers(target: SocketAddr, token: &str) -> Result<Calls> {
    let mut clients = Clients::connect(target, token).await?;
    let mut names = Vec::new();
    let mut request = ListEmployersRequest { page_size: LARGEST_PAGE, ..Default::default() };
    loop {
        let page = clients.employers.list_employers(request.clone()).await?.into_inner();
        names.extend(page.employers.into_iter().map(|employer| employer.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let name = names.first().context("the register has no employers")?.clone();
    let asked = GetEmployerRequest { name: name.clone(), day: None };
    let answer = clients.employers.get_employer(asked).await?.into_inner();
    ensure!(answer.name == name, "GetEmployer answered with another employer");
    let messages = names.into_iter().map(|name| GetEmployerRequest { name, day: None });
    Ok(Calls::new("/unionhall.registry.v1.EmployerService/GetEmployer", messages))
}

/// Members that are read; so many names take a few seconds to list.
const MEMBERS: usize = 100_000;

/// `GetMember` of up to [`MEMBERS`] members that the caller sees.
pub(crate) async fn members(target: SocketAddr, token: &str) -> Result<Calls> {
    let mut clients = Clients::connect(target, token).await?;
    let mut names = Vec::new();
    let mut request = ListMembersRequest { page_size: LARGEST_PAGE, ..Default::default() };
    while names.len() < MEMBERS {
        let page = clients.members.list_members(request.clone()).await?.into_inner();
        names.extend(page.members.into_iter().map(|member| member.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let name = names.first().context("the register has no members")?.clone();
    let asked = GetMemberRequest { name: name.clone(), day: None };
    let answer = clients.members.get_member(asked).await?.into_inner();
    ensure!(answer.name == name, "GetMember answered with another member");
    let messages = names.into_iter().map(|name| GetMemberRequest { name, day: None });
    Ok(Calls::new("/unionhall.registry.v1.MemberService/GetMember", messages))
}

/// The figures of a board.
const FIGURES: [&str; 20] = [
    "employers",
    "employees",
    "valid_records",
    "covered_employers",
    "covered_employees",
    "new_union_organisations",
    "newly_covered_by_own_union",
    "newly_covered_by_joint_union",
    "unions",
    "integrated_unions",
    "members",
    "women_members",
    "migrant_members",
    "retained_members",
    "employed_members",
    "members_in_covered_employers",
    "new_members",
    "joined_members",
    "left_members",
    "members_confirmed_in_year",
];

/// `BatchGetFigures` of every sub-district and [`FIGURES`], on random past days.
pub(crate) async fn boards(target: SocketAddr, token: &str) -> Result<Calls> {
    let mut clients = Clients::connect(target, token).await?;
    let request = ListAreasRequest { parent: DISTRICT.to_owned(), ..Default::default() };
    let areas = clients.areas.list_areas(request).await?.into_inner().areas;
    let nodes: Vec<String> = areas.into_iter().map(|area| area.name).collect();
    let metrics: Vec<String> = FIGURES.map(|name| format!("metrics/{name}")).into();
    ensure!(!nodes.is_empty(), "no board without nodes");
    let board = || {
        let mut random = rand::rng();
        let (year, month) = (random.random_range(YEARS), random.random_range(1..=12));
        BatchGetFiguresRequest {
            metrics: metrics.clone(),
            nodes: nodes.clone(),
            day: Some(Date { year, month, day: random.random_range(1..=28) }),
            from_day: None,
        }
    };
    let answer = clients.metrics.batch_get_figures(board()).await?.into_inner();
    ensure!(answer.figures.len() == nodes.len() * metrics.len(), "a board with gaps");
    let messages = std::iter::repeat_with(board).take(DAYS);
    Ok(Calls::new("/unionhall.registry.v1.Metrics/BatchGetFigures", messages))
}

/// The health of the whole server.
pub(crate) fn health() -> Calls {
    let whole = HealthCheckRequest { service: String::new() };
    Calls::new("/grpc.health.v1.Health/Check", std::iter::once(whole))
}
