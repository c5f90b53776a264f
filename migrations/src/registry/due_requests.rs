//! Requests of persons by the day on which their answer is due, whatever their state.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct DueRequests;

impl MigrationName for DueRequests {
    fn name(&self) -> &str {
        "registry_0018_due_requests"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for DueRequests {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DUE_REQUESTS).await
    }
}

const DUE_REQUESTS: &str = r#"
CREATE INDEX subject_request_due_any ON subject_request (due_on, id);
"#;
