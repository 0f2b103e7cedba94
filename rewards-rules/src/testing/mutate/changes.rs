//! The changes of every section of a rule set, in order of place.

use chrono::{Duration as Days, NaiveTime, SecondsFormat, Weekday};

use super::edits::Edits;
use super::numbers::Step;
use crate::source::{Sources, Span, Spanned};
use crate::syntax;
use crate::syntax::written::{
    BaseRule, Bound, Campaign, Caps, CutOrder, Level, OnExceed, PerMember, Points, Program, RedemptionOption, Reward,
    RuleFiles, TierWindow, Tiers, UpTo, Uses,
};
use crate::value::{Exact, Period, RoundingAt, RoundingMode};

/// One change: another text at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// What is changed, in a word.
    pub(super) kind: &'static str,
    pub(super) span: Span,
    pub(super) text: String,
}

const BOTH: &[Step] = &[Step::Up, Step::Down];
const ONE: &[Step] = &[Step::One];

/// The priority of a campaign that gives none (semantics §3.7).
const DEFAULT_PRIORITY: i64 = 100;

type Number = Option<Spanned<Exact>>;

/// Every change of the files of a rule set; some do not compile.
pub(super) fn of(sources: &Sources) -> Vec<Change> {
    let (files, _) = syntax::read(sources);
    let mut edits = Edits::new(sources);
    let levels: Vec<&str> = files
        .programs
        .iter()
        .filter_map(|p| p.tiers.as_ref())
        .flat_map(|t| &t.levels)
        .map(|l| l.id.value.as_str())
        .collect();
    for program in &files.programs {
        edits.program(program, &levels);
    }
    for campaign in &files.campaigns {
        edits.campaign(campaign, &levels, &files);
    }
    for function in &files.functions {
        edits.block(&function.body);
    }
    let mut list = edits.list;
    list.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    list.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    list
}

