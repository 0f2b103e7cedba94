//! A program: its head, facts, lists, limits and base rules.

use super::caps::CapsOf;
use super::fields::{Reader, shorten};
use crate::source::{Code, Spanned};
use crate::syntax::expression::{Expr, ExprKind};
use crate::syntax::vocabulary;
use crate::syntax::written::{BaseRule, FactDeclaration, FactKind, FactScope, List, Pool, Program, Slab};
use crate::syntax::yaml::{Entry, Node, NodeKind};
use crate::value::{Exact, RoundingAt, RoundingMode, is_id, is_program_id};

const MODES: [(&str, RoundingMode); 4] = [
    ("half_even", RoundingMode::HalfEven),
    ("half_up", RoundingMode::HalfUp),
    ("down", RoundingMode::Down),
    ("up", RoundingMode::Up),
];

/// `rounding.mode` and `rounding.at`.
type Rounding = (Option<Spanned<RoundingMode>>, Option<Spanned<RoundingAt>>);

impl Reader<'_> {
    /// A document with `program` at its top.
    pub(super) fn program(&mut self, node: &Node) -> Option<Program> {
        let fields = self.fields(node, &vocabulary::PROGRAM)?;
        let id = self.program_id(fields.get("program").unwrap_or(node));
        let name = self.may(&fields, "name", Self::text);
        let currency = self.must(&fields, "currency", Self::text);
        let timezone = self.must(&fields, "timezone", Self::text);
        let (rounding_mode, rounding_at) = self.may(&fields, "rounding", Self::rounding).unwrap_or_default();
        let facts = self.may(&fields, "facts", Self::facts).unwrap_or_default();
        let lists = self.may(&fields, "lists", Self::lists).unwrap_or_default();
        let eligible = self.may(&fields, "eligible", |r, n| {
            let fields = r.fields(n, &vocabulary::ELIGIBLE)?;
            Some((r.may(&fields, "when", Self::expression), r.may(&fields, "lines", Self::expression)))
        });
        let (eligible_when, eligible_lines) = eligible.unwrap_or_default();
        let pools = self.may(&fields, "pools", Self::pools).unwrap_or_default();
        let base = self.may(&fields, "base", |r, n| {
            let items = r.list(n, "a list of base rules")?;
            Some(items.iter().filter_map(|item| r.base_rule(item)).collect())
        });
        let tiers = self.may(&fields, "tiers", Self::tiers);
        let caps = self.may(&fields, "caps", |r, n| r.caps(n, CapsOf::Program));
        let points = self.may(&fields, "points", Self::points);
        let redemption = self.may(&fields, "redemption", Self::redemption).unwrap_or_default();
        Some(Program {
            id,
            name,
            currency,
            timezone,
            rounding_mode,
            rounding_at,
            facts,
            lists,
            eligible_when,
            eligible_lines,
            pools,
            base: base.unwrap_or_default(),
            tiers,
            caps,
            points,
            redemption,
            span: fields.span,
        })
    }

    /// The id as it is written, or a stand-in: with a wrong one, too, the rest of the program is looked at.
    fn program_id(&mut self, node: &Node) -> Spanned<String> {
        let Some(id) = self.text(node) else {
            return Spanned { value: "program".to_owned(), span: node.span };
        };
        if !is_program_id(&id.value) {
            let message = format!("`{}` is not the id of a program", shorten(&id.value));
            let help = "it is 1 to 64 lower-case letters, digits and hyphens; `name` is for people";
            self.complain(Code::InvalidId, id.span, message, help);
        }
        id
    }

    /// A mode, or `{mode, at}`.
    fn rounding(&mut self, node: &Node) -> Option<Rounding> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            return Some((self.word(node, &MODES), None));
        }
        let fields = self.fields(node, &vocabulary::ROUNDING)?;
        let mode = self.may(&fields, "mode", |r, n| r.word(n, &MODES));
        let at = self.may(&fields, "at", |r, n| {
            r.word(n, &[("component", RoundingAt::Component), ("total", RoundingAt::Total)])
        });
        Some((mode, at))
    }

    fn facts(&mut self, node: &Node) -> Option<Vec<FactDeclaration>> {
        let fields = self.fields(node, &vocabulary::FACTS)?;
        let mut facts = Vec::new();
        for (key, scope) in [("tx", FactScope::Tx), ("member", FactScope::Member)] {
            let Some(node) = fields.get(key) else {
                continue;
            };
            for entry in self.entries(node, "a mapping of names to types").unwrap_or_default() {
                if !self.is_name(&entry.key) {
                    continue;
                }
                match self.fact(entry, scope) {
                    Some(fact) => facts.push(fact),
                    None => self.unread.names.push(format!("{key}.{}", entry.key.value)),
                }
            }
        }
        Some(facts)
    }

    fn fact(&mut self, entry: &Entry, scope: FactScope) -> Option<FactDeclaration> {
        let name = entry.key.clone();
        if !matches!(entry.value.kind, NodeKind::Map(_)) {
            let kind = self.fact_kind(&entry.value)?;
            return Some(FactDeclaration { scope, name, kind, optional: false });
        }
        let fields = self.fields(&entry.value, &vocabulary::FACT)?;
        self.one_of(&fields, &["type", "one_of"]);
        let optional = self.may(&fields, "optional", Self::boolean);
        let kind = self.may(&fields, "type", Self::fact_kind);
        let values = self.may(&fields, "one_of", Self::texts).map(FactKind::OneOf);
        Some(FactDeclaration { scope, name, kind: kind.or(values)?, optional: optional.is_some_and(|o| o.value) })
    }

    fn fact_kind(&mut self, node: &Node) -> Option<FactKind> {
        if let NodeKind::Scalar(scalar) = &node.kind
            && scalar.text == "one_of"
        {
            let help = "write {one_of: [app, web]}";
            self.complain(Code::WrongShape, node.span, "`one_of` needs its values", help);
            return None;
        }
        let kinds = ["text", "integer", "decimal", "boolean", "date"];
        let word = self.word(node, &kinds.map(|k| (k, k)))?;
        Some(match word.value {
            "text" => FactKind::Text,
            "integer" => FactKind::Integer,
            "decimal" => FactKind::Decimal,
            "boolean" => FactKind::Boolean,
            _ => FactKind::Date,
        })
    }

    fn lists(&mut self, node: &Node) -> Option<Vec<List>> {
        let entries = self.entries(node, "a mapping of names to lists")?;
        let mut lists = Vec::new();
        for entry in entries {
            if !self.is_name(&entry.key) {
                continue;
            }
            match self.list(&entry.value, "a list") {
                Some(items) => {
                    let members = items.iter().filter_map(|item| self.literal(item)).collect();
                    lists.push(List { name: entry.key.clone(), members });
                }
                None => self.unread.names.push(entry.key.value.clone()),
            }
        }
        Some(lists)
    }

    /// A member of a list: a number without quotes is a number, but `0742` is a text, as nothing else keeps its zero.
    fn literal(&mut self, node: &Node) -> Option<Expr> {
        let scalar = self.scalar(node, "a text or a number")?;
        let text = scalar.text.as_str();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let kind = match text.parse::<Exact>() {
            Ok(value) if !scalar.quoted && !padded => match text.parse::<i64>() {
                Ok(value) => ExprKind::Integer(value),
                Err(_) if text.contains('.') => ExprKind::Decimal(value),
                Err(_) => ExprKind::Text(text.to_owned()),
            },
            _ => ExprKind::Text(text.to_owned()),
        };
        Some(Expr { kind, span: node.span })
    }

    fn pools(&mut self, node: &Node) -> Option<Vec<Pool>> {
        let entries = self.entries(node, "a mapping of pools")?;
        let mut pools = Vec::new();
        for entry in entries {
            let id = &entry.key;
            if !is_id(&id.value) {
                self.bad_id(&id.value, id.span);
            }
            match self.limit(&entry.value, &vocabulary::LIMIT) {
                Some((spend, per)) if is_id(&id.value) => pools.push(Pool { id: id.clone(), spend, per }),
                _ => self.unread.names.push(id.value.clone()),
            }
        }
        Some(pools)
    }

    fn base_rule(&mut self, node: &Node) -> Option<BaseRule> {
        let fields = self.fields(node, &vocabulary::BASE_RULE)?;
        let id = self.must(&fields, "id", Self::id);
        let when = self.may(&fields, "when", Self::expression);
        let lines = self.may(&fields, "lines", Self::expression);
        self.one_of(&fields, &["rate", "slabs"]);
        let rate = self.may(&fields, "rate", Self::rate);
        let slabs = self.may(&fields, "slabs", Self::slabs);
        let up_to = self.may(&fields, "up_to", Self::up_to_or_pool);
        let caps = self.may(&fields, "caps", |r, n| r.caps(n, CapsOf::Base));
        Some(BaseRule { id: id?, when, lines, rate, slabs, up_to, caps, span: fields.span })
    }

    fn slabs(&mut self, node: &Node) -> Option<Spanned<Vec<Slab>>> {
        let items = self.list(node, "a list of slabs")?;
        if items.is_empty() {
            let help = "write [{up_to: 50.00, rate: 1%}, {rate: 2%}]";
            self.complain(Code::WrongShape, node.span, "this list of slabs is empty", help);
            return None;
        }
        let slabs: Vec<Option<Slab>> = items.iter().map(|item| self.slab(item)).collect();
        // With one missing, the others would be out of order.
        let value = slabs.into_iter().collect::<Option<Vec<Slab>>>()?;
        Some(Spanned { value, span: node.span })
    }

    fn slab(&mut self, node: &Node) -> Option<Slab> {
        let fields = self.fields(node, &vocabulary::SLAB)?;
        let bounded = fields.has("up_to");
        let up_to = self.may(&fields, "up_to", Self::amount);
        let rate = self.must(&fields, "rate", Self::rate)?;
        (up_to.is_some() || !bounded).then_some(Slab { up_to, rate })
    }
}
