//! `/api/v1/groups`

mod crud;
mod members;
mod subgroups;
