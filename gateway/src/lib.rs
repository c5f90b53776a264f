//! unionhall-gateway
