//! All input and output: what is read from the disk and the network becomes the plain data of [`crate::model`].

pub mod source;
