//! Where figures stand before they are balances: packed by write, then node by node.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct FigureTail;

impl MigrationName for FigureTail {
    fn name(&self) -> &str {
        "registry_0021_figure_tail"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FigureTail {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, FIGURE_TAIL).await
    }
}

/// What stands in `figure_delta` is folded as before; nothing is added to it any more.
const FIGURE_TAIL: &str = r#"
CREATE TABLE figure_tail (
    id {serial},
    metric SMALLINT NOT NULL,
    line SMALLINT NOT NULL,
    bulk BOOLEAN NOT NULL,
    deltas INTEGER NOT NULL,
    leaves {bytes} NOT NULL
);

CREATE TABLE figure_node (
    metric SMALLINT NOT NULL,
    line SMALLINT NOT NULL,
    node {path} NOT NULL,
    steps {bytes} NOT NULL,
    PRIMARY KEY (metric, line, node)
)
"#;
