//! What the figures of employers follow from beside their own facts.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;

use super::{
    base_registers::{hold_listings, listings},
    unions::paths_of,
};
use crate::rules::{
    contribution::{Grounds, Paths},
    employer::EmployerFacts,
    organisation_code::OrganisationCode,
    union::UnionId,
};

/// The grounds of these employers, for a reader.
pub async fn read<'a>(
    conn: &impl ConnectionTrait,
    employers: impl IntoIterator<Item = &'a EmployerFacts>,
) -> Outcome<Grounds> {
    let (paths, codes) = of(conn, employers).await?;
    Ok(Grounds { paths, listings: listings(conn, &codes).await? })
}

/// The grounds of these employers, for a writer who holds them. What moves a union or lists an
/// employer holds the employer too, so that they stand until the transaction ends.
pub async fn held<'a>(
    conn: &impl ConnectionTrait,
    employers: impl IntoIterator<Item = &'a EmployerFacts>,
) -> Outcome<Grounds> {
    let (paths, codes) = of(conn, employers).await?;
    Ok(Grounds { paths, listings: hold_listings(conn, &codes).await? })
}

/// The paths of the unions that cover the employers or covered them, and the codes of those whom
/// any covers: nobody else counts as listed.
async fn of<'a>(
    conn: &impl ConnectionTrait,
    employers: impl IntoIterator<Item = &'a EmployerFacts>,
) -> Outcome<(Paths, Vec<OrganisationCode>)> {
    let (mut unions, mut codes) = (BTreeSet::<UnionId>::new(), BTreeSet::new());
    for facts in employers {
        let covers = facts.covers.rows();
        unions.extend(covers.iter().map(|row| row.value.union));
        codes.extend(facts.organisation_code().filter(|_| !covers.is_empty()));
    }
    let paths = paths_of(conn, &unions.into_iter().collect::<Vec<_>>()).await?;
    Ok((paths, codes.into_iter().collect()))
}
