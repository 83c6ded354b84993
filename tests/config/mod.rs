//! Configuration files from the outside: the examples, every kind of mistake, the schema, and what must never be shown.

mod examples;
mod hostile;
mod mistakes;
mod reading;
mod schema;

<<<<<<< HEAD
use loading::{CANARY, environment, parse, parse_with};
=======
use parse::{CANARY, environment, parse, parse_with};
>>>>>>> refs/heads/config
