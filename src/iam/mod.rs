//! A pure policy engine: what a role may do, by which statement, from a CloudFormation template or from the account.
//!
//! [`Role`](role::Role) holds the policies; [`Reach`](reach::Reach) answers what they grant, [`evaluate`](evaluate::decide) decides
//! one request; [`cloudformation`] reads roles out of a template. Nothing here does I/O.

pub mod actions;
pub mod authorization;
pub mod cloudformation;
pub mod comparison;
pub mod condition;
pub mod document;
pub mod escalation;
pub mod evaluate;
pub mod lint;
mod narrow;
pub mod principal;
pub mod reach;
pub mod role;
pub mod written;

pub use crate::model::arn;
pub use crate::text::{glob, truth};

#[cfg(test)]
mod tests;
