//! unionhall-tests
