//! A case as the contract shows it.

use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{
        Activation, AppliedRule, Consultation, Contacted, Establishment,
        FollowUp as FollowUpMessage, FormationCase, FormationClosing, FormationDocument,
        FormationPlan, FormationReason, FormationStep, FoundingAssembly, JoiningUnion,
        LeadershipBriefing, LegalPerson, ObstructionReport, Preparation, Recruitment, WorkersWish,
        applied_rule::{Obligation as ObligationMessage, Standing as StandingMessage},
        consultation::Party as PartyMessage,
        formation_case::{Channel as ChannelMessage, State as StateMessage},
        formation_closing::Outcome as OutcomeMessage,
        formation_document::Kind as DocumentKindMessage,
        formation_step::Content,
        founding_assembly::Kind as AssemblyKindMessage,
    },
};

use crate::{
    api::{unions::encode as union, wire::timestamp},
    rules::{
        formation::{
            Subject,
            guidance::{Applied, Obligation},
            plan::{Channel, FollowUp, Plan},
            stage::State,
            step::{
                Assembly, AssemblyKind, Deed, Document, DocumentKind, Outcome, Party, Step, Words,
            },
        },
        standing::Standing,
        union::EmployerId,
    },
    store::{
        employers,
        formations::{CaseRecord, PastStep},
        unions::resource_name,
    },
};

/// The case as it was on `day`.
pub(super) fn case(record: &CaseRecord, day: CivilDate) -> FormationCase {
    let journal = &record.journal;
    let standing = journal.state_on(day);
    FormationCase {
        name: record.name(),
        state: standing.map_or(StateMessage::Unknown, |(state, _)| state_message(state)).into(),
        opened_on: Some(journal.opened_on().into()),
        state_since: standing.map(|(_, since)| since.into()),
        path: journal.path_on(day).map(step).collect(),
        union: journal.union_on(day).map(resource_name).unwrap_or_default(),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.etag(),
        wish_on: journal.wish_on(day).map(Into::into),
        ..settable(record, &journal.plan_on(day))
    }
}

/// The fields that a request can set.
pub(super) fn settable(record: &CaseRecord, plan: &Plan) -> FormationCase {
    let planned = planned(plan);
    let (employer, territory) = match &record.subject {
        Subject::Employer(EmployerId(id)) => (employers::resource_name(*id), String::new()),
        Subject::Area(area) => (String::new(), format!("areas/{area}")),
    };
    FormationCase {
        employer,
        territory,
        union_type: planned.union_type,
        union_form: planned.union_form,
        union_level: planned.union_level,
        display_name: planned.display_name,
        superior: planned.superior,
        seat: planned.seat,
        channel: planned.channel,
        follow_up: planned.follow_up,
        ..Default::default()
    }
}

fn planned(plan: &Plan) -> FormationPlan {
    let channel = match plan.channel {
        None => ChannelMessage::Unspecified,
        Some(Channel::Offline) => ChannelMessage::Offline,
        Some(Channel::Online) => ChannelMessage::Online,
    };
    FormationPlan {
        union_type: plan.union_type.map(|kind| kind.code().to_owned()).unwrap_or_default(),
        union_form: plan.union_form.map(|form| form.code().to_owned()).unwrap_or_default(),
        union_level: plan.union_level.map(|level| level.code().to_owned()).unwrap_or_default(),
        display_name: text(plan.name.as_ref()),
        superior: plan.superior.map(resource_name).unwrap_or_default(),
        seat: plan.seat.as_ref().map(union::address),
        channel: channel.into(),
        follow_up: plan.follow_up.as_ref().map(follow_up),
    }
}

/// Who follows up.
pub(super) fn follow_up(follow_up: &FollowUp) -> FollowUpMessage {
    FollowUpMessage {
        assignee: follow_up.assignee.to_string(),
        next_action: follow_up.next_action.clone(),
        due_on: follow_up.due_on.map(Into::into),
    }
}

/// A step that stands.
fn step(step: &Step) -> FormationStep {
    FormationStep {
        number: step.number.into(),
        day: Some(step.day.into()),
        corrects: step.corrects.map(i64::from).unwrap_or_default(),
        content: Some(content(&step.deed)),
        ..Default::default()
    }
}

