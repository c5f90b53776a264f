//! What there is before the writers come: federations, some unions and employers, and members whose
//! records were last confirmed long ago, as only the clock of that day can enter them.

use anyhow::{Context, Result};
use chrono::TimeDelta;
use rand::{SeedableRng, rngs::StdRng};
use unionhall_kit::clock::{Clock, ManualClock, SystemClock};
use unionhall_proto::registry::v1::{
    Address, CreateMemberRequest, CreateUnionRequest, Member, Union, WayIn,
    member_service_server::MemberService,
};
use unionhall_registry::{Register, api::members::Members};
use unionhall_tests::{books::left_by, client::Clients, samples, suite::Suite};

use super::{
    choices::{Chooser, DAYS},
    of_members::{document, document_number},
    papers::Desk,
    writers::answered,
};
use crate::storage::everywhere;

const UNIONS: usize = 8;
const EMPLOYERS: usize = 6;
/// How long ago the first members were entered, and how many steps of days that is at least.
const AGO: TimeDelta = TimeDelta::days(60);
const STEPS_AGO: i32 = 4;
const SUBDISTRICTS: [&str; 2] = ["110102010", "110102012"];

/// Enters federations, unions and employers.
pub(super) async fn furnish(clients: &Clients, desk: &Desk) -> Result<()> {
    for subdistrict in SUBDISTRICTS {
        let federation = Union {
            display_name: format!("北京某某{subdistrict}总工会"),
            union_type: "SUBDISTRICT_FEDERATION".to_owned(),
            union_form: "GENERAL_FEDERATION".to_owned(),
            union_level: "SUBDISTRICT".to_owned(),
            territory: format!("areas/{subdistrict}"),
            seat: Some(Address { area: "areas/110102010002".to_owned(), line: String::new() }),
            ..Union::default()
        };
        let request = CreateUnionRequest {
            union: Some(federation),
            effective_date: Some(samples::day(2001, 1, 1)),
            ..CreateUnionRequest::default()
        };
        let federation = clients.unions.clone().create_union(request).await?.into_inner().name;
        desk.papers.lock().federations.push(federation);
    }
    let mut random = StdRng::seed_from_u64(0);
    for number in 0..UNIONS + EMPLOYERS {
        let operation = {
            let mut papers = desk.papers.lock();
            let (random, today) = (&mut random, SystemClock.today());
            let mut chooser = Chooser { papers: &mut papers, random, today, members: 0 };
            if number < UNIONS { chooser.found() } else { chooser.enter_employer() }
        };
        answered(desk, clients, operation).await?;
    }
    Ok(())
}

/// Enters members into the books of the suite that does not run; answers their names.
pub(super) async fn seed(suite: &Suite, desk: &Desk, members: u32) -> Result<Vec<String>> {
    let clock = ManualClock::at(SystemClock.now() - AGO);
    let (ledger, keys) = left_by(suite, clock).await?;
    let register = Register::open(ledger, keys).await?;
    let service = Members::over(register.clone());
    let mut names = Vec::new();
    for number in 0..members {
        let (request, document) = request(desk, number)?;
        let member = service.create_member(everywhere(request)).await?.into_inner();
        let mut papers = desk.papers.lock();
        papers.learn(&member);
        papers.documents.entry(document).or_default().insert(member.name.clone());
        if !number.is_multiple_of(2) {
            papers.kept_apart.push(member.name.clone());
        }
        names.push(member.name);
    }
    register.ledger.db().clone().close().await;
    Ok(names)
}

fn request(desk: &Desk, number: u32) -> Result<(CreateMemberRequest, String)> {
    let mut papers = desk.papers.lock();
    let (mut random, today) = (StdRng::seed_from_u64(number.into()), SystemClock.today());
    let mut chooser = Chooser { papers: &mut papers, random: &mut random, today, members: 0 };
    let serial = chooser.serial();
    let day = chooser.day(STEPS_AGO + i32::try_from(number)? % (DAYS - STEPS_AGO));
    let document = document(&document_number(serial));
    let union = papers.unions.get(number as usize % UNIONS).cloned().context("a union")?;
    let member = Member {
        display_name: samples::person_name(serial),
        documents: vec![document.clone()],
        ..Member::default()
    };
    let request = CreateMemberRequest {
        member: Some(member),
        union,
        way_in: WayIn::Admitted.into(),
        effective_date: day,
        ..CreateMemberRequest::default()
    };
    Ok((request, document.number))
}
