//! Finds the synthesized template.
