//! unionhall-migrations
