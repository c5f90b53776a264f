//! How memberships end or come to rest, as rows say it.

use unionhall_kit::sheet::CodeList;

pub(in crate::imports) use super::layout::TRANSFERRED;
use super::layout::entry;
use crate::rules::{
    member::passage::{RetentionCause, Step},
    union::mark::Note,
};

/// The ways out, by the codes of the contract.
const WITHDRAWN: &str = "WITHDRAWN";
const DEEMED_WITHDRAWN: &str = "DEEMED_WITHDRAWN";
const EXPELLED: &str = "EXPELLED";
const DECEASED: &str = "DECEASED";

/// Those of EndMembership, then the causes of RetainMembership.
pub(in crate::imports) fn ways_out() -> CodeList {
    let ends = [
        (WITHDRAWN, "退会", "Withdrawn"),
        (DEEMED_WITHDRAWN, "自动退会", "Deemed withdrawn"),
        (EXPELLED, "开除会籍", "Expelled"),
        (TRANSFERRED, "转出", "Transferred out"),
        (DECEASED, "死亡", "Deceased"),
    ];
    let causes = RetentionCause::ALL.map(|cause| {
        let (zh, en) = match cause {
            RetentionCause::Retired => ("退休保留会籍", "Retained: retired"),
            RetentionCause::Unemployed => ("失业保留会籍", "Retained: unemployed"),
            RetentionCause::MilitaryService => ("服兵役保留会籍", "Retained: military service"),
            RetentionCause::EmployerEnded => ("单位终止保留会籍", "Retained: employer ended"),
            RetentionCause::UnionEnded => ("工会终止保留会籍", "Retained: union ended"),
            RetentionCause::Other => ("其他原因保留会籍", "Retained: another cause"),
        };
        (cause.code(), zh, en)
    });
    CodeList::new(ends.into_iter().chain(causes).map(entry))
}

/// The step of a way out; none where the way needs a note and there is none.
pub(in crate::imports) fn step_out(code: &str, note: Option<Note>) -> Option<Step> {
    // An empty note is a note.
    let some = |note: Option<Note>| note.or_else(|| Note::parse("").ok());
    match code {
        WITHDRAWN => Some(Step::Withdrawn),
        DEEMED_WITHDRAWN => Some(Step::DeemedWithdrawn),
        EXPELLED => note.map(Step::Expelled),
        TRANSFERRED => some(note).map(Step::TransferredOut),
        DECEASED => Some(Step::Deceased),
        cause => {
            let mut causes = RetentionCause::ALL.into_iter();
            causes.find(|known| known.code() == cause).map(Step::Retained)
        }
    }
}
