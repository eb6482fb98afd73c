//! Plain data that collectors fill and checks read.

pub mod known;
pub mod site;
pub mod source;
