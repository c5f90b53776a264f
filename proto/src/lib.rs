//! unionhall-proto
