//! An employer as the contract shows it.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{
        Address as AddressMessage, Coverage, Employer, EmployerFact, Industry as IndustryMessage,
        Validity, Workforce, coverage::Kind as CoverageKind, employer::State, validity::FailedRule,
    },
};

use crate::{
    rules::{
        employer::{
            EmployerFacts, Status, address::Address, code::Industry, cover::Cover,
            headcount::Headcount, identifier::Identifier,
        },
        quality::{RuleSet, Severity},
        union::kind::CoverKind,
    },
    store::{
        dated::FactValue,
        employers::{EmployerRecord, Fact, PastFact},
        unions,
    },
};

/// The employer as it was on `day`.
pub fn employer(record: &EmployerRecord, day: CivilDate, rules: &RuleSet) -> Employer {
    Employer {
        name: record.name(),
        state: state(record.facts.status_on(day)).into(),
        validity: Some(validity(&record.facts, day, rules)),
        coverage: coverage(&record.facts, day),
        create_time: Some(instant(record.created_at)),
        update_time: Some(instant(record.updated_at)),
        etag: record.etag(),
        ..settable(&record.facts, day)
    }
}

/// The fields that a request can set, as they were on `day`.
pub(super) fn settable(facts: &EmployerFacts, day: CivilDate) -> Employer {
    let identifier = facts.identifiers.on(day);
    Employer {
        display_name: text(facts.names.on(day)),
        credit_code: text(identifier.and_then(Identifier::credit_code)),
        organisation_code: text(identifier.map(Identifier::organisation_code)),
        ownership: text(facts.ownerships.on(day)),
        economic_type: text(facts.economic_types.on(day)),
        industry: facts.industries.on(day).map(industry),
        registered_address: facts.registered_addresses.on(day).map(address),
        actual_address: facts.actual_addresses.on(day).map(address),
        established_on: facts.established_on.map(Into::into),
        phone: facts.phones.on(day).map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        workforce: facts.workforce_on(day).map(|(counted_on, count)| workforce(counted_on, count)),
        ..Default::default()
    }
}

/// A recorded fact, its value in the field that it sets.
pub(super) fn fact(past: &PastFact) -> EmployerFact {
    let period = past.dated.period;
    EmployerFact {
        valid_from: Some(period.from().into()),
        valid_until: period.until().map(Into::into),
        record_time: Some(instant(past.recorded_at)),
        supersede_time: past.superseded_at.map(instant),
        field: past.dated.fact.field().to_owned(),
        value: Some(value(&past.dated.fact, period.from())),
    }
}

fn value(fact: &Fact, from: CivilDate) -> Employer {
    let mut value = Employer::default();
    match fact {
        Fact::DisplayName(name) => value.display_name = name.to_string(),
        Fact::CreditCode(code) => value.credit_code = code.to_string(),
        Fact::OrganisationCode(code) => value.organisation_code = code.to_string(),
        Fact::Ownership(code) => value.ownership = code.to_string(),
        Fact::EconomicType(code) => value.economic_type = code.to_string(),
        Fact::Industry(class) => value.industry = Some(industry(class)),
        Fact::RegisteredAddress(place) => value.registered_address = Some(address(place)),
        Fact::ActualAddress(place) => value.actual_address = Some(address(place)),
        Fact::EstablishedOn(day) => value.established_on = Some((*day).into()),
        Fact::Phone(phone) => value.phone = phone.as_str().to_owned(),
        Fact::Workforce(count) => value.workforce = Some(workforce(from, *count)),
        Fact::Coverage(cover) => value.coverage = Some(covered(*cover, from)),
        Fact::State(status) => value.state = state(Some(*status)).into(),
    }
    value
}

fn validity(facts: &EmployerFacts, day: CivilDate, rules: &RuleSet) -> Validity {
    let failed = rules.assess(facts, day);
    let mandatory = |severity| severity == Severity::Mandatory;
    Validity {
        valid: !failed.iter().any(|failed| mandatory(failed.rule.severity)),
        failed_rules: failed
            .into_iter()
            .map(|failed| FailedRule {
                rule: failed.rule.id.clone(),
                field: failed.rule.field.as_str().to_owned(),
                mandatory: mandatory(failed.rule.severity),
                remedy: Some(LocalizedText {
                    zh: failed.rule.remedy_zh.clone(),
                    en: failed.rule.remedy_en.clone(),
                }),
            })
            .collect(),
    }
}

fn coverage(facts: &EmployerFacts, day: CivilDate) -> Option<Coverage> {
    let row = facts.covers.rows().iter().find(|row| row.period.covers(day))?;
    Some(covered(row.value, row.period.from()))
}

fn covered(cover: Cover, from: CivilDate) -> Coverage {
    let kind = match cover.kind {
        CoverKind::Own => CoverageKind::Own,
        CoverKind::Joint => CoverageKind::Joint,
        CoverKind::Community => CoverageKind::Community,
        CoverKind::Industry => CoverageKind::Industry,
        CoverKind::Park => CoverageKind::Park,
    };
    Coverage {
        union: unions::resource_name(cover.union),
        kind: kind.into(),
        valid_from: Some(from.into()),
    }
}

fn state(status: Option<Status>) -> State {
    match status {
        Some(Status::Active) => State::Active,
        Some(Status::Suspended) => State::Suspended,
        Some(Status::Closed) => State::Closed,
        None => State::Unknown,
    }
}

fn industry(industry: &Industry) -> IndustryMessage {
    IndustryMessage {
        edition: industry.edition.as_str().to_owned(),
        code: industry.code.to_string(),
    }
}

fn address(address: &Address) -> AddressMessage {
    AddressMessage { area: format!("areas/{}", address.area()), line: address.line().to_owned() }
}

fn workforce(counted_on: CivilDate, count: Headcount) -> Workforce {
    // A headcount has at most 9,999,999 people.
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    Workforce {
        counted_on: Some(counted_on.into()),
        employee_count: number(count.employees()),
        female_count: count.female().map(number),
        migrant_count: count.migrant().map(number),
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn instant(at: DateTime<Utc>) -> Timestamp {
    // Nanoseconds within a second are below 2,000,000,000.
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0);
    Timestamp { seconds: at.timestamp(), nanos }
}
