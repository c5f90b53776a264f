//! unionhall-registry
