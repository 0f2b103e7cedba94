// Numbers and times for people. Money and points come as exact text and stay it: `Intl` formats a text digit for digit, and
// sums of texts are made of whole units. A float draws pictures and nothing else.

type Exact = Intl.StringNumericLiteral;

/** Money with its currency, digit for digit. */
export function money(amount: string, currency: string): string {
  const digits = amount.split(".")[1]?.length ?? 0;
  const how = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat("en", how).format(amount as Exact);
}

/** A number with separators, digit for digit. */
export function number(amount: string | number): string {
  const digits = String(amount).split(".")[1]?.length ?? 0;
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", how).format(amount as Exact);
}

/** With its sign, so that a difference shows as one. */
export function signed(text: string, formatted: string): string {
  return isZero(text) || text.startsWith("-") ? formatted : `+${formatted}`;
}

export const isZero = (amount: string): boolean => /^-?[0.]*$/.test(amount);

/** Share of a whole from 0 to 1, for pictures only. */
export function share(part: string, whole: string): number {
  const of = Number(whole);
  return of > 0 ? Math.min(1, Math.max(0, Number(part) / of)) : 0;
}

export const percent = (part: number): string =>
  new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: part < 0.1 ? 1 : 0 }).format(part);

const instants = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

/** An instant in the zone of whoever looks. */
export const instant = (at: string): string => instants.format(new Date(at));

/** A local day of a program, `2026-03-31`: it has no zone. */
export const day = (text: string): string => days.format(new Date(`${text}T12:00:00`));

/** An instant in a zone; at midnight the day alone, which of an end is the last one before. */
export function localTime(at: string, timeZone: string, is: "begins" | "ends"): string {
  const time = new Date(at);
  const clock = new Intl.DateTimeFormat("en", { timeZone, timeStyle: "medium", hourCycle: "h23" }).format(time);
  if (clock !== "00:00:00") return new Intl.DateTimeFormat("en", { timeZone, dateStyle: "medium", timeStyle: "short" }).format(time);
  return new Intl.DateTimeFormat("en", { timeZone, dateStyle: "medium" }).format(is === "ends" ? time.getTime() - 1 : time);
}

/** How far an instant is from now, in words. */
export function away(at: string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(Math.trunc(seconds), "second");
}

export const hash = (full: string): string => full.replace("sha256:", "").slice(0, 10);

export const plural = (count: number, one: string, many = `${one}s`): string => `${number(count)} ${count === 1 ? one : many}`;

/** The sum of decimal texts, exactly. Reports have their own sums; this is for the head of a table. */
export function added(all: readonly string[]): string {
  const places = Math.max(0, ...all.map((one) => one.split(".")[1]?.length ?? 0));
  const units = all.reduce((sum, one) => {
    const [whole = "0", part = ""] = one.split(".");
    return sum + BigInt(whole + part.padEnd(places, "0"));
  }, 0n);
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const text = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return units < 0n ? `-${text}` : text;
}
