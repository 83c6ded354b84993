//! Every form of keys and values, on a real broker with a real registry, as programs read it that know nothing of krest.

mod away;
mod placed;
mod rejected;
mod rows;
mod same;
mod table;
mod world;
