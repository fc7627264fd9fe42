// Days of the calendar: "2026-03-01" is a day in China, where the grids are, not a moment.
import { language } from "./i18n.js";

/** A day as written in the page's language. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(language() === "en" ? "en-GB" : "zh-CN", { dateStyle: "long", timeZone: "UTC" }).format(midnight(iso));
}

export function today(): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
}

/** The day so many days later; earlier where it is less than 0. */
export function later(iso: string, days: number): string {
  return new Date(midnight(iso) + days * 86_400_000).toISOString().slice(0, 10);
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(midnight(text)) && new Date(midnight(text)).toISOString().startsWith(text);
}

function midnight(iso: string): number {
  return Date.parse(`${iso}T00:00:00Z`);
}
