//! Facts of code: who calls what, which values reach where, what runs at startup and per request.
//!
//! Collectors lower files into [`crate::model::source`]; checks ask this layer and walk no tree of their own.

pub(crate) mod actors;
pub mod agent_code;
pub(crate) mod agent_loops;
pub mod api;
pub mod background;
pub mod call_sites;
pub mod callgraph;
pub mod clients;
pub mod dataflow;
pub(crate) mod effects;
pub mod elements;
pub mod environment;
pub mod exceptions;
pub(crate) mod exposed;
pub mod facts;
pub(crate) mod fields;
pub(crate) mod graph;
pub mod guards;
pub mod handlers;
pub(crate) mod heavy;
pub(crate) mod leaving;
pub(crate) mod limits;
pub(crate) mod made;
pub mod names;
pub(crate) mod options;
pub(crate) mod outbound;
pub mod outward;
pub(crate) mod paths;
pub(crate) mod ping;
pub(crate) mod placement;
pub(crate) mod provenance;
pub(crate) mod providers;
pub(crate) mod rate_limits;
pub mod reachability;
pub mod rejections;
pub(crate) mod request_headers;
pub(crate) mod required;
pub(crate) mod runners;
#[cfg(test)]
pub mod sample;
pub mod schema;
pub(crate) mod session_ids;
pub mod settings;
pub(crate) mod silence;
pub(crate) mod starts;
pub mod startup;
pub mod tested;
pub(crate) mod tokens;
pub(crate) mod tool_sessions;
pub(crate) mod trace_ids;
pub(crate) mod values;
pub mod waited;
pub mod writes;
pub mod written;
