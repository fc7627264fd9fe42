// Texts. The English source text is the key: t("Grids"), tn("{n} floor", "{n} floors", 6). The Chinese stands in
// app/translations/zh/LC_MESSAGES/messages.po and comes from /i18n/<language>.json.

export type Language = "zh" | "en";

let catalogue: Record<string, string> = {};
let current: Language = "zh";
/** By the decimals that they write: to make one takes as long as to write a hundred numbers. */
let plural: Intl.PluralRules | null = null;
const formats = new Map<number, Intl.NumberFormat>();

/** Load the catalogue of `language`; English needs none. */
export async function loadLanguage(language: Language): Promise<void> {
  current = language;
  formats.clear();
  plural = null;
  const response = await fetch(`/i18n/${language}.json`, { headers: { Accept: "application/json" } });
  catalogue = response.ok ? ((await response.json()) as Record<string, string>) : {};
}

/** The language that the page speaks. */
export function language(): Language {
  return current;
}

/** `source` in the page's language, with {name} replaced by values. */
export function t(source: string, values: Record<string, string | number> = {}): string {
  return filled(catalogue[source] || source, values);
}

/** What is counted: `one` of them or `many`, as the language has it for `n`, which stands for {n}. Both are one entry of the catalogue. */
export function tn(one: string, many: string, n: number, values: Record<string, string | number> = {}): string {
  plural ??= new Intl.PluralRules(current);
  return filled(catalogue[one] || (plural.select(n) === "one" ? one : many), { n, ...values });
}

function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : value;
  });
}

const CHINESE = /\p{Script=Han}/u;

/** A thing's name in the page's language: `name_en` in English, and in Chinese a mapped one where its own is foreign. */
export function nameOf(thing: { name?: unknown; name_en?: unknown; names?: unknown }): string {
  const english = typeof thing.name_en === "string" ? thing.name_en : "";
  const own = typeof thing.name === "string" ? thing.name : "";
  if (current === "en") return english || own;
  const mapped = (thing.names ?? {}) as Record<string, string>;
  return (CHINESE.test(own) ? own : mapped["zh-Hans"] || mapped["zh"] || own) || english;
}

/** A number as written in the page's language, with at most `digits` decimals. */
export function number(value: number, digits = 1): string {
  const known = formats.get(digits) ?? new Intl.NumberFormat(current === "zh" ? "zh-CN" : "en", { maximumFractionDigits: digits });
  formats.set(digits, known);
  return known.format(value);
}

/** Seconds as "2 min 05 s" or "45 s". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return t("{s} s", { s: whole });
  if (whole < 3600) {
    const rest = whole % 60;
    return rest
      ? t("{m} min {s} s", { m: Math.floor(whole / 60), s: String(rest).padStart(2, "0") })
      : t("{m} min", { m: whole / 60 });
  }
  return t("{h} h {m} min", { h: Math.floor(whole / 3600), m: Math.round((whole % 3600) / 60) });
}

/** Metres as "350 m" or "1.2 km". */
export function distance(metres: number): string {
  return metres < 1000 ? t("{m} m", { m: Math.round(metres) }) : t("{km} km", { km: number(metres / 1000, 1) });
}

/** A moment as written in the page's language. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(current === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}
