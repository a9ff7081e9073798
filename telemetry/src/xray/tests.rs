//! Whole documents for the spans that other translators lose.
