//! What the writers do, each with whoever comes to hand and for any day.

use anyhow::Result;
use rand::{Rng, rngs::StdRng};
use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    Address, AffiliateUnionRequest, Approval, CloseEmployerRequest, CoverEmployerRequest,
    CreateEmployerRequest, DeleteEmployerRequest, DeleteUnionRequest, DissolveUnionRequest,
    Employer, GetEmployerRequest, Industry, ListCoveredEmployersRequest, ListUnionsRequest, Mark,
    MarkUnionRequest, MergeAreasRequest, MergeUnionsRequest, MoveAreaRequest,
    RecordWorkforceRequest, ResumeEmployerRequest, SplitUnionRequest, SuspendEmployerRequest,
    UncoverEmployerRequest, Union, UnionDecision, UnionPart, UnmarkUnionRequest,
    UpdateEmployerRequest, UpdateUnionRequest, Workforce, area_service_server::AreaService,
    coverage_service_server::CoverageService, employer_service_server::EmployerService,
    union_service_server::UnionService,
};
use unionhall_registry::rules::organisation_code::OrganisationCode;

use super::hall::Hall;
use crate::storage::restructure::{call, everywhere};

const MARKS: [&str; 3] = ["SERVICE_STATION", "WORKERS_HOME", "DEMONSTRATION_UNIT"];
const TYPES: [(&str, &str); 4] = [
    ("JOINT", "BASIC"),
    ("INDUSTRY", "BASIC"),
    ("PARK", "BASIC"),
    ("AREA_FEDERATION", "COMMUNITY"),
];

/// Numbers from which a deed takes what it needs.
pub(in crate::storage) struct Dice {
    pub(in crate::storage) kind: u32,
    pub(in crate::storage) one: usize,
    pub(in crate::storage) other: usize,
    pub(in crate::storage) third: usize,
    pub(in crate::storage) day: i32,
}

impl Dice {
    pub(in crate::storage) fn cast(random: &mut StdRng) -> Self {
        Self {
            kind: random.random_range(0..1_000),
            one: random.random_range(0..10_000),
            other: random.random_range(0..10_000),
            third: random.random_range(0..10_000),
            day: random.random_range(0..24),
        }
    }
}

impl Hall {
    /// Does one thing, or is refused.
    pub(in crate::storage) async fn deed(&self, random: &mut StdRng) -> Result<()> {
        let dice = Dice::cast(random);
        if self.wants_unions() && dice.kind.is_multiple_of(4) {
            return self.create_union(&dice).await;
        }
        if self.wants_employers() && dice.kind.is_multiple_of(3) {
            return self.create_employer(&dice).await;
        }
        match dice.kind {
            0..50 if self.has_unions() => self.dissolve(&dice).await,
            0..50 => self.create_union(&dice).await,
            50..90 if self.has_employers() => self.close_employer(&dice).await,
            50..90 => self.create_employer(&dice).await,
            90..96 => self.import_coverage(&dice).await,
            96..100 => self.import_unions(&dice).await,
            100..115 => self.turn_list(&dice).await,
            115..210 => self.affiliate(&dice).await,
            210..240 => self.elect(&dice).await,
            240..250 => self.merge_unions(&dice).await,
            250..260 => self.split_union(&dice).await,
            260..410 => self.cover(&dice).await,
            410..450 => self.found(&dice).await,
            450..480 => self.create_placed(&dice).await,
            480..500 => self.turn_union(&dice).await,
            500..520 => self.set_term(&dice).await,
            520..570 => self.uncover(&dice).await,
            570..660 => self.mark(&dice).await,
            660..720 => self.update_union(&dice).await,
            720..820 => self.update_employer(&dice).await,
            820..850 => self.set_term(&dice).await,
            850..890 => self.turn_employer(&dice).await,
            890..930 => self.dissolve(&dice).await,
            930..955 => self.delete_union(&dice).await,
            955..985 => self.delete_employer(&dice).await,
            985..994 => self.close_employer(&dice).await,
            994..997 => self.move_area(&dice).await,
            _ => self.merge_areas(&dice).await,
        }
    }

