//! Terms of unions.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Terms;

impl MigrationName for Terms {
    fn name(&self) -> &str {
        "registry_0005_terms"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Terms {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TERMS).await
    }
}

/// `term_due_on` is the day from which on a union that exists is overdue: the list of what is due.
const TERMS: &str = r#"
ALTER TABLE trade_union ADD COLUMN term_due_on DATE;
CREATE INDEX trade_union_term_due_on ON trade_union (term_due_on) WHERE term_due_on IS NOT NULL;
"#;
