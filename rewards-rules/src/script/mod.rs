//! stub
use crate::check::program::Scripts;
use crate::check::typed::ScriptCall;
use crate::graph::ExpressionError;
use crate::value::{Exact, RoundingMode};
use chrono::NaiveDate;
#[derive(Debug)]
pub(crate) struct ScriptEngine;
#[derive(Debug)]
pub(crate) enum ScriptValue {
    Boolean(bool),
    Integer(i64),
    Decimal(Exact),
    Text(String),
    Date(NaiveDate),
}
impl ScriptEngine {
    pub(crate) fn compile(_: &Scripts, _: RoundingMode) -> Result<ScriptEngine, Vec<crate::source::Finding>> {
        Ok(ScriptEngine)
    }
    pub(crate) fn call(&self, _: &ScriptCall, _: &[ScriptValue], _: NaiveDate) -> Result<ScriptValue, ExpressionError> {
        Ok(ScriptValue::Boolean(true))
    }
}