impl Edits<'_> {
    fn maybe(&mut self, kind: &'static str, number: &Number, steps: &[Step]) {
        if let Some(number) = number {
            self.number(kind, number.span, steps);
        }
    }

    /// A rate: one percentage point more, or one in the last digit of a plain fraction.
    fn rate(&mut self, rate: &Number) {
        let Some(rate) = rate else { return };
        let percent = self.text(rate.span).is_some_and(|text| text.contains('%'));
        self.number("rate", rate.span, if percent { ONE } else { &[Step::Up] });
    }

    fn program(&mut self, program: &Program, levels: &[&str]) {
        if let Some(mode) = &program.rounding_mode {
            let to = match mode.value {
                RoundingMode::HalfEven | RoundingMode::Down => "half_up",
                RoundingMode::HalfUp => "half_even",
                RoundingMode::Up => "down",
            };
            self.replace("rounding", mode.span, to);
        }
        if let Some(at) = &program.rounding_at {
            let to = if at.value == RoundingAt::Total { "component" } else { "total" };
            self.replace("rounding", at.span, to);
        }
        for list in &program.lists {
            list.members.iter().for_each(|member| self.expression(member, false));
        }
        program.eligible_when.iter().for_each(|when| self.condition(when));
        program.eligible_lines.iter().for_each(|lines| self.condition(lines));
        for pool in &program.pools {
            self.number("limit", pool.spend.span, ONE);
            self.period(&pool.per);
        }
        program.base.iter().for_each(|rule| self.base(rule));
        program.tiers.iter().for_each(|tiers| self.tiers(tiers));
        program.caps.iter().for_each(|caps| self.caps(caps));
        program.points.iter().for_each(|points| self.points(points));
        program.redemption.iter().for_each(|option| self.option(option, levels));
    }

    fn base(&mut self, rule: &BaseRule) {
        self.drop_entry("rule", rule.span);
        rule.when.iter().for_each(|when| self.condition(when));
        rule.lines.iter().for_each(|lines| self.condition(lines));
        self.rate(&rule.rate);
        for slab in rule.slabs.iter().flat_map(|s| &s.value) {
            self.maybe("slab", &slab.up_to, ONE);
            self.rate(&Some(slab.rate.clone()));
        }
        self.up_to(rule.up_to.as_ref());
        rule.caps.iter().for_each(|caps| self.caps(caps));
    }

    fn up_to(&mut self, up_to: Option<&UpTo>) {
        if let Some(UpTo::Spend { spend, per }) = up_to {
            self.number("limit", spend.span, ONE);
            self.period(per);
        }
    }

    fn period(&mut self, per: &Spanned<Period>) {
        let to = match per.value {
            Period::Day => "month",
            Period::Week | Period::BillingCycle => "month",
            Period::Month | Period::Quarter | Period::Anniversary | Period::Lifetime => "year",
            Period::Year | Period::Campaign => "lifetime",
        };
        self.replace("period", per.span, to);
    }

    fn tiers(&mut self, tiers: &Tiers) {
        if let Some(window) = &tiers.window {
            match window.value {
                TierWindow::CalendarYear => self.replace("window", window.span, "lifetime"),
                TierWindow::RollingMonths(_) => self.number("window", window.span, &[Step::One, Step::OneLess]),
                TierWindow::Lifetime => self.replace("window", window.span, "calendar_year"),
            }
        }
        if let Some(days) = &tiers.grace_days {
            self.number("grace", days.span, BOTH);
        }
        for (old, new) in [
            ("soft_landing: true", "soft_landing: false"),
            ("applies: after", "applies: before"),
            ("refund: immediate", "refund: at_evaluation"),
        ] {
            self.word("tiers", tiers.span, old, new);
        }
        for (at, level) in tiers.levels.iter().enumerate() {
            self.level(level, at == 0);
        }
    }

    /// What the lowest level needs changes nothing: who has no other one holds it.
    fn level(&mut self, level: &Level, lowest: bool) {
        self.drop_entry("level", level.span);
        if !lowest {
            self.maybe("threshold", &level.min_spending, BOTH);
        }
        if let Some(bonus) = &level.bonus {
            self.rate(&bonus.rate);
            self.maybe("multiplier", &bonus.multiplier, ONE);
        }
        self.maybe("multiplier", &level.points_multiplier, ONE);
        self.maybe("points", &level.upgrade_points, ONE);
        level.caps.iter().for_each(|caps| self.caps(caps));
    }

    fn caps(&mut self, caps: &Caps) {
        self.maybe("cap", &caps.per_transaction, ONE);
        self.maybe("cap", &caps.max_percent, ONE);
        for PerMember { amount, points, per, .. } in &caps.per_member {
            self.maybe("cap", amount, ONE);
            self.maybe("cap", points, ONE);
            self.period(per);
        }
        if let Some(Uses { count, per }) = &caps.uses {
            self.number("cap", count.span, ONE);
            per.iter().for_each(|per| self.period(per));
        }
        self.maybe("cap", &caps.budget, ONE);
        if let Some(cut) = &caps.cut {
            let to = if cut.value == CutOrder::LastFirst { "proportional" } else { "last_first" };
            self.replace("cap", cut.span, to);
        }
        if let Some(exceed) = &caps.on_exceed {
            let to = if exceed.value == OnExceed::Cut { "skip" } else { "cut" };
            self.replace("cap", exceed.span, to);
        }
    }

    fn points(&mut self, points: &Points) {
        self.maybe("points", &points.earn_points, ONE);
        self.maybe("points", &points.earn_per, ONE);
        for duration in points.expires_after.iter().chain(&points.activation_delay) {
            self.number("duration", duration.span, &[Step::One, Step::OneLess]);
        }
        points.caps.iter().for_each(|caps| self.caps(caps));
    }

    /// What a redemption is worth is seen by no test, and is left as it is.
    fn option(&mut self, option: &RedemptionOption, levels: &[&str]) {
        self.drop_entry("option", option.span);
        self.maybe("points", &option.min_points, BOTH);
        self.maybe("points", &option.step, ONE);
        option.caps.iter().for_each(|caps| self.caps(caps));
        option.tiers.iter().for_each(|tiers| self.named_levels(tiers, levels));
    }

    /// Each of some levels becomes one that is not among them.
    fn named_levels(&mut self, named: &[Spanned<String>], levels: &[&str]) {
        let free = levels.iter().find(|level| named.iter().all(|n| n.value != **level));
        if let Some(free) = free {
            named.iter().for_each(|name| self.replace("audience", name.span, *free));
        }
    }

    fn campaign(&mut self, campaign: &Campaign, levels: &[&str], files: &RuleFiles) {
        let file = campaign.span.file;
        let alone = files.campaigns.iter().filter(|c| c.span.file == file).count() == 1
            && files.programs.iter().all(|p| p.span.file != file);
        if alone {
            self.drop_file("campaign", file);
        } else {
            self.drop_entry("campaign", campaign.span);
        }
        if let Some(priority) = &campaign.priority {
            // Only past another campaign is a move.
            let others = files.campaigns.iter().filter(|c| c.id.value != campaign.id.value);
            let others: Vec<i64> = others.map(|c| c.priority.as_ref().map_or(DEFAULT_PRIORITY, |p| p.value)).collect();
            let (least, most) = (others.iter().min().copied(), others.iter().max().copied());
            if let Some(before) = least.filter(|least| *least <= priority.value).and_then(|n| n.checked_sub(1)) {
                self.replace("priority", priority.span, before.to_string());
            }
            if let Some(after) = most.filter(|most| *most >= priority.value).and_then(|n| n.checked_add(1)) {
                self.replace("priority", priority.span, after.to_string());
            }
        }
        campaign.from.iter().chain(&campaign.to).for_each(|bound| self.date(bound));
        campaign.days.iter().for_each(|days| self.days(days));
        if let Some(hours) = &campaign.hours {
            self.time(hours.from.span, Some(hours.from.value));
            self.time(hours.to.span, hours.to.value);
        }
        if let Some(audience) = &campaign.audience {
            audience.tiers.iter().for_each(|tiers| self.named_levels(tiers, levels));
            audience.segments.iter().flatten().for_each(|segment| self.another_text("audience", segment.span));
            if let Some(share) = &audience.share {
                self.replace("audience", share.span, "100%");
            }
        }
        self.word("audience", campaign.span, "enrolled: true", "enrolled: false");
        self.word("refund", campaign.span, "on_refund: requalify", "on_refund: proportional");
        campaign.when.iter().for_each(|when| self.condition(when));
        campaign.lines.iter().for_each(|lines| self.condition(lines));
        self.maybe("minimum", &campaign.min_transaction, BOTH);
        campaign.reward.iter().for_each(|reward| self.reward(reward));
        campaign.caps.iter().for_each(|caps| self.caps(caps));
        if let Some(group) = &campaign.group {
            self.another_text("stacking", group.span);
        }
        if let Some(exclusive) = &campaign.exclusive {
            self.replace("stacking", exclusive.span, (!exclusive.value).to_string());
        }
    }

    fn reward(&mut self, reward: &Reward) {
        self.rate(&reward.rate);
        self.maybe("reward", &reward.fixed, ONE);
        self.maybe("multiplier", &reward.multiplier, ONE);
        reward.amount.iter().for_each(|amount| self.expression(amount, false));
        self.maybe("points", &reward.points, ONE);
        self.maybe("multiplier", &reward.points_multiplier, ONE);
        self.up_to(reward.up_to.as_ref());
    }

    fn date(&mut self, bound: &Spanned<Bound>) {
        let days = |text: &mut Vec<String>| match bound.value {
            Bound::Date(date) => {
                text.extend([date.succ_opt(), date.pred_opt()].into_iter().flatten().map(|d| d.to_string()));
            }
            Bound::Instant(at) => {
                let moved = [at.checked_add_signed(Days::seconds(1)), at.checked_sub_signed(Days::seconds(1))];
                let spelled = moved.into_iter().flatten().map(|a| a.to_rfc3339_opts(SecondsFormat::AutoSi, true));
                text.extend(spelled.map(|t| format!("\"{t}\"")));
            }
        };
        let mut texts = Vec::new();
        days(&mut texts);
        texts.into_iter().for_each(|text| self.replace("date", bound.span, text));
    }

    /// Without the first day, and with one more.
    fn days(&mut self, days: &Spanned<Vec<Weekday>>) {
        let all = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        let spelled = |list: Vec<Weekday>| {
            let names: Vec<String> = list.iter().map(|d| d.to_string().to_lowercase()).collect();
            format!("[{}]", names.join(", "))
        };
        let without: Vec<Weekday> = days.value.iter().copied().skip(1).collect();
        if !without.is_empty() {
            self.replace("days", days.span, spelled(without));
        }
        if let Some(free) = all.into_iter().find(|d| !days.value.contains(d)) {
            self.replace("days", days.span, spelled(days.value.iter().copied().chain([free]).collect()));
        }
    }

    /// A minute later and a minute earlier; `None` is the end of the day.
    fn time(&mut self, span: Span, time: Option<NaiveTime>) {
        let spelled = |t: NaiveTime| format!("\"{}\"", t.format("%H:%M"));
        match time {
            None => self.replace("hours", span, "\"23:59\""),
            Some(time) => {
                for by in [Days::minutes(1), Days::minutes(-1)] {
                    self.replace("hours", span, spelled(time.overflowing_add_signed(by).0));
                }
            }
        }
    }
}
