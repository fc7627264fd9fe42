// The community around a place, and where its wall map is.
import { api, query } from "../api.js";
import { language } from "../i18n.js";
import type { Here, LngLat, Named } from "../types.js";

/** The community around a place; null where there is none. */
export async function communityAt({ lon, lat }: LngLat): Promise<Named | null> {
  return (await api.get<Here>(`/here?${query({ lon, lat })}`)).community;
}

/** Where the wall map of a community is downloaded; with a response zone "lon,lat,mode,minutes" where one is given. */
export function wallMapAddress({ code }: Named, zone: string | null = null): string {
  return `/wallmap/${code}?${query({ lang: language(), zone })}`;
}
