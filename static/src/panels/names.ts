// What a thing is called besides the name in its panel's title: each with its languages, in a quiet line.
import { h } from "../dom.js";
import { language, nameOf, t } from "../i18n.js";

export interface ManyNamed {
  name?: unknown;
  name_en?: unknown;
  /** {language or sort of name: text}, as the API serves it. */
  names?: unknown;
}

const SORTS: Readonly<Record<string, () => string>> = {
  alt_name: () => t("also"),
  old_name: () => t("formerly"),
  short_name: () => t("in short"),
  official_name: () => t("officially"),
  zh_pinyin: () => t("pinyin"),
  "zh-Latn-pinyin": () => t("pinyin"),
};

/** The names of `thing` other than the one the page calls it by; null where there are none. */
export function otherNames(thing: ManyNamed): HTMLElement | null {
  const labels = new Map<string, string[]>();
  const languages = new Map<string, string>();
  for (const [key, name] of Object.entries(thing.names ?? {}) as [string, string][]) {
    if (name === nameOf(thing)) continue;
    labels.set(name, [...(labels.get(name) ?? []), labelOf(key)]);
    const spoken = languageOf(key);
    if (spoken && !languages.has(name)) languages.set(name, spoken);
  }
  if (!labels.size) return null;
  const parts = [...labels].map(([name, of]) =>
    h("span", {}, h("span", { lang: languages.get(name) }, name), " ", h("small", {}, of.join(t(", ")))),
  );
  return h("p", { class: "names quiet small" }, parts);
}

/** "Japanese" for "ja", "formerly" for "old_name", "formerly, English" for "old_name:en". */
function labelOf(key: string): string {
  const [sort, spoken] = key.split(":");
  const word = SORTS[sort ?? ""]?.();
  if (word === undefined) return wordOf(key);
  return spoken ? [word, wordOf(spoken)].join(t(", ")) : word;
}

/** The tag of the language a name is in, as a page states it; undefined where it is not known. */
function languageOf(key: string): string | undefined {
  const [sort, spoken] = key.split(":");
  const tag = sort?.endsWith("_name") ? spoken : key;
  return tag?.replaceAll("_", "-");
}

/** A language in the words of the page; its tag where the browser has no word for it. */
function wordOf(tag: string): string {
  try {
    return new Intl.DisplayNames(language() === "zh" ? "zh-CN" : "en", { type: "language" }).of(tag.replaceAll("_", "-")) ?? tag;
  } catch {
    return tag;
  }
}