    pub(in crate::storage) async fn create_union(&self, dice: &Dice) -> Result<()> {
        if matches!(dice.third % 5, 1 | 3) {
            return self.create_other(dice).await;
        }
        let (union_type, union_level) = TYPES[dice.third % TYPES.len()];
        let mut union = Union {
            display_name: format!("北京某某第{}工会", self.serial()),
            union_type: union_type.to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: union_level.to_owned(),
            superior: self.union(dice.one).unwrap_or_default(),
            seat: Some(self.at(dice.other)),
            ..Union::default()
        };
        if dice.third.is_multiple_of(5) {
            union.union_type = "SINGLE_EMPLOYER".to_owned();
            union.union_level = "BASIC".to_owned();
            union.employer = self.employer(dice.other).unwrap_or_default();
        }
        self.enter(union, dice).await
    }

    async fn create_employer(&self, dice: &Dice) -> Result<()> {
        let serial = self.serial();
        let code = OrganisationCode::compose(&format!("T{serial:07}"))?;
        let mut employer = Employer {
            display_name: format!("北京第{serial}商店"),
            organisation_code: code.to_string(),
            ownership: "57".to_owned(),
            actual_address: Some(self.at(dice.one)),
            ..Employer::default()
        };
        // Some records are whole, and of these some by the newer program's rules too.
        if !dice.other.is_multiple_of(3) {
            employer.phone = format!("010-1{serial:07}");
            employer.industry = Some(Industry { edition: "2011".into(), code: "52".into() });
            employer.workforce = Some(Workforce {
                counted_on: self.date(dice.day),
                employee_count: i32::try_from(1 + dice.other % 90)?,
                ..Workforce::default()
            });
            employer.registered_address =
                Some(self.at(dice.one)).filter(|_| dice.other.is_multiple_of(2));
        }
        let request = CreateEmployerRequest {
            employer: Some(employer),
            effective_date: self.date(dice.day),
            ..CreateEmployerRequest::default()
        };
        let answer = self.employers.create_employer(call(request)).await;
        if let Some(employer) = self.answered("create an employer", answer)? {
            self.came(employer.name, employer.organisation_code);
        }
        Ok(())
    }

    async fn affiliate(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let nobody = dice.third.is_multiple_of(12);
        let superior = self.union(dice.other).filter(|_| !nobody).unwrap_or_default();
        let request = AffiliateUnionRequest {
            name,
            superior,
            effective_date: self.date(dice.day),
            validate_only: dice.third.is_multiple_of(9),
            ..AffiliateUnionRequest::default()
        };
        let answer = self.unions.affiliate_union(call(request)).await;
        self.answered("affiliate a union", answer).map(drop)
    }

