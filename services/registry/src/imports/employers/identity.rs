//! Which employer a row is about.

use std::collections::{HashMap, HashSet};

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::Outcome,
    sheet::{CellFault, Record, Value},
};
use uuid::Uuid;

use crate::{
    columns::{self, Column},
    imports::{kinds, refused},
    rules::{
        Refusal,
        credit_code::{CreditCode, CreditCodeFault},
        employer::{EmployerFacts, change::EmployerFault, identifier::Identifier},
        organisation_code::{OrganisationCode, OrganisationCodeFault},
    },
    store::{
        employers::{self, EmployerRecord},
        unions,
    },
};

/// What the two code columns say.
pub(in crate::imports) struct Identity {
    /// The code by which the row names its employer.
    pub(in crate::imports) code: Option<Identifier>,
    /// The column that it stands in.
    pub(in crate::imports) column: Column,
    pub(in crate::imports) faults: Vec<CellFault>,
}

impl Identity {
    pub(in crate::imports) fn of(row: &Record) -> Self {
        let mut faults = Vec::new();
        let credit = row.text(columns::CREDIT_CODE.key).map(CreditCode::parse).transpose();
        let credit = credit.map_err(|fault| faults.push(credit_fault(row, fault))).ok().flatten();
        let body = row.text(columns::ORGANISATION_CODE.key).map(OrganisationCode::parse);
        let body = body.transpose();
        let body = body.map_err(|fault| faults.push(body_fault(row, fault))).ok().flatten();
        if let (Some(credit), Some(body)) = (&credit, &body)
            && !body.matches(credit)
        {
            let (one, other) =
                (Identifier::Credit(credit.clone()), Identifier::Organisation(body.clone()));
            let fault = EmployerFault::CodesDiffer(one, other);
            faults.push(refused(row, columns::ORGANISATION_CODE, &fault));
        }
        let empty = |column: Column| *row.value(column.key) == Value::Empty;
        if empty(columns::CREDIT_CODE) && empty(columns::ORGANISATION_CODE) {
            faults.push(refused(row, columns::CREDIT_CODE, &EmployerFault::NotIdentified));
        }
        let (code, column) = match (credit, body) {
            (Some(code), _) => (Some(Identifier::Credit(code)), columns::CREDIT_CODE),
            (None, Some(code)) => {
                (Some(Identifier::Organisation(code)), columns::ORGANISATION_CODE)
            }
            (None, None) => (None, columns::CREDIT_CODE),
        };
        Self { code, column, faults }
    }

    fn body(&self) -> Option<OrganisationCode> {
        self.code.as_ref().map(Identifier::organisation_code)
    }
}

/// The identities of rows, in order.
pub(super) fn identities(rows: &[Record]) -> Vec<Identity> {
    rows.iter().map(Identity::of).collect()
}

/// A check character that does not fit is a typing error and has a code of its own.
fn credit_fault(row: &Record, fault: CreditCodeFault) -> CellFault {
    let found = refused(row, columns::CREDIT_CODE, &fault);
    match fault {
        CreditCodeFault::InnerCheck | CreditCodeFault::OuterCheck | CreditCodeFault::BothChecks => {
            let mistyped = row.fault(columns::CREDIT_CODE.key, &kinds::CREDIT_CODE_CHECK);
            filled(mistyped, &fault)
        }
        _ => found,
    }
}

fn body_fault(row: &Record, fault: OrganisationCodeFault) -> CellFault {
    if fault == OrganisationCodeFault::Check {
        let column = columns::ORGANISATION_CODE.key;
        return filled(row.fault(column, &kinds::ORGANISATION_CODE_CHECK), &fault);
    }
    refused(row, columns::ORGANISATION_CODE, &fault)
}

fn filled(fault: CellFault, refusal: &impl Refusal) -> CellFault {
    refusal.places().into_iter().fold(fault, |fault, (key, value)| fault.with(key, value))
}

/// The employers that rows are about, as far as the register has them.
#[derive(Default)]
pub(super) struct Known {
    records: HashMap<String, EmployerRecord>,
    /// Those with a union of their own.
    own: HashSet<Uuid>,
}

impl Known {
    /// Reads them without holding them.
    pub(super) async fn read(
        conn: &impl ConnectionTrait,
        identities: &[Identity],
    ) -> Outcome<Self> {
        let bodies: Vec<OrganisationCode> = identities.iter().filter_map(Identity::body).collect();
        let holders = employers::holders(conn, &bodies).await?;
        if holders.is_empty() {
            return Ok(Self::default());
        }
        let ids: Vec<Uuid> = holders.iter().map(|holder| holder.id).collect();
        let mut records = employers::load(conn, &ids).await?;
        let known = holders.into_iter().filter_map(|holder| {
            records.remove(&holder.id).map(|record| (holder.organisation_code, record))
        });
        let own = unions::with_own_union(conn, &ids).await?;
        Ok(Self { records: known.collect(), own })
    }

    /// The employer of a row.
    pub(super) fn of(&self, identity: &Identity) -> Option<&EmployerRecord> {
        self.records.get(identity.body()?.as_str())
    }

    /// Whether a row ends an employer that has a union of its own.
    pub(super) fn ends_union(&self, record: &EmployerRecord, facts: &EmployerFacts) -> bool {
        let ends = record.facts.closed_on().is_none() && facts.closed_on().is_some();
        ends && self.own.contains(&record.id)
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &EmployerRecord> {
        self.records.values()
    }

    /// The same employers as they are held now. False where one of them is gone, is another's or
    /// changed since it was read: what was drafted for it is stale then.
    pub(super) fn replace(&mut self, held: Vec<EmployerRecord>, own: HashSet<Uuid>) -> bool {
        let body = |record: &EmployerRecord| {
            record.facts.organisation_code().map(|code| code.as_str().to_owned())
        };
        let held: HashMap<String, EmployerRecord> =
            held.into_iter().filter_map(|record| Some((body(&record)?, record))).collect();
        let as_read = |(body, read): (&String, &EmployerRecord)| {
            held.get(body).is_some_and(|now| now.version == read.version)
        };
        let same = held.len() == self.records.len() && self.records.iter().all(as_read);
        (self.records, self.own) = (held, own);
        same
    }
}
