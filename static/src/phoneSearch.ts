// Finding households by the last four digits of a phone. The digits travel in a body and stand in no address.
import { api } from "./api.js";
import { nameOf, t } from "./i18n.js";
import type { Session } from "./session.js";
import type { FoundHousehold, ResultRow } from "./types.js";

const TAIL = /^\d{4}$/;

/** The row that offers to look for these digits; null where they are none, or the person sees no household. */
export function offer(session: Session, typed: string, look: (digits: string) => void): ResultRow | null {
  if (!TAIL.test(typed) || !session.me.can.includes("households.see")) return null;
  return {
    icon: "phone",
    name: t("Households whose phone ends in {digits}", { digits: typed }),
    more: t("Press to look. The look is kept on record."),
    choose: () => look(typed),
    stays: true,
  };
}

/** The households, masked, as rows that open their dwelling; and what there is to say about them. */
export async function look(session: Session, digits: string): Promise<{ rows: ResultRow[]; note: string | null }> {
  const { households, more } = await api.post<{ households: FoundHousehold[]; more: boolean }>("/households/find", { phone_tail: digits });
  if (!households.length) return { rows: [], note: t("No phone of a household in your area ends in {digits}.", { digits }) };
  const note = more ? t("The first {n} are listed.", { n: households.length }) : null;
  return { rows: households.map((household) => row(session, household)), note };
}

function row(session: Session, { name, phone, building, entrance, floor, dwelling }: FoundHousehold): ResultRow {
  const door = t("entrance {entrance}, floor {floor}, {number}", { entrance, floor: String(floor), number: dwelling.number });
  return {
    icon: "user",
    name: [name, phone].filter(Boolean).join(" · "),
    more: `${building.address || nameOf(building)} · ${door}`,
    choose: () => session.select({ kind: "building", id: String(building.id) }, { zoom: true, dwelling: dwelling.id }),
  };
}
