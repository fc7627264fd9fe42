// A question about coverage: as a query of the API, and as the part of an address that can be sent on:
//   #coverage=response_1,fire-police,foot,1,12,0[,scenario]     (view or -, kinds, mode, minutes, area or 0, open now)
import { query } from "../api.js";
import type { Question, View, Views } from "./coverageTypes.js";

const NONE = "-";

export function questionOf(view: View, area: number | null = null): Question {
  return { preset: view.key, kinds: view.kinds, mode: view.mode, minutes: view.minutes, open: false, area, scenario: null };
}

/** The values of the API; `kinds` as a list where the question goes into a body. */
export function bodyOf({ preset, kinds, mode, minutes, open, area, scenario }: Question): Record<string, unknown> {
  return { ...(preset ? { preset } : {}), kinds, mode, minutes, open_now: open, area, scenario };
}

export function queryOf(question: Question, more: Record<string, string | number> = {}): string {
  const { preset, mode, minutes, area, scenario } = question;
  return query({ preset, kinds: question.kinds.join(","), mode, minutes, open_now: String(question.open), area, scenario, ...more });
}

export function addressOf({ preset, kinds, mode, minutes, open, area, scenario }: Question): string {
  const parts = [preset ?? NONE, kinds.join("-") || NONE, mode, minutes, area ?? 0, open ? 1 : 0, ...(scenario ? [scenario] : [])];
  return `#coverage=${parts.join(",")}`;
}

/** The question of an address, as far as there are such kinds, modes and areas; null where it asks none. */
export function fromAddress(hash: string, views: Views): Question | null {
  const match = /^#coverage=([\w-]+),([\w-]+),(\w+),([\d.]+),(\d+),([01])(?:,([\da-f-]{36}))?$/.exec(hash);
  if (!match) return null;
  const [, preset, kinds, mode, minutes, area, open, scenario] = match;
  if (!views.modes.includes(mode ?? "") || !(Number(minutes) >= 0.25 && Number(minutes) <= 60)) return null;
  return {
    preset: views.presets.some(({ key }) => key === preset) ? (preset ?? null) : null,
    kinds: kinds === NONE ? [] : (kinds ?? "").split("-"),
    mode: mode ?? "foot",
    minutes: Number(minutes),
    open: open === "1",
    area: views.areas.some(({ id }) => id === Number(area)) ? Number(area) : null,
    scenario: scenario ?? null,
  };
}
