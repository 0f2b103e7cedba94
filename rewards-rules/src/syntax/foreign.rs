//! What Rhai or another language has and rules do not: words and symbols, and what to write instead.
//!
//! Tables apart from the parser, since they grow by what people try.

/// Words that Rhai gives a meaning or keeps for itself, and how to name what they stand for.
pub(super) const FOREIGN_WORDS: &[(&str, &str)] = &[
    ("const", "constants (`const`)"),
    ("do", "`do` loops"),
    ("loop", "`loop` without a condition"),
    ("until", "`until`"),
    ("switch", "`switch`"),
    ("match", "`match`"),
    ("case", "`case`"),
    ("break", "`break`"),
    ("continue", "`continue`"),
    ("throw", "`throw`"),
    ("try", "`try`"),
    ("catch", "`catch`"),
    ("import", "`import`"),
    ("export", "`export`"),
    ("private", "`private`"),
    ("as", "`as`"),
    ("this", "`this`"),
    ("eval", "`eval`"),
    ("print", "`print`"),
    ("debug", "`debug`"),
    ("timestamp", "`timestamp`"),
    ("type_of", "`type_of`"),
    ("Fn", "function pointers (`Fn`)"),
    ("call", "function pointers (`call`)"),
    ("curry", "function pointers (`curry`)"),
    ("is_def_fn", "`is_def_fn`"),
    ("is_def_var", "`is_def_var`"),
    ("is_shared", "`is_shared`"),
    ("null", "`null`"),
    ("nil", "`nil`"),
];

/// Properties and methods that have a function here, and how it is called with the value `{}`.
const PROPERTIES: &[(&str, &str)] = &[
    ("year", "year({})"),
    ("month", "month({})"),
    ("day", "day({})"),
    ("abs", "abs({})"),
    ("round", "round({}, 2)"),
    ("min", "min({}, …)"),
    ("max", "max({}, …)"),
    ("days_between", "days_between({}, …)"),
    ("is_birthday", "is_birthday({})"),
    ("contains", "… in {}"),
];

/// What to write instead of `VALUE.NAME`, as a help says it.
pub(crate) fn instead_of_property(value: &str, name: &str) -> String {
    match PROPERTIES.iter().find(|(property, _)| *property == name) {
        Some((_, call)) => format!("write `{}`", call.replace("{}", value)),
        None => "a function takes the value as its argument, as in `month(member.birthday)`".to_owned(),
    }
}

/// Words that Rhai keeps for later: no names in a script.
pub(super) const RESERVED_WORDS: &[&str] = &[
    "use",
    "async",
    "public",
    "package",
    "super",
    "var",
    "protected",
    "spawn",
    "shared",
    "is",
    "sync",
    "static",
    "default",
    "thread",
    "yield",
    "new",
    "await",
    "with",
    "void",
    "module",
    "go",
    "goto",
];

/// Words of the language itself, which are no names.
pub(super) const KEYWORDS: &[&str] = &["true", "false", "let", "if", "else", "while", "for", "in", "return", "fn"];

/// Symbols that Rhai has, or that other languages have, and what to say of them.
pub(super) const FOREIGN_SYMBOLS: &[(&str, &str, &str)] = &[
    ("**", "powers (`**`)", "multiply instead"),
    ("**=", "powers (`**=`)", "multiply instead"),
    ("<<", "shifts (`<<`)", "multiply instead"),
    ("<<=", "shifts (`<<=`)", "multiply instead"),
    (">>", "shifts (`>>`)", "divide instead"),
    (">>=", "shifts (`>>=`)", "divide instead"),
    ("|", "bit operator `|`", "`or` is written `||`"),
    ("|=", "bit operator `|=`", "`or` is written `||`"),
    ("&", "bit operator `&`", "`and` is written `&&`"),
    ("&=", "bit operator `&=`", "`and` is written `&&`"),
    ("^", "bit operator `^`", "compare with `!=`"),
    ("^=", "bit operator `^=`", "compare with `!=`"),
    ("~", "bit operator `~`", "`not` is written `!`"),
    ("??", "operator `??`", "ask with `has(…)`"),
    ("?.", "operator `?.`", "ask with `has(…)`"),
    ("?[", "indexing (`?[`)", "ask with `in`"),
    ("?", "operator `?`", "write `if c { a } else { b }`"),
    ("#{", "object maps (`#{ }`)", "use several arguments"),
    ("=>", "`=>`", "write `if c { a } else { b }`"),
    ("->", "`->`", "a function is written `fn name(a) { … }`"),
    ("::", "modules (`::`)", "functions of all scripts are called by their name"),
    ("|>", "`|>`", "call the function"),
    ("...", "`...`", "a range is written `0..10`"),
    ("++", "`++`", "write `x += 1`"),
    ("===", "`===`", "compare with `==`"),
    ("!==", "`!==`", "compare with `!=`"),
    (":=", "`:=`", "assign with `=`"),
];
