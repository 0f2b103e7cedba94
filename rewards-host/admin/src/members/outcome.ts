// An outcome as the engine writes it (the rule format, "The outcome").

export interface Cut {
  readonly cap: string;
  readonly left: string;
  readonly cut: string;
}

export interface Component {
  readonly kind: string;
  readonly id: string;
  readonly basis?: string;
  readonly rate?: string;
  readonly exact: string;
  readonly rounded: string;
  readonly cuts: readonly Cut[];
  readonly granted: string;
}

export interface PointsGrant {
  readonly kind: string;
  readonly id: string;
  readonly exact: string;
  readonly cuts: readonly Cut[];
  readonly granted: string;
  readonly spendable_on?: string;
  readonly expires_on?: string;
}

export interface Rejected {
  readonly kind: string;
  readonly id: string;
  readonly reason: string;
  readonly clause?: string | null;
  readonly value?: unknown;
}

export interface Outcome {
  readonly transaction_id: string;
  readonly kind: "purchase" | "refund";
  readonly rule_set: string;
  readonly currency: string;
  readonly occurred_at: string;
  readonly original?: string;
  readonly reason?: string;
  readonly amount: string;
  readonly eligible_amount: string;
  readonly tier?: string;
  readonly components: readonly Component[];
  readonly totals: { readonly base: string; readonly loyalty: string; readonly campaign: string; readonly total: string; readonly points: string };
  readonly points: readonly PointsGrant[];
  readonly progress?: { readonly window: string; readonly spending: string; readonly tier: string; readonly next?: string; readonly missing?: string };
  readonly rejected?: readonly Rejected[];
}

/** What a reason means; the service's `rewards explain REASON` says more. */
export const reasons: Readonly<Record<string, string>> = {
  outside_window: "it does not run then",
  wrong_day: "not on that day",
  wrong_hour: "not at that hour",
  below_minimum: "the purchase is too small",
  wrong_tier: "not for that tier",
  not_in_segment: "the member is in none of its segments",
  outside_share: "the member is not in its share",
  not_enrolled: "the member did not enrol",
  uses_exhausted: "it was used as often as it may",
  condition_false: "its condition is not met",
  absent_fact: "a fact is missing",
  limit_used: "its limit is used up",
  cap_used: "its cap is used up",
  group_lost: "another of its group granted more",
  excluded_by_exclusive: "an exclusive campaign stands alone",
  exclusive_came_late: "it is exclusive, and another came first",
  cut_to_zero: "a cap cut all of it",
  negative_amount: "its amount is below zero",
  amount_taken: "earlier rules took the whole amount",
  zero_amount: "the purchase is of nothing",
  not_eligible: "the purchase does not count",
  member_inactive: "the member is not active",
};
