//! What is sought at size: the members of the rarer states, and the unions that name another one.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Searches;

impl MigrationName for Searches {
    fn name(&self) -> &str {
        "registry_0020_searches"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Searches {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SEARCHES).await
    }
}

/// Most members are active, whom `member_union` finds soon; the others are few in a union.
const SEARCHES: &str = r#"
CREATE INDEX member_state ON member (state, trade_union, name_key, id) WHERE state <> 2;
CREATE INDEX trade_union_fact_state ON trade_union_fact (value)
    WHERE field = 'state' AND superseded_at IS NULL;
CREATE INDEX trade_union_fact_membership ON trade_union_fact (value)
    WHERE field = 'membership' AND superseded_at IS NULL;
CREATE INDEX trade_union_fact_decision ON trade_union_fact (value)
    WHERE field = 'decision' AND superseded_at IS NULL;
"#;
