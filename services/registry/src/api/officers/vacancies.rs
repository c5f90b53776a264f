//! Vacant offices of a union.

use unionhall_kit::{call::Call, fault::Outcome};
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{GetVacanciesRequest, OfficeVacancies, office_vacancies::Vacancy as Message},
};

use super::{Officers, codes, seen_union};
use crate::{
    api::{findings, unions, wire},
    rules::office::vacancy::{Vacancy, vacancies},
    store::officers,
};

impl Officers {
    pub(super) async fn vacancies(
        &self,
        call: Call<GetVacanciesRequest>,
    ) -> Outcome<OfficeVacancies> {
        let message = &call.message;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        let reader = self.register.ledger.db().reader();
        let id = unions::id(&message.name)?;
        let union = seen_union(reader, &call.caller, id, &message.name).await?;
        let known = officers::of_union(reader, id).await?;
        let offices: Vec<_> = known.into_iter().map(|record| (record.id, record.office)).collect();
        let found = vacancies(&union.facts, &offices, (findings::rules()?, day));
        let shown = |vacancy: &Vacancy| Message {
            officer: officers::resource_name(id, vacancy.left),
            overdue: vacancy.overdue_on(day),
            ..shown(vacancy)
        };
        Ok(OfficeVacancies {
            union: union.name(),
            day: Some(day.into()),
            vacancies: found.iter().map(shown).collect(),
        })
    }
}

fn shown(vacancy: &Vacancy) -> Message {
    let rule = vacancy.due.as_ref().map(|(rule, _)| rule);
    Message {
        committee: codes::committee_message(vacancy.committee).into(),
        position: codes::position_message(vacancy.position).into(),
        vacant_since: Some(vacancy.since.into()),
        fill_by: vacancy.due.as_ref().map(|(_, by)| (*by).into()),
        rule: rule.map(|rule| rule.id.clone()).unwrap_or_default(),
        source: rule.map(|rule| rule.source.clone()).unwrap_or_default(),
        next_step: rule
            .map(|rule| LocalizedText { zh: rule.remedy_zh.clone(), en: rule.remedy_en.clone() }),
        rule_standing: rule
            .map(|rule| findings::standing(rule.standing).into())
            .unwrap_or_default(),
        ..Default::default()
    }
}