/// A step that was recorded.
pub(super) fn past(past: &PastStep) -> FormationStep {
    FormationStep {
        record_time: Some(timestamp(past.recorded_at)),
        supersede_time: past.superseded_at.map(timestamp),
        ..step(&past.step)
    }
}

fn content(deed: &Deed) -> Content {
    match deed {
        Deed::Plan(plan) => Content::Plan(planned(plan)),
        Deed::Contact { who, note } => {
            Content::Contact(Contacted { who: who.to_string(), note: text(note.as_ref()) })
        }
        Deed::Application(found) => Content::Application(document(found)),
        Deed::Preparation { approval, group } => Content::Preparation(Preparation {
            approval: Some(union::approval(approval)),
            group: text(group.as_ref()),
        }),
        Deed::Recruitment { members, women } => Content::Recruitment(Recruitment {
            member_count: count(*members),
            female_count: count(*women),
        }),
        Deed::ElectionApproval(approval) => Content::ElectionApproval(union::approval(approval)),
        Deed::Election(found) => Content::Election(assembly(found)),
        Deed::ResultFiling(found) => Content::ResultFiling(document(found)),
        Deed::Establishment { approval, union: id, term } => {
            Content::Establishment(Establishment {
                approval: Some(union::approval(approval)),
                union: resource_name(*id),
                term_number: term.number.get().into(),
                term_years: term.years.count().into(),
            })
        }
        Deed::Registration { code, certificate } => Content::Registration(LegalPerson {
            credit_code: code.to_string(),
            certificate: certificate
                .as_ref()
                .map(|number| number.as_str().to_owned())
                .unwrap_or_default(),
        }),
        Deed::Activation => Content::Activation(Activation {}),
        Deed::Coverage(id) => Content::Coverage(JoiningUnion { union: resource_name(*id) }),
        Deed::Abandonment(why) => Content::Abandonment(reason(why)),
        Deed::Refusal(why) => Content::Refusal(reason(why)),
        Deed::Suspension(why) => Content::Suspension(reason(why)),
        Deed::Resumption(why) => Content::Resumption(reason(why)),
        Deed::Closing { outcome, union } => Content::Closing(FormationClosing {
            outcome: outcome_message(*outcome).into(),
            union: union.map(resource_name).unwrap_or_default(),
        }),
        Deed::Document(found) => Content::Document(document(found)),
        Deed::Consultation { party, with, outcome } => Content::Consultation(Consultation {
            party: party_message(*party).into(),
            with: with.to_string(),
            outcome: text(outcome.as_ref()),
        }),
        Deed::Briefing { to, outcome } => Content::Briefing(LeadershipBriefing {
            to: to.to_string(),
            outcome: text(outcome.as_ref()),
        }),
        Deed::Obstruction { conduct, reported_to } => Content::Obstruction(ObstructionReport {
            conduct: conduct.to_string(),
            reported_to: text(reported_to.as_ref()),
        }),
        Deed::Wish { how } => Content::Wish(WorkersWish { how: how.to_string() }),
    }
}

fn document(document: &Document) -> FormationDocument {
    let kind = match document.kind {
        DocumentKind::Own => DocumentKindMessage::Unspecified,
        DocumentKind::Application => DocumentKindMessage::Application,
        DocumentKind::Approval => DocumentKindMessage::Approval,
        DocumentKind::Minutes => DocumentKindMessage::Minutes,
        DocumentKind::Seal => DocumentKindMessage::Seal,
        DocumentKind::BankAccount => DocumentKindMessage::BankAccount,
        DocumentKind::FundsRegistration => DocumentKindMessage::FundsRegistration,
        DocumentKind::Other => DocumentKindMessage::Other,
    };
    FormationDocument {
        kind: kind.into(),
        number: document
            .number
            .as_ref()
            .map(|number| number.as_str().to_owned())
            .unwrap_or_default(),
        date: document.date.map(Into::into),
        issuer: text(document.issuer.as_ref()),
    }
}

