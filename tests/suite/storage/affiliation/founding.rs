//! What the writers do with formation cases: led to the filed result, and then the union is
//! established while others cover the same employer.

use anyhow::{Result, ensure};
use unionhall_proto::registry::v1::{
    Approval, CoverByJointUnionRequest, CoverEmployerRequest, CreateFormationCaseRequest,
    EstablishUnionRequest, FormationCase, FormationDocument, FormationReason, FormationStep,
    FoundingAssembly, Preparation, RecordFormationStepRequest, Recruitment,
    coverage_service_server::CoverageService, formation_service_server::FormationService,
    formation_step::Content, founding_assembly::Kind,
};

use super::{deeds::Dice, hall::Hall};
use crate::storage::restructure::everywhere;

const MEMBERS: i32 = 30;

impl Hall {
    /// A case of an employer, or of an area, up to its end.
    pub(super) async fn found(&self, dice: &Dice) -> Result<()> {
        let opened = i32::try_from(dice.third % 6)?;
        let area = dice.third.is_multiple_of(5);
        let Some(employer) = self.employer(dice.one) else { return Ok(()) };
        let case = if area { self.of_area(dice) } else { self.of_employer(&employer, dice) };
        let granted = self.granted(&case);
        let request = CreateFormationCaseRequest {
            formation_case: Some(case),
            effective_date: self.date(dice.day + opened),
            ..CreateFormationCaseRequest::default()
        };
        let case = self.formations.create_formation_case(everywhere(request)).await;
        let Some(case) = self.answered("open a case", case)? else { return Ok(()) };
        for content in path(&granted) {
            if !self.step(&case.name, content, dice).await? {
                break;
            }
        }
        if area {
            self.establish(&case, &granted, dice).await?;
        } else {
            let (own, joint, other) = tokio::join!(
                self.establish(&case, &granted, dice),
                self.join(&case.name, dice),
                self.cover_meanwhile(&employer, dice),
            );
            let (own, joint) = (own?, joint?);
            other?;
            ensure!(!(own && joint), "{} ended twice", case.name);
        }
        // Whatever did not come to its end gives way to the next case.
        let reason = FormationReason { reason: "作罢".to_owned() };
        self.step(&case.name, Content::Abandonment(reason), dice).await.map(drop)
    }

    fn of_employer(&self, employer: &str, dice: &Dice) -> FormationCase {
        FormationCase {
            employer: employer.to_owned(),
            union_type: "SINGLE_EMPLOYER".to_owned(),
            union_level: "BASIC".to_owned(),
            ..self.case(dice)
        }
    }

    fn of_area(&self, dice: &Dice) -> FormationCase {
        let community = self.community(dice.other);
        let workers = dice.one.is_multiple_of(2);
        let (union_type, union_level, territory) = if workers {
            ("COMMUNITY_WORKERS", "BASIC", community[..community.len() - 3].to_owned())
        } else {
            ("COMMUNITY_JOINT", "COMMUNITY", community)
        };
        FormationCase {
            territory,
            union_type: union_type.to_owned(),
            union_level: union_level.to_owned(),
            seat: Some(self.at(dice.other)),
            ..self.case(dice)
        }
    }

    fn case(&self, dice: &Dice) -> FormationCase {
        FormationCase {
            union_form: "COMMITTEE".to_owned(),
            display_name: format!("北京某某第{}工会", self.serial()),
            superior: self.federation_at(dice.other),
            ..FormationCase::default()
        }
    }

    /// By the federation to which the union will answer, wherever that stands by then.
    fn granted(&self, case: &FormationCase) -> Approval {
        Approval { body: self.title(&case.superior), number: "1号".to_owned() }
    }

    async fn step(&self, name: &str, content: Content, dice: &Dice) -> Result<bool> {
        let day = self.date(dice.day);
        let step = FormationStep { day, content: Some(content), ..FormationStep::default() };
        let request = RecordFormationStepRequest {
            name: name.to_owned(),
            step: Some(step),
            ..RecordFormationStepRequest::default()
        };
        let answer = self.formations.record_formation_step(everywhere(request)).await;
        Ok(self.answered("record a step", answer)?.is_some())
    }

    async fn establish(
        &self,
        case: &FormationCase,
        granted: &Approval,
        dice: &Dice,
    ) -> Result<bool> {
        let request = EstablishUnionRequest {
            name: case.name.clone(),
            approval: Some(granted.clone()),
            term_years: [3, 5][dice.other % 2],
            effective_date: self.date(dice.day),
            ..EstablishUnionRequest::default()
        };
        let answer = self.formations.establish_union(everywhere(request)).await;
        let Some(done) = self.answered("establish a union", answer)? else { return Ok(false) };
        self.came(done.union, case.display_name.clone());
        Ok(true)
    }

    async fn join(&self, name: &str, dice: &Dice) -> Result<bool> {
        let Some(union) = self.union(dice.third) else { return Ok(false) };
        let request = CoverByJointUnionRequest {
            name: name.to_owned(),
            union,
            effective_date: self.date(dice.day),
            ..CoverByJointUnionRequest::default()
        };
        let answer = self.formations.cover_by_joint_union(everywhere(request)).await;
        Ok(self.answered("join a union", answer)?.is_some())
    }

    async fn cover_meanwhile(&self, employer: &str, dice: &Dice) -> Result<()> {
        let Some(union) = self.union(dice.other) else { return Ok(()) };
        if dice.third.is_multiple_of(2) {
            return Ok(());
        }
        let request = CoverEmployerRequest {
            name: employer.to_owned(),
            union,
            effective_date: self.date(dice.day),
            ..CoverEmployerRequest::default()
        };
        let answer = self.employers.cover_employer(everywhere(request)).await;
        self.answered("cover an employer meanwhile", answer).map(drop)
    }
}

/// The steps up to the filed result.
fn path(approval: &Approval) -> Vec<Content> {
    vec![
        Content::Application(FormationDocument::default()),
        Content::Preparation(Preparation {
            approval: Some(approval.clone()),
            group: String::new(),
        }),
        Content::Recruitment(Recruitment { member_count: MEMBERS, female_count: 4 }),
        Content::ElectionApproval(approval.clone()),
        Content::Election(FoundingAssembly {
            kind: Kind::GeneralMeeting.into(),
            due_count: MEMBERS,
            present_count: MEMBERS,
            ..FoundingAssembly::default()
        }),
        Content::ResultFiling(FormationDocument::default()),
    ]
}
