//! What the figures of employers follow from beside their own facts.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;

use super::unions::paths_of;
use crate::rules::{contribution::Grounds, employer::EmployerFacts, union::UnionId};

/// The grounds of these employers. A writer asks when it holds them, and not before: what moves a
/// union or lists an employer holds the employer too.
pub async fn of<'a>(
    conn: &impl ConnectionTrait,
    employers: impl IntoIterator<Item = &'a EmployerFacts>,
) -> Outcome<Grounds> {
    let rows = employers.into_iter().flat_map(|facts| facts.covers.rows());
    let unions: BTreeSet<UnionId> = rows.map(|row| row.value.union).collect();
    let paths = paths_of(conn, &unions.into_iter().collect::<Vec<_>>()).await?;
    Ok(Grounds { paths })
}
