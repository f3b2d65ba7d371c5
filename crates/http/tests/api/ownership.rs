//! Who sees, makes and changes whose applications: every cell of the table that
//! `domain` decides by, tried from outside, and what the others learn.

#[path = "ownership/cells.rs"]
mod cells;
#[path = "ownership/create.rs"]
mod create;
#[path = "ownership/effective_users.rs"]
mod effective_users;
#[path = "ownership/list.rs"]
mod list;
#[path = "ownership/nothing_learnt.rs"]
mod nothing_learnt;
