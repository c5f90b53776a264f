//! What the officers of a district have to see to.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct WorkLists;

impl MigrationName for WorkLists {
    fn name(&self) -> &str {
        "registry_0008_work_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for WorkLists {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, WORK_LISTS).await
    }
}

/// `order_due_by` is the day by which a union that exists stands ordered to re-elect, `vacancy_due_by`
/// the earliest day by which one of its vacant offices is to be filled.
const WORK_LISTS: &str = r#"
ALTER TABLE trade_union ADD COLUMN order_due_by DATE;
ALTER TABLE trade_union ADD COLUMN vacancy_due_by DATE;
CREATE INDEX trade_union_order_due_by ON trade_union (order_due_by) WHERE order_due_by IS NOT NULL;
CREATE INDEX trade_union_vacancy_due_by ON trade_union (vacancy_due_by)
  WHERE vacancy_due_by IS NOT NULL;
"#;
