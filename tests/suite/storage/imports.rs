//! An import under two instances of the service that die amid it, and its undo.

use anyhow::{Result, ensure};
use unionhall_kit::{
    db::Db,
    figures::read::{self, Question},
    ledger::sequencer::Sequencer,
    path::{Line, Path},
};
use unionhall_proto::common::v1::GetImportBatchRequest;
use unionhall_registry::{
    demo::{DirtShares, generate_employers, write_csv},
    rules::contribution::Metric,
    services,
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};

use super::instances::{Instances, call, number};

const ROWS: u32 = 3_300;

async fn import(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    books.clock.set("2024-06-03T02:00:00Z".parse()?);
    let mut instances = Instances::over(&books).await?;
    let (db, sequencer) =
        (books.ledger.db(), Sequencer::new(books.ledger.clone(), services::ancestors()));

    let mut file = Vec::new();
    write_csv(&mut file, generate_employers(ROWS, 9, DirtShares::of_each(50))?)?;
    let checked = instances.check("employers", &file).await?;
    ensure!(checked.fault_count > 100, "{checked:?}");
    let name = checked.name;
    let applied = instances.apply(&name).await?;
    ensure!(instances.deaths >= 3, "{applied:?}");
    let rows = applied.applied_row_count;
    ensure!(rows == checked.valid_row_count, "a dry run says what a commit does");
    for question in [
        "SELECT COUNT(*) FROM employer WHERE version = 1",
        "SELECT COUNT(*) FROM import_effect",
        "SELECT COUNT(*) FROM event WHERE record LIKE 'employers/%'",
    ] {
        ensure!(number(db, question).await? == rows, "{question}");
    }
    sequencer.drain().await?;
    let active = "SELECT COUNT(*) FROM employer_fact
        WHERE field = 'state' AND value = '\"ACTIVE\"' AND superseded_at IS NULL";
    ensure!(employers(db).await? == number(db, active).await?, "the figure is no recount");

    let undone = instances.undo(&name).await?;
    ensure!(undone.refused_undo_count == 0, "{undone:?}");
    sequencer.drain().await?;
    ensure!(employers(db).await? == 0, "figures are left");
    let left = "SELECT COUNT(*) FROM employer WHERE deleted_at IS NULL";
    ensure!(number(db, left).await? == 0, "employers are left");
    let again = instances.both[1].get(call(GetImportBatchRequest { name })?).await?;
    ensure!(again == undone, "both instances see the same");
    Ok(())
}

async fn employers(db: &Db) -> Result<i64> {
    let (metric, node) = (Metric::Employers.id(), Path::parse("11")?);
    let day = "2024-06-03".parse()?;
    let ask = [Question { metric, line: Line::Area, node, day }];
    Ok(read::values(db, &ask).await?[0])
}

on_both_engines!(import);