fn assembly(assembly: &Assembly) -> FoundingAssembly {
    let kind = match assembly.kind {
        AssemblyKind::GeneralMeeting => AssemblyKindMessage::GeneralMeeting,
        AssemblyKind::DelegateCongress => AssemblyKindMessage::DelegateCongress,
    };
    FoundingAssembly {
        kind: kind.into(),
        venue: text(assembly.venue.as_ref()),
        due_count: count(assembly.due),
        present_count: count(assembly.present),
        represented_count: count(assembly.represented),
        committee_count: count(assembly.seats),
        women_committee: assembly.women,
        audit_committee: assembly.audit,
        chair: text(assembly.chair.as_ref()),
        own_accounts: assembly.own_accounts,
        candidate_count: assembly.candidates.map(count),
        elected_count: assembly.elected.map(count),
    }
}

fn party_message(party: Party) -> PartyMessage {
    match party {
        Party::SubdistrictCommunityOffice => PartyMessage::SubdistrictCommunityOffice,
        Party::Communities => PartyMessage::Communities,
        Party::Employer => PartyMessage::Employer,
        Party::Workers => PartyMessage::Workers,
        Party::Other => PartyMessage::Other,
    }
}

fn reason(why: &Words) -> FormationReason {
    FormationReason { reason: why.to_string() }
}

fn outcome_message(outcome: Outcome) -> OutcomeMessage {
    match outcome {
        Outcome::CoveredElsewhere => OutcomeMessage::CoveredElsewhere,
        Outcome::EmployerEnded => OutcomeMessage::EmployerEnded,
        Outcome::EmployerWithdrawn => OutcomeMessage::EmployerWithdrawn,
        Outcome::UnionEnded => OutcomeMessage::UnionEnded,
        Outcome::OtherCaseGoesOn => OutcomeMessage::OtherCaseGoesOn,
    }
}

/// A state.
pub(super) fn state_message(state: State) -> StateMessage {
    match state {
        State::Prospect => StateMessage::Prospect,
        State::Contacted => StateMessage::Contacted,
        State::ApplicationFiled => StateMessage::ApplicationFiled,
        State::PreparatoryApproved => StateMessage::PreparatoryApproved,
        State::Recruiting => StateMessage::Recruiting,
        State::ElectionApproved => StateMessage::ElectionApproved,
        State::ElectionHeld => StateMessage::ElectionHeld,
        State::ResultFiled => StateMessage::ResultFiled,
        State::Established => StateMessage::Established,
        State::Registered => StateMessage::Registered,
        State::Active => StateMessage::Active,
        State::Covered => StateMessage::Covered,
        State::Abandoned => StateMessage::Abandoned,
        State::Refused => StateMessage::Refused,
        State::Suspended => StateMessage::Suspended,
        State::Ended => StateMessage::Ended,
    }
}

/// A rule, and what it asks.
pub(super) fn applied(applied: Applied<'_>) -> AppliedRule {
    let obligation = match applied.obligation {
        Obligation::Mandatory => ObligationMessage::Mandatory,
        Obligation::Optional => ObligationMessage::Optional,
        Obligation::Information => ObligationMessage::Information,
        Obligation::NotApplicable => ObligationMessage::NotApplicable,
        Obligation::Unknown => ObligationMessage::Unknown,
    };
    let standing = match applied.standing {
        Standing::Stated => StandingMessage::Stated,
        Standing::Assumed => StandingMessage::Assumed,
        Standing::Unknown => StandingMessage::Unknown,
    };
    let (en, zh) = applied.text;
    AppliedRule {
        id: applied.id.to_owned(),
        subject: applied.subject.to_owned(),
        obligation: obligation.into(),
        text: Some(LocalizedText { zh: zh.to_owned(), en: en.to_owned() }),
        source: applied.source.to_owned(),
        standing: standing.into(),
        options: applied.options,
        valid_from: Some(applied.period.from().into()),
        valid_until: applied.period.until().map(Into::into),
    }
}

/// A text in English and Chinese.
pub(super) fn words((en, zh): (String, String)) -> LocalizedText {
    LocalizedText { zh, en }
}

/// Counts of the contract are bounded far below.
pub(super) fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