    pub(in crate::storage) async fn merge_unions(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(source)) = (self.union(dice.one), self.mortal(dice.other)) else {
            return Ok(());
        };
        let request = MergeUnionsRequest {
            name,
            sources: vec![source.clone()],
            decision: self.decision(),
            effective_date: self.date(dice.day),
            ..MergeUnionsRequest::default()
        };
        let answer = self.unions.merge_unions(call(request)).await;
        self.ended(&source, dice, self.answered("merge unions", answer)?.is_some());
        Ok(())
    }

    /// Into two, of which one is new, with some of those whom it covers or leads; now and then it ends.
    pub(in crate::storage) async fn split_union(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let display_name = format!("北京某某第{}工会", self.serial());
        let union = Union {
            display_name: display_name.clone(),
            union_type: "JOINT".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            superior: self.union(dice.third).unwrap_or_default(),
            seat: Some(self.at(dice.other)),
            ..Union::default()
        };
        let day = self.date(dice.day);
        let (employers, unions) = self.under(&name, day).await?;
        let part = UnionPart {
            union: Some(union),
            employers: employers.into_iter().step_by(1 + dice.third % 2).collect(),
            unions: unions.into_iter().take(dice.third % 3).collect(),
        };
        let request = SplitUnionRequest {
            name: name.clone(),
            parts: vec![part],
            ends: dice.third.is_multiple_of(4) && !self.stays(&name),
            decision: self.decision(),
            effective_date: day,
            ..SplitUnionRequest::default()
        };
        let answer = self.unions.split_union(call(request)).await;
        self.answered("split a union", answer).map(drop)
    }

    /// Whom a union covers on a day, and some unions directly below it now.
    async fn under(&self, name: &str, day: Option<Date>) -> Result<(Vec<String>, Vec<String>)> {
        let request = ListCoveredEmployersRequest {
            parent: name.to_owned(),
            day,
            page_size: 20,
            ..ListCoveredEmployersRequest::default()
        };
        let covered = self.employers.list_covered_employers(everywhere(request)).await;
        let covered = self.answered("read whom a union covers", covered)?.unwrap_or_default();
        let request = ListUnionsRequest {
            filter: format!("superior = {name}"),
            page_size: 5,
            ..ListUnionsRequest::default()
        };
        let below = self.unions.list_unions(everywhere(request)).await;
        let below = self.answered("read who is below", below)?.unwrap_or_default();
        let covered = covered.employers.into_iter().map(|employer| employer.name);
        Ok((covered.collect(), below.unions.into_iter().map(|union| union.name).collect()))
    }

    pub(in crate::storage) fn decision(&self) -> Option<UnionDecision> {
        let approval = Approval { body: "某某总工会".to_owned(), number: "1号".to_owned() };
        let approval = Some(approval);
        Some(UnionDecision { approval, decided_on: self.date(23), ..UnionDecision::default() })
    }

    /// Under a union, away from the one that covers the employer on the day.
    async fn cover(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(union)) = (self.employer(dice.one), self.union(dice.other)) else {
            return Ok(());
        };
        let effective_date = self.date(dice.day);
        let read = GetEmployerRequest { name: name.clone(), day: effective_date };
        let read = self.employers.get_employer(call(read)).await;
        let read = self.answered("read an employer", read)?;
        let coverage = read.and_then(|employer| employer.coverage);
        let request = CoverEmployerRequest {
            name,
            union,
            previous_union: coverage.map(|coverage| coverage.union).unwrap_or_default(),
            effective_date,
            ..CoverEmployerRequest::default()
        };
        let answer = self.employers.cover_employer(call(request)).await;
        self.answered("cover an employer", answer).map(drop)
    }

    async fn uncover(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.employer(dice.one) else { return Ok(()) };
        let effective_date = self.date(dice.day);
        let request =
            UncoverEmployerRequest { name, effective_date, ..UncoverEmployerRequest::default() };
        let answer = self.employers.uncover_employer(call(request)).await;
        self.answered("uncover an employer", answer).map(drop)
    }

    async fn mark(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let mark = MARKS[dice.other % MARKS.len()].to_owned();
        let effective_date = self.date(dice.day);
        if dice.third.is_multiple_of(3) {
            let request =
                UnmarkUnionRequest { name, mark, effective_date, ..UnmarkUnionRequest::default() };
            let answer = self.unions.unmark_union(call(request)).await;
            return self.answered("unmark a union", answer).map(drop);
        }
        let mark = Some(Mark { mark, ..Mark::default() });
        let request =
            MarkUnionRequest { name, mark, effective_date, ..MarkUnionRequest::default() };
        let answer = self.unions.mark_union(call(request)).await;
        self.answered("mark a union", answer).map(drop)
    }

    async fn update_union(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let union = Union { name, seat: Some(self.at(dice.other)), ..Union::default() };
        let request = UpdateUnionRequest {
            union: Some(union),
            update_mask: mask(&["seat"]),
            effective_date: self.date(dice.day),
            ..UpdateUnionRequest::default()
        };
        let answer = self.unions.update_union(call(request)).await;
        self.answered("update a union", answer).map(drop)
    }

    async fn update_employer(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.employer(dice.one) else { return Ok(()) };
        if dice.third.is_multiple_of(3) {
            let workforce = Workforce {
                counted_on: self.date(dice.day),
                employee_count: i32::try_from(dice.other % 90)?,
                ..Workforce::default()
            };
            let workforce = Some(workforce);
            let request =
                RecordWorkforceRequest { name, workforce, ..RecordWorkforceRequest::default() };
            let answer = self.employers.record_workforce(call(request)).await;
            return self.answered("count people", answer).map(drop);
        }
        let actual_address = Some(self.at(dice.other));
        let request = UpdateEmployerRequest {
            employer: Some(Employer { name, actual_address, ..Employer::default() }),
            update_mask: mask(&["actual_address"]),
            effective_date: self.date(dice.day),
            ..UpdateEmployerRequest::default()
        };
        let answer = self.employers.update_employer(call(request)).await;
        self.answered("move an employer", answer).map(drop)
    }

    async fn turn_employer(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.employer(dice.one) else { return Ok(()) };
        let effective_date = self.date(dice.day);
        if dice.third.is_multiple_of(2) {
            let request = SuspendEmployerRequest {
                name,
                effective_date,
                ..SuspendEmployerRequest::default()
            };
            let answer = self.employers.suspend_employer(call(request)).await;
            return self.answered("suspend an employer", answer).map(drop);
        }
        let request =
            ResumeEmployerRequest { name, effective_date, ..ResumeEmployerRequest::default() };
        let answer = self.employers.resume_employer(call(request)).await;
        self.answered("resume an employer", answer).map(drop)
    }

    pub(in crate::storage) async fn close_employer(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.employer(dice.one) else { return Ok(()) };
        let request = CloseEmployerRequest {
            name: name.clone(),
            effective_date: self.date(dice.day),
            ..CloseEmployerRequest::default()
        };
        let answer = self.employers.close_employer(call(request)).await;
        self.ended(&name, dice, self.answered("close an employer", answer)?.is_some());
        Ok(())
    }

    async fn delete_employer(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.employer(dice.one) else { return Ok(()) };
        let request = DeleteEmployerRequest { name: name.clone(), ..Default::default() };
        let answer = self.employers.delete_employer(call(request)).await;
        if self.answered("withdraw an employer", answer)?.is_some() {
            self.went(&name);
        }
        Ok(())
    }

    async fn dissolve(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.mortal(dice.one) else { return Ok(()) };
        let effective_date = self.date(dice.day);
        let request =
            DissolveUnionRequest { name: name.clone(), effective_date, ..Default::default() };
        let answer = self.unions.dissolve_union(call(request)).await;
        self.ended(&name, dice, self.answered("dissolve a union", answer)?.is_some());
        Ok(())
    }

    async fn delete_union(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.mortal(dice.one) else { return Ok(()) };
        let request = DeleteUnionRequest { name: name.clone(), ..Default::default() };
        let answer = self.unions.delete_union(call(request)).await;
        if self.answered("withdraw a union", answer)?.is_some() {
            self.went(&name);
        }
        Ok(())
    }

    async fn merge_areas(&self, dice: &Dice) -> Result<()> {
        if !self.merges() {
            return self.affiliate(dice).await;
        }
        let request = MergeAreasRequest {
            name: self.community(dice.one),
            sources: vec![self.community(dice.other)],
            effective_date: self.date(dice.day),
            ..MergeAreasRequest::default()
        };
        let answer = self.areas.merge_areas(call(request)).await;
        self.answered("merge areas", answer).map(drop)
    }

    /// Below the sub-district of another community, under a label that nobody had.
    async fn move_area(&self, dice: &Dice) -> Result<()> {
        if !self.merges() {
            return self.affiliate(dice).await;
        }
        let (name, other) = (self.community(dice.one), self.community(dice.other));
        let destination_parent = other[..other.len() - 3].to_owned();
        let label = destination_parent.trim_start_matches("areas/");
        let destination_area_id = format!("{label}9{:02}", self.serial() % 100);
        let request = MoveAreaRequest {
            name,
            destination_parent,
            destination_area_id: destination_area_id.clone(),
            effective_date: self.date(dice.day),
            ..MoveAreaRequest::default()
        };
        let answer = self.areas.move_area(call(request)).await;
        if self.answered("move an area", answer)?.is_some() {
            self.area_came(format!("areas/{destination_area_id}"));
        }
        Ok(())
    }

    /// Some of those that ended are asked for once more.
    pub(in crate::storage) fn ended(&self, name: &str, dice: &Dice, ended: bool) {
        if ended && dice.third.is_multiple_of(2) {
            self.went(name);
        }
    }

    pub(super) fn at(&self, number: usize) -> Address {
        Address { area: self.community(number), line: format!("{}号", 1 + number % 3) }
    }
}

pub(super) fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Some(prost_types::FieldMask { paths })
}
