//! Memberships under concurrency: several writers admit, transfer, retain, end and correct whomever
//! comes to hand, by several calls at once, while unions and employers below them move, merge, are split
//! and end, and the jobs let the members follow. At the end nobody has two memberships, nobody is left
//! in a union that ended, no event is out of order, and every figure equals a recount.

mod deeds;
pub(super) mod whole;

use anyhow::Result;
use unionhall_tests::{engine::Engine, on_both_engines};

use super::affiliation::{Matter, soak};

async fn soak_of_members(engine: Engine) -> Result<()> {
    Box::pin(soak(engine, Matter::Members)).await
}

on_both_engines!(soak_of_members);
