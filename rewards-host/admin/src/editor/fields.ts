// What a campaign's form has: which keys, in which order, under which words. What a key means, which words it takes and how
// a value has to look is the engine's own schema of rule files, so that the form cannot say something else.
import schema from "../../../../docs/rewards.schema.json";
import type { Path, Spelling } from "./yaml-text.ts";

/** How a value is asked for. */
export type Kind = "text" | "expression" | "choice" | "switch" | "date" | "time" | "number" | "several" | "names";

export interface FieldSpec {
  readonly path: Path;
  readonly label: string;
  readonly kind: Kind;
  readonly about: string;
  /** Of a choice or of several: the words that it takes, with what they mean. */
  readonly options: readonly { readonly word: string; readonly about: string }[];
  readonly pattern: string | undefined;
  readonly example: string;
  readonly spelling: Spelling;
  /** What names it takes, where the rule set has some: its tiers. */
  readonly names: "tiers" | undefined;
}

export interface Section {
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

interface Property {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly items?: Property;
}

const definitions = schema.definitions as unknown as Record<string, { readonly properties: Record<string, Property> }>;

function field(block: string, path: Path, label: string, kind: Kind, more: { spelling?: Spelling; names?: "tiers" } = {}): FieldSpec {
  const property = definitions[block]?.properties[String(path.at(-1))] ?? {};
  const words = property.enum ?? property.items?.enum ?? [];
  const abouts = property.markdownEnumDescriptions ?? property.items?.markdownEnumDescriptions ?? [];
  const example = property.examples?.[0];
  return {
    path,
    label,
    kind,
    about: (property.description ?? "").replaceAll("`", ""),
    options: words.map((word, at) => ({ word, about: abouts[at] ?? "" })),
    pattern: kind === "number" ? property.pattern?.slice(1, -1) : undefined,
    example: typeof example === "string" || typeof example === "number" ? String(example) : "",
    spelling: more.spelling ?? "as needed",
    names: more.names,
  };
}

/** Which keys of `reward` go with a type of campaign. */
const rewards: Record<string, readonly FieldSpec[]> = {
  percentage: [field("reward", ["reward", "rate"], "Rate", "number", { spelling: "plain" })],
  fixed: [field("reward", ["reward", "fixed"], "Amount", "number", { spelling: "plain" })],
  multiplier: [field("reward", ["reward", "multiplier"], "Multiplier", "number", { spelling: "plain" })],
  points: [
    field("reward", ["reward", "points"], "Points", "number", { spelling: "plain" }),
    field("reward", ["reward", "points_multiplier"], "Multiplier of points", "number", { spelling: "plain" }),
  ],
  scripted: [field("reward", ["reward", "amount"], "Amount", "expression")],
};

const upTo = [
  field("up-to-of-reward", ["reward", "up_to", "spend"], "On the first", "number", { spelling: "plain" }),
  field("up-to-of-reward", ["reward", "up_to", "per"], "spent per", "choice"),
];

/** The sections for a type of campaign. */
export function sections(type: string): readonly Section[] {
  const ofPoints = type === "points";
  const perMember = ofPoints ? "campaign-per-member-points" : "campaign-per-member";
  const limited = type === "percentage" || type === "multiplier" ? upTo : [];
  return [
    {
      title: "What it is",
      fields: [
        field("campaign", ["name"], "Name", "text"),
        field("campaign", ["funded_by"], "Funded by", "text"),
        field("campaign", ["type"], "Kind", "choice"),
        ...(rewards[type] ?? []),
        ...limited,
      ],
    },
    {
      title: "When",
      fields: [
        field("active", ["active", "from"], "From", "date"),
        field("active", ["active", "to"], "To", "date"),
        field("campaign", ["days"], "Days", "several"),
        field("hours", ["hours", "from"], "Opens", "time", { spelling: "quoted" }),
        field("hours", ["hours", "to"], "Closes", "time", { spelling: "quoted" }),
      ],
    },
    {
      title: "For which purchases",
      fields: [
        field("campaign", ["when"], "Condition", "expression"),
        field("campaign", ["min_transaction"], "At least", "number", { spelling: "plain" }),
      ],
    },
    {
      title: "For whom",
      fields: [
        field("audience", ["audience", "tiers"], "Tiers", "several", { names: "tiers" }),
        field("audience", ["audience", "segments"], "Segments", "names"),
        field("audience", ["audience", "share"], "Share of members", "number", { spelling: "plain" }),
        field("audience", ["audience", "enrolled"], "Enrolled only", "switch", { spelling: "plain" }),
      ],
    },
    {
      title: "Limits",
      fields: [
        field(ofPoints ? "points-campaign-caps" : "campaign-caps", ["caps", "per_transaction"], "Per purchase", "number", { spelling: "plain" }),
        field(perMember, ["caps", "per_member", ofPoints ? "points" : "amount"], "Per member", "number", { spelling: "plain" }),
        field(perMember, ["caps", "per_member", "per"], "in a", "choice"),
        field("uses", ["caps", "uses", "count"], "Uses", "number", { spelling: "plain" }),
        field("uses", ["caps", "uses", "per"], "in a", "choice"),
        field("campaign-caps", ["caps", "budget"], "Budget of all", "number", { spelling: "plain" }),
      ],
    },
    {
      title: "With other campaigns",
      fields: [
        field("campaign", ["priority"], "Priority", "number", { spelling: "plain" }),
        field("stacking", ["stacking", "group"], "Group", "text"),
        field("stacking", ["stacking", "exclusive"], "Stays alone", "switch", { spelling: "plain" }),
        field("campaign", ["on_refund"], "A return takes back", "choice"),
      ],
    },
  ];
}
