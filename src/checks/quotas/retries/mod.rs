//! Retries turned off: in a client's options, in the environment, or never there.

pub(super) mod bare;
pub(super) mod code;
pub(super) mod environment;
