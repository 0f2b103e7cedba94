//! stub
use super::{Exact, RoundingMode};
use crate::syntax::expression::BinaryOp;
use chrono::{Datelike, NaiveDate};
pub(crate) enum ArithmeticError {
    DivisionByZero,
    Overflow,
}
type R<T> = Result<T, ArithmeticError>;
pub(crate) fn negate_integer(i: i64) -> R<i64> {
    i.checked_neg().ok_or(ArithmeticError::Overflow)
}
pub(crate) fn negate_decimal(i: Exact) -> R<Exact> {
    i.checked_neg().map_err(|_| ArithmeticError::Overflow)
}
pub(crate) fn abs_integer(i: i64) -> R<i64> {
    i.checked_abs().ok_or(ArithmeticError::Overflow)
}
pub(crate) fn abs_decimal(i: Exact) -> R<Exact> {
    i.checked_abs().map_err(|_| ArithmeticError::Overflow)
}
pub(crate) fn integer(_: BinaryOp, a: i64, _: i64) -> R<i64> {
    Ok(a)
}
pub(crate) fn decimal(_: BinaryOp, a: Exact, _: Exact) -> R<Exact> {
    Ok(a)
}
pub(crate) fn round(a: Exact, _: i64, _: RoundingMode) -> R<Exact> {
    Ok(a)
}
pub(crate) fn year(d: NaiveDate) -> i64 {
    d.year().into()
}
pub(crate) fn month(d: NaiveDate) -> i64 {
    d.month().into()
}
pub(crate) fn day(d: NaiveDate) -> i64 {
    d.day().into()
}
pub(crate) fn days_between(a: NaiveDate, b: NaiveDate) -> i64 {
    b.signed_duration_since(a).num_days()
}
pub(crate) fn is_birthday(_: NaiveDate, _: NaiveDate) -> bool {
    false
}
