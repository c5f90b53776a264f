//! Plans recorded in memory, so that the next plan of one request sees the effect of the last.

use unionhall_kit::civil::{CivilDate, Period};

use super::{AreaPlan, AreaStep};
use crate::rules::area::tree::{AreaFact, AreaTree, DatedCode, DatedName};

impl AreaTree {
    /// Records a plan that was made for this tree; further plans then see its effect.
    pub fn apply(&mut self, plan: &AreaPlan) {
        for step in &plan.steps {
            self.record(step);
        }
    }

    fn record(&mut self, step: &AreaStep) {
        match step {
            AreaStep::Open { path, name, from, history_unknown } => {
                let period = Period::since(*from);
                let fact = AreaFact {
                    path: path.clone(),
                    period,
                    history_unknown: *history_unknown,
                    names: vec![DatedName { name: name.clone(), period }],
                    codes: Vec::new(),
                };
                self.put(fact);
            }
            AreaStep::Link(lineage) => self.link(lineage.clone()),
            AreaStep::Name { path, .. }
            | AreaStep::Code { path, .. }
            | AreaStep::Close { path, .. } => {
                if let Some(mut fact) = self.get(path).cloned() {
                    change(&mut fact, step);
                    self.put(fact);
                }
            }
        }
    }
}

fn change(fact: &mut AreaFact, step: &AreaStep) {
    match step {
        AreaStep::Name { name, from, .. } => {
            end_names(fact, *from);
            fact.names.push(DatedName { name: name.clone(), period: Period::since(*from) });
        }
        AreaStep::Code { code, edition, from, .. } => {
            end_codes(fact, *from);
            let period = Period::since(*from);
            fact.codes.push(DatedCode { code: code.clone(), edition: *edition, period });
        }
        AreaStep::Close { on, .. } => {
            end_names(fact, *on);
            end_codes(fact, *on);
            end(&mut fact.period, *on);
        }
        AreaStep::Open { .. } | AreaStep::Link(_) => {}
    }
}

fn end_names(fact: &mut AreaFact, on: CivilDate) {
    fact.names.iter_mut().for_each(|dated| end(&mut dated.period, on));
}

fn end_codes(fact: &mut AreaFact, on: CivilDate) {
    fact.codes.iter_mut().for_each(|dated| end(&mut dated.period, on));
}

/// Ends an open period; ended ones keep their end.
fn end(period: &mut Period, on: CivilDate) {
    if period.until().is_none()
        && let Some(ended) = Period::new(period.from(), Some(on))
    {
        *period = ended;
    }
}
