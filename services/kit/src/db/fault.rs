//! What a driver's error means to a caller. The driver's own text goes to the log only.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::{
    fault::{Fault, Reason},
    reasons,
};

/// The fault behind a driver's error.
pub fn of(error: DbErr) -> Fault {
    Fault::new(reason(&error)).caused_by(error)
}

/// The constraint or columns that a write violated, when that is what went wrong.
pub fn unique_violation(error: &DbErr) -> Option<String> {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(which)) => Some(which),
        _ => None,
    }
}

fn reason(error: &DbErr) -> &'static Reason {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => driver(error)
            .map_or(&reasons::STORAGE_UNAVAILABLE, |sqlx| {
                of_sqlx(sqlx).unwrap_or(&reasons::STORAGE_UNAVAILABLE)
            }),
        _ => driver(error).and_then(of_sqlx).unwrap_or(&reasons::INTERNAL),
    }
}

fn driver(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => Some(e),
        _ => None,
    }
}

fn of_sqlx(error: &sqlx::Error) -> Option<&'static Reason> {
    match error {
        sqlx::Error::Database(db) => {
            let code = db.code().unwrap_or_default();
            if db.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                of_postgres(&code)
            } else {
                of_sqlite(&code)
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Some(&reasons::STORAGE_UNAVAILABLE),
        _ => None,
    }
}

/// SQLSTATE classes.
fn of_postgres(code: &str) -> Option<&'static Reason> {
    match code {
        "53100" => Some(&reasons::STORAGE_FULL),
        "40001" | "40P01" | "55P03" => Some(&reasons::CONFLICT),
        "57014" => Some(&reasons::DEADLINE_EXCEEDED),
        _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
            Some(&reasons::STORAGE_UNAVAILABLE)
        }
        _ => None,
    }
}

/// Extended result codes; the low byte is the primary one.
fn of_sqlite(code: &str) -> Option<&'static Reason> {
    let primary = code.parse::<u32>().ok()? & 0xff;
    match primary {
        // SQLITE_FULL; SQLITE_IOERR is how a full disk shows in the WAL's shared memory.
        13 => Some(&reasons::STORAGE_FULL),
        5 | 6 => Some(&reasons::CONFLICT),
        8 | 10 | 14 => Some(&reasons::STORAGE_UNAVAILABLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_errors_become_public_reasons() {
        assert_eq!(of_postgres("53100"), Some(&reasons::STORAGE_FULL));
        assert_eq!(of_postgres("57P01"), Some(&reasons::STORAGE_UNAVAILABLE));
        assert_eq!(of_postgres("23505"), None);
        assert_eq!(of_sqlite("13"), Some(&reasons::STORAGE_FULL));
        assert_eq!(of_sqlite("261"), Some(&reasons::CONFLICT));
    }

    #[test]
    fn the_drivers_text_does_not_leave() {
        let status = of(DbErr::Custom("secret table name".into())).to_status();
        assert!(!status.message().contains("secret"));
    }
}
