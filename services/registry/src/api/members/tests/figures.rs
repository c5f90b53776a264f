//! Figures of members follow what they count by: employers, unions and areas that go elsewhere.

use unionhall_proto::registry::v1::{
    AffiliateUnionRequest, DeleteEmployerRequest, Employer, MergeAreasRequest, MoveAreaRequest,
    ResumeEmployerRequest, SuspendEmployerRequest, UncoverEmployerRequest, UpdateEmployerRequest,
    UpdateUnionRequest, area_service_server::AreaService, coverage_service_server::CoverageService,
    employer_service_server::EmployerService,
};

use super::*;
use crate::api::{areas::Areas, employers::Employers};

fn at(area: &str) -> Option<Address> {
    Some(Address { area: format!("areas/{area}"), line: "某某街3号".to_owned() })
}

fn masked(path: &str) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: vec![path.to_owned()] })
}

impl Desk {
    fn employers(&self) -> Employers {
        Employers::over(self.rig.register.clone())
    }

    async fn move_employer(&self, name: &str, area: &str, on: &str) {
        let employer =
            Employer { name: name.to_owned(), actual_address: at(area), ..Default::default() };
        let message = UpdateEmployerRequest {
            employer: Some(employer),
            update_mask: masked("actual_address"),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.employers().update_employer(call(message)).await).unwrap();
    }

    async fn move_union(&self, name: &str, area: &str, on: &str) {
        let union = Union { name: name.to_owned(), seat: at(area), ..Default::default() };
        let message = UpdateUnionRequest {
            union: Some(union),
            update_mask: masked("seat"),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.unions.update_union(call(message)).await).unwrap();
    }

    async fn affiliate(&self, name: &str, superior: &str, on: &str) {
        let message = AffiliateUnionRequest {
            name: name.to_owned(),
            superior: superior.to_owned(),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.unions.affiliate_union(call(message)).await).unwrap();
        self.carry().await;
        self.books().await.agree().await;
    }

    /// Two unions, the second below the first, with members at their employers and without one.
    async fn staffed(&self) -> (String, String, String, String) {
        let (above, below) = (self.union("第一", HOME).await, self.union("第二", NEIGHBOUR).await);
        self.affiliate(&below, &above, "2010-01-01").await;
        let (one, two) = (self.employer(1, HOME).await, self.employer(2, NEIGHBOUR).await);
        self.cover(&one, &above).await;
        self.cover(&two, &below).await;
        self.admitted(0, &above, &one).await;
        let moved = self.admitted(1, &below, &two).await;
        self.admitted(2, &below, "").await;
        self.admitted(3, &below, &one).await;
        // One changes employer and union in between, and is retained for some time.
        let change = Member { name: moved.clone(), employer: one.clone(), ..Default::default() };
        self.update(change, &["employer"], "2014-02-01").await.unwrap();
        let wish = TransferMemberRequest {
            name: moved.clone(),
            union: above.clone(),
            effective_date: date("2014-02-01"),
            ..Default::default()
        };
        self.service.transfer_member(call(wish)).await.unwrap();
        let accept = Desk::decision("11", &moved, TransferOutcome::Accepted, "2014-02-10");
        MembershipService::decide_transfer(&self.service, accept).await.unwrap();
        let retain = RetainMembershipRequest {
            name: moved,
            cause: RetentionCause::MilitaryService.into(),
            effective_date: date("2014-04-01"),
            ..Default::default()
        };
        self.service.retain_membership(call(retain)).await.unwrap();
        self.books().await.agree().await;
        (above, below, one, two)
    }
}

#[tokio::test]
async fn they_follow_an_employer_that_moves_rests_and_ends() {
    let desk = desk().await;
    let (_, _, one, two) = desk.staffed().await;
    // Corrected for days long past, and moved from a later day on.
    desk.move_employer(&one, NEIGHBOUR, "2013-09-01").await;
    desk.books().await.agree().await;
    desk.move_employer(&one, "110102012001", "2014-03-01").await;
    desk.books().await.agree().await;
    let rests = SuspendEmployerRequest {
        name: one.clone(),
        effective_date: date("2014-03-10"),
        ..Default::default()
    };
    inner(desk.employers().suspend_employer(call(rests)).await).unwrap();
    desk.books().await.agree().await;
    let resumes = ResumeEmployerRequest {
        name: one.clone(),
        effective_date: date("2014-04-10"),
        ..Default::default()
    };
    inner(desk.employers().resume_employer(call(resumes)).await).unwrap();
    let uncovered = UncoverEmployerRequest {
        name: two,
        effective_date: date("2014-01-15"),
        ..Default::default()
    };
    inner(desk.employers().uncover_employer(call(uncovered)).await).unwrap();
    desk.books().await.agree().await;
    desk.close(&one, false).await.unwrap();
    desk.books().await.agree().await;
}

/// Whoever names an employer that was never there counts where their union sits.
#[tokio::test]
async fn they_follow_an_employer_that_is_withdrawn() {
    let desk = desk().await;
    let (_, _, one, _) = desk.staffed().await;
    let message = DeleteEmployerRequest { name: one, ..Default::default() };
    inner(desk.employers().delete_employer(call(message)).await).unwrap();
    desk.books().await.agree().await;
}

#[tokio::test]
async fn they_follow_a_union_on_both_lines() {
    let desk = desk().await;
    let (above, below, ..) = desk.staffed().await;
    desk.move_union(&below, HOME, "2014-01-01").await;
    desk.books().await.agree().await;
    desk.move_union(&below, "110102012001", "2012-01-01").await;
    desk.books().await.agree().await;
    let other = desk.union("第三", NEIGHBOUR).await;
    desk.affiliate(&above, &other, "2014-02-15").await;
    desk.affiliate(&below, &other, "2014-03-15").await;
    desk.affiliate(&below, "", "2014-06-01").await;
}

#[tokio::test]
async fn they_follow_areas_that_merge_and_move() {
    let desk = desk().await;
    desk.staffed().await;
    let areas = Areas::new(desk.rig.register.clone());
    let merged = MergeAreasRequest {
        name: "areas/110102012001".to_owned(),
        sources: vec![format!("areas/{HOME}")],
        effective_date: date("2014-03-01"),
        ..Default::default()
    };
    inner(areas.merge_areas(call(merged)).await).unwrap();
    desk.books().await.agree().await;
    desk.carry().await;
    desk.books().await.agree().await;
    let moved = MoveAreaRequest {
        name: format!("areas/{NEIGHBOUR}"),
        destination_parent: "areas/110102011".to_owned(),
        destination_area_id: "110102011901".to_owned(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    inner(areas.move_area(call(moved)).await).unwrap();
    desk.carry().await;
    desk.books().await.agree().await;
}
