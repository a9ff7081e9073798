//! Traces for the tests of the page, its pictures and its measurements: an array that spawn ran, a shop that others
//! traced, large ones, and odd ones.
//!
//! Examples take this file by its path, from where its parts would be looked for beside it: each says where it is.

#[path = "sample/array.rs"]
mod array;
#[path = "sample/odd.rs"]
mod odd;
#[path = "sample/pen.rs"]
mod pen;
#[path = "sample/shapes.rs"]
mod shapes;
#[path = "sample/shop.rs"]
mod shop;

pub(crate) use array::array;
pub(crate) use odd::{endless, hostile};
pub(crate) use shapes::{crowd, deep, large};
pub(crate) use shop::shop;
