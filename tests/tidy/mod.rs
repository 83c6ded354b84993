//! The rules of the house, as data: who may name whom, who owns which library, how large things get, which words stay out.
//! Each rule catches a violation that is planted beside it.

mod failpoints;
mod forgotten;
mod imports;
mod owners;
mod paths;
mod shape;
mod sources;
mod words;
