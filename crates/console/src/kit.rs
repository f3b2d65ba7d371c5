//! What pages are made of: values that say what is shown, of which HTML is made
//! here and nowhere else, so that every page looks alike and can be read alike.
//!
//! **Invariant:** nothing here knows what an application is.

mod action;
mod cell;
mod draft;
mod field;
mod filter;
mod form;
mod page;
mod part;
mod table;

pub(crate) use action::Action;
pub(crate) use cell::{Badge, Cell, Change, Link};
pub(crate) use draft::{Draft, sentence};
pub(crate) use field::{Choice, Field};
pub(crate) use filter::Filter;
pub(crate) use form::Form;
pub(crate) use page::{Page, Tab};
pub(crate) use part::{Facts, Notice, Part, Secret, Section, Step};
pub(crate) use table::{Column, Empty, Pick, Row, Table};
