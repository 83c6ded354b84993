//! krest against services that nobody here wrote: installed from the package registries, started on loopback.
//!
//! * `service`: one that runs, until its test ends.
//! * `rows`: what each of them serves, and whether `krest preview` read exactly that.
//! * `datasette`, `django`, `json_server`: the services and their ways of paging.
//!
//! Their packages are in requirements.txt. They need `python3` with pip, `npm` and, at first, the registries; what is missing
//! fails the tests and is named.

mod datasette;
mod django;
mod json_server;
mod rows;
mod service;
