//! The fields of a request that reach a model, a tool, a command or an address, and what is tested of each on the way.

mod address;
mod conversation;
mod fields;
mod graphs;
mod judged;
mod kinds;
mod labels;
mod payload;
mod reach;
mod rounds;
mod taken;
mod tested;
mod used;

pub(crate) use conversation::CONVERSATION;
pub(crate) use fields::{Field, Kind, reaching};
pub(crate) use reach::STATE;
pub(crate) use taken::OR;
