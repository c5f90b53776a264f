//! Broken rules of elections and committees as the contract shows them.

use unionhall_kit::fault::Outcome;
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{
        Finding as FindingMessage,
        finding::{Figure, Standing as StandingMessage},
    },
};

use crate::{
    rules::{
        election_rules::{ElectionRules, Finding},
        standing::Standing,
    },
    store::dated::broken,
};

/// The shipped rules. A test reads them, so that no release has a table with a fault.
pub(super) fn rules() -> Outcome<&'static ElectionRules> {
    ElectionRules::shipped().map_err(|fault| broken(fault.clone()))
}

/// The findings in their order.
pub(super) fn messages(findings: &[Finding]) -> Vec<FindingMessage> {
    findings.iter().map(message).collect()
}

fn message(finding: &Finding) -> FindingMessage {
    let rule = &finding.rule;
    let figure = |(name, value): &(&'static str, u32)| Figure {
        name: (*name).to_owned(),
        value: i64::from(*value),
    };
    FindingMessage {
        rule: rule.id.clone(),
        mandatory: finding.mandatory(),
        field: finding.field.clone(),
        figures: finding.figures.iter().map(figure).collect(),
        problem: Some(LocalizedText {
            zh: finding.problem_zh.clone(),
            en: finding.problem.clone(),
        }),
        source: rule.source.clone(),
        remedy: Some(LocalizedText { zh: rule.remedy_zh.clone(), en: rule.remedy_en.clone() }),
        standing: standing(rule.standing).into(),
    }
}

/// How far the text of a rule's days is at hand.
pub(super) fn standing(standing: Standing) -> StandingMessage {
    match standing {
        Standing::Stated => StandingMessage::Stated,
        Standing::Assumed => StandingMessage::Assumed,
        Standing::Unknown => StandingMessage::Unknown,
    }
}
