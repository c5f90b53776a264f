//! What a refusal must look like, whatever it refuses.

use anyhow::{Context, Result, bail, ensure};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{client, suite::Suite};

/// Words of drivers, databases and the language, which no caller may read.
const LEAKS: [&str; 12] = [
    "sqlite",
    "sqlx",
    "sea_orm",
    "seaorm",
    "postgres",
    "pgsql",
    "select ",
    "insert ",
    "constraint",
    "panicked",
    "src/",
    ".rs:",
];

/// The status of a call that must be refused with this code and reason, in two languages, without
/// a word of what lies behind.
///
/// # Errors
/// When the call was answered, or refused otherwise.
pub fn refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    code: Code,
    reason: &str,
) -> Result<Status> {
    let status = match answer {
        Ok(value) => bail!("{reason} was due, the answer is {value:?}"),
        Err(status) => status,
    };
    let given = client::reason(&status);
    let right = status.code() == code && given.as_deref() == Some(reason);
    ensure!(right, "{reason} was due, the answer is {given:?} {status:?}");
    let chinese = status.get_details_localized_message().context("no localized message")?;
    ensure!(chinese.locale == "zh-CN" && !chinese.message.is_empty(), "{chinese:?}");
    for text in [status.message(), &chinese.message] {
        let text = text.to_lowercase();
        let leak = LEAKS.iter().find(|leak| text.contains(**leak));
        ensure!(leak.is_none(), "{leak:?} leaks: {text}");
    }
    Ok(status)
}

/// The paths of the fields that a refusal names.
#[must_use]
pub fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations);
    violations.into_iter().flatten().map(|violation| violation.field).collect()
}

/// Fails when a process of the suite has ended or panicked.
///
/// # Errors
/// The end of the log.
pub fn unharmed(suite: &Suite) -> Result<()> {
    for process in suite.processes() {
        let alive = crate::faults::signal::is_alive(process.id());
        let log = process.log()?;
        ensure!(alive && !log.contains("panicked at"), "{}", process.log_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn status(message: &str, reason: &str) -> Status {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, "unionhall", [("a".to_owned(), "b".to_owned())]);
        details.set_localized_message("zh-CN", "不行");
        Status::with_error_details(Code::NotFound, message, details)
    }

    #[test]
    fn a_refusal_is_the_one_that_was_due() {
        let answer = || Err::<(), _>(status("not here", "NOT_FOUND"));
        assert!(refused(answer(), Code::NotFound, "NOT_FOUND").is_ok());
        assert!(refused(answer(), Code::NotFound, "OUT_OF_SCOPE").is_err());
        assert!(refused(answer(), Code::Internal, "NOT_FOUND").is_err());
        assert!(refused(Ok(7), Code::NotFound, "NOT_FOUND").is_err());
        let bare = Err::<(), _>(Status::not_found("no details"));
        assert!(refused(bare, Code::NotFound, "NOT_FOUND").is_err());
    }

    #[test]
    fn a_leak_is_seen() {
        let leaking = Err::<(), _>(status("UNIQUE constraint failed: employer.id", "NOT_FOUND"));
        assert!(refused(leaking, Code::NotFound, "NOT_FOUND").is_err());
    }
}
