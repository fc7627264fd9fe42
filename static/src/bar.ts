// The bar at the top: where one is, search, language, theme, help, and the person with "log out".
import { api } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { Duty } from "./duty.js";
import { icon } from "./icons.js";
import { language, nameOf, t, type Language } from "./i18n.js";
import { menuButton, type MenuItem } from "./menu.js";
import { confirm, showDialog } from "./dialogs.js";
import { anythingKept } from "./edit/kept.js";
import { roleWord } from "./words.js";
import type { Session } from "./session.js";
import type { Me } from "./types.js";
import type { Theme } from "./state.js";

const LANGUAGES: readonly (readonly [Language, string])[] = [["zh", "中文"], ["en", "English"]];

export function showBar(session: Session): void {
  const { me } = session;
  const duty = new Duty(session);
  byId("brand-place").textContent = nameOf(me.area);
  const themes = iconButton("sun", t("Day or night"));
  themes.classList.add("wide");
  const spoken = LANGUAGES.find(([code]) => code === language())?.[1] ?? "";
  const languages = h(
    "button",
    { class: "icon-button user-name wide", type: "button", "aria-label": `${t("Language")} ${spoken}` },
    icon("globe"),
    h("span", {}, spoken),
  );
  const keys = iconButton("keyboard", t("Keyboard shortcuts"));
  keys.classList.add("wide");
  keys.addEventListener("click", showKeys);
  const person = h(
    "button",
    { class: "icon-button user-name", type: "button", "aria-label": t("You: {name}", { name: me.display_name }) },
    icon("user"),
    h("span", {}, me.display_name),
  );
  replace(
    byId("bar-tools"),
    duty.badge,
    menuButton(languages, t("Language"), languageItems),
    menuButton(themes, t("Day or night"), () => themeItems(session)),
    keys,
    menuButton(person, t("You: {name}", { name: me.display_name }), () => personItems(session, duty), () =>
      h("div", { class: "menu-head" }, h("strong", {}, me.display_name), ...me.posts.map((post) => h("p", {}, placeOf(post)))),
    ),
  );
}

function iconButton(name: string, label: string): HTMLButtonElement {
  return h("button", { class: "icon-button", type: "button", "aria-label": label, title: label }, icon(name));
}

function languageItems(): MenuItem[] {
  return LANGUAGES.map(([code, label]) => ({ icon: "globe", label, checked: language() === code, act: () => void speak(code) }));
}

/** Keep the language for this person and load the page anew in it, at the same place. */
async function speak(code: Language): Promise<void> {
  await api.put("/me/language", { language: code }).catch(() => undefined);
  const address = new URL(location.href);
  address.searchParams.set("lang", code);
  location.assign(address);
}

/** A post in words: "Grid worker · grid 3", "Emergency coordinator · the district". */
function placeOf({ role, area, grid }: Me["posts"][number]): string {
  return `${roleWord(role)} · ${nameOf(grid ?? area)}`;
}

function themeItems({ store }: Session): MenuItem[] {
  const choices: readonly (readonly [Theme, string, string])[] = [
    ["auto", "cube", t("As the device")],
    ["day", "sun", t("Day")],
    ["night", "moon", t("Night")],
  ];
  return choices.map(([theme, picture, label]) => ({
    icon: theme === "auto" ? "clock" : picture,
    label,
    checked: store.get().theme === theme,
    act: () => {
      localStorage.setItem("theme", theme);
      store.set({ theme });
    },
  }));
}

function personItems(session: Session, duty: Duty): MenuItem[] {
  const narrow = window.matchMedia("(max-width: 760px)").matches;
  return [
    ...(narrow ? [...languageItems(), ...themeItems(session)] : []),
    ...duty.items(),
    { icon: "user", label: t("My account"), act: () => location.assign("/account") },
    { icon: "keyboard", label: t("Keyboard shortcuts"), act: showKeys },
    { icon: "link", label: t("API for scripts"), act: () => location.assign("/api/v1/docs") },
    { icon: "logout", label: t("Log out"), act: () => void logOut() },
  ];
}

/** Log out, which clears this browser: not unasked where edits of plans still wait in it for the network. */
async function logOut(): Promise<void> {
  const asked = t("Edits of plans have not reached the server yet. Logging out now deletes them.");
  if (!anythingKept() || (await confirm(asked, t("Log out and delete them")))) (byId("logout") as HTMLFormElement).submit();
}

/** What the keyboard can do. */
export function showKeys(): void {
  const keys: readonly (readonly [string, string])[] = [
    ["/", t("Search")],
    ["L", t("List of what the map shows")],
    ["G", t("Where am I")],
    ["H", t("Back to my area")],
    ["3", t("Flat or standing buildings")],
    ["+ −", t("Zoom in and out")],
    ["← ↑ → ↓", t("Move the map while it has the focus")],
    ["1 … 8", t("Switch a layer on or off, held with Alt")],
    ["Esc", t("Close what is open")],
    ["?", t("This help")],
  ];
  showDialog(t("Keyboard shortcuts"), h("dl", { class: "keys" }, keys.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])));
}
