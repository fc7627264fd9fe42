// Every icon of the page and of the map: 24 × 24, drawn by strokes 1.8 wide, from one table.
//   icon("search") makes an <svg> in the text's colour; badge("police", "#2456a6") makes the picture that the map shows.

const PATHS = {
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 20.5 20.5",
  close: "M6 6l12 12M18 6 6 18",
  layers: "M12 3.5 3 8.5l9 5 9-5-9-5ZM3 12.5l9 5 9-5M3 16.5l9 5 9-5",
  list: "M8.5 6H21M8.5 12H21M8.5 18H21M3.5 6h.5M3.5 12h.5M3.5 18h.5",
  locate: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM12 2v3M12 19v3M2 12h3M19 12h3M12 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  cube: "M12 2.8 20.5 7.5v9L12 21.2 3.5 16.5v-9L12 2.8ZM3.5 7.5 12 12.2l8.5-4.7M12 12.2v9",
  compass: "M12 3 8 13h8L12 3ZM8 13l4 8 4-8",
  home: "M3.5 11 12 4l8.5 7M5.5 9.5V20h13V9.5M10 20v-6h4v6",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M18.7 5.3 17 7M7 17l-1.7 1.7",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3Z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20.5c.8-4 4-6 8-6s7.2 2 8 6",
  eye: "M2.5 12C4.5 8 8 5.5 12 5.5s7.5 2.5 9.5 6.5c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  eye_closed: "M3 9c2 3.2 5.2 5.2 9 5.2S19 12.2 21 9M12 14.2V18M6.5 12.6 4.8 15.8M17.5 12.6l1.7 3.2",
  logout: "M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5",
  keyboard: "M3 6h18v12H3ZM7 10h.5M11 10h.5M15 10h.5M7 14h10",
  right: "M9 5l7 7-7 7",
  left: "M15 5l-7 7 7 7",
  down: "M5 9l7 7 7-7",
  undo: "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  check: "M4.5 12.5 10 18 20 6.5",
  warning: "M12 3.5 2.5 20h19L12 3.5ZM12 10v4.5M12 17.2v.3",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.5v.3",
  phone: "M5 4h4l1.5 4.5L8 10.5a13 13 0 0 0 5.5 5.5l2-2.5L20 15v4c0 1-1 1.5-2 1.5C10.5 20 4 13.5 3.5 6 3.5 5 4 4 5 4Z",
  history: "M3.5 5v4.5H8M4 9.5a8.5 8.5 0 1 1-.4 4.5M12 7.5v5l3.5 2",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.5l3.5 2",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5M15.5 5a3.3 3.3 0 0 1 0 6.4M17.5 14.5c2.3.6 3.7 2.4 4 5",
  building: "M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3",
  grid: "M4 4h16v16H4ZM4 10.5h9M13 4v16M13 14.5h7",
  compound: "M3 20V8l4-3 4 3v12M11 20V11l5-4 5 4v9M2 20h20M6 11h2M6 15h2M15 14h2",
  area: "M4 7l6-3 5 3 5-2v12l-5 3-5-3-6 2ZM10 4v13M15 7v13",
  route: "M6 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM18 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8.5 17.5H16a3 3 0 0 0 0-6H9a3 3 0 0 1 0-5h6.5",
  pin: "M12 21.5c4.5-5 7-8.5 7-12a7 7 0 1 0-14 0c0 3.5 2.5 7 7 12ZM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  zone: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 12.2v-.4",
  coverage: "M12 3a9.5 9.5 0 0 1 9.5 9.5h-19A9.5 9.5 0 0 1 12 3ZM12 12.5V18a2.3 2.3 0 0 0 4.6 0M12 3v-.8",
  siting: "M9 20c3.5-4 5.5-6.6 5.5-9.3a5.5 5.5 0 1 0-11 0C3.5 13.4 5.5 16 9 20ZM9 8.2v5M6.5 10.7h5M18 14v7M14.5 17.5h7",
  timer: "M12 21.5a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 9.5v4l2.5 1.5M9.5 2.5h5M18.5 5.5 20 7",
  download: "M12 3.5v12M7.5 11.5 12 16l4.5-4.5M4.5 20.5h15",
  printer: "M7 9V3.5h10V9M7 17.5H4V9h16v8.5h-3M7 14h10v6.5H7Z",
  camera: "M4 7.5h4l1.5-3h5l1.5 3h4V19H4ZM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  refresh: "M20 11a8 8 0 0 0-14-4.5L4 8.5M4 4v4.5h4.5M4 13a8 8 0 0 0 14 4.5l2-2M20 20v-4.5h-4.5",
  flag: "M5 21.5V3.5M5 4.5h13l-3 4.5 3 4.5H5",
  tag: "M3.5 3.5H12l8.5 8.5-8.5 8.5L3.5 12ZM8 8.3v-.6",
  alert: "M12 3.5c-4 0-6 3-6 6.5 0 5-2.5 6-2.5 7.5h17c0-1.5-2.5-2.5-2.5-7.5 0-3.5-2-6.5-6-6.5ZM10 20.5h4",
  link: "M10 14a4 4 0 0 0 6 .5l3.5-3.5a4 4 0 0 0-6-6L12 6.5M14 10a4 4 0 0 0-6-.5L4.5 13a4 4 0 0 0 6 6l1.5-1.5",
  edit: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20ZM14 6.5 17.5 10",
  trash: "M4 6.5h16M9 6V3.5h6V6M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6",
  more: "M5 12h.3M12 12h.3M19 12h.3",
  foot: "M13 5.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM8 11l3-3.5 3 1 1.5 3.5 3 1M11.5 8l-1 6 3.5 3 1 5M10.5 14 8 21.5",
  ebike: "M5.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM18.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8.5 16.5h5L16 6h3M13.5 16.5 15.5 9M4 11h6l3 5",
  car: "M4 16.5v-4L6 7h12l2 5.5v4ZM4 12.5h16M6 16.5V19M18 16.5V19M7 14.5h1M16 14.5h1",
  emergency: "M4 17.5v-4L6 8.5h12l2 5v4ZM4 13.5h16M6 17.5V20M18 17.5V20M10 8.5V6h4v2.5M12 3.5v-1M7.5 5l-.9-.9M16.5 5l.9-.9",
  whatif: "M9.5 9a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.2 1-1.2 1.9v.4M12 16.6v.3M21 12a9 9 0 0 1-15.4 6.3M3 12A9 9 0 0 1 18.4 5.7M18.6 2.5v3.4h-3.4M5.4 21.5v-3.4h3.4",
  barrier: "M4 8h16v5H4ZM7 13v7M17 13v7M7 8l-2 5M12 8l-2 5M17 8l-2 5M7 5v3M17 5v3",
  flood: "M3 8c3-2.5 6 2.5 9 0s6 2.5 9 0M3 13c3-2.5 6 2.5 9 0s6 2.5 9 0M3 18c3-2.5 6 2.5 9 0s6 2.5 9 0",
  redraw: "M4 4h16v6.5M4 4v16h6.5M4 11h7V4M20.5 13.5l-6 6-3 1 1-3 6-6Z",
  brush: "M20 4 11 13M9 12.5 11.5 15M9 12.5c-3 0-4.5 1.5-4.5 4 0 1.7-1 2.5-1.5 3 4 .8 8.5-.5 8.5-4.5",
  lasso: "M12 15c-5 0-8.5-2.3-8.5-5.2S7 4.5 12 4.5s8.5 2.4 8.5 5.3S17 15 12 15ZM7 14.5c-1.5 1-1.5 3 0 3.5s1.5 2 0 3",
  pointer: "M5.5 3.5 19 10.5l-6 2.2-2.4 6.3Z",
  scissors: "M6 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM6 20a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 6 20ZM8.3 8.3 20 18.5M8.3 15.7 20 5.5",
  join: "M4 4h8v8H4ZM12 12h8v8h-8ZM8 15.5v2h2M14.5 8h1v1",
  lock: "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6ZM8.5 11V7a3.5 3.5 0 0 1 6.8-1",
  road: "M8 3 5 21M16 3l3 18M12 4v3M12 10v3M12 16v4M9 9l6 6M15 9l-6 6",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  suggest: "M12 3v3.5M12 17.5V21M3 12h3.5M17.5 12H21M5.6 5.6l2.5 2.5M15.9 15.9l2.5 2.5M18.4 5.6l-2.5 2.5M8.1 15.9l-2.5 2.5M12 14.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  compare: "M12 3v18M4 6h5.5M4 6v12h5.5M14.5 6H20v12h-5.5M17.2 6v12M14.5 12H20",
  publish: "M12 20.5V9M7.5 13 12 8.5l4.5 4.5M4.5 3.5h15",
  copy: "M8 8h12v12H8ZM16 8V4H4v12h4",
  // stations
  service_station: "M3.5 11 12 4l8.5 7M5.5 9.5V20h13V9.5M12 17.5l-2.8-2.6c-1.5-1.7.9-4 2.8-2 1.9-2 4.3.3 2.8 2Z",
  liaison_station: "M4 5h16v11h-8l-4.5 4v-4H4ZM8 9.5h8M8 12.5h5",
  rider_station: "M5.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM18.5 19.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8.5 16.5h5L16 6h3M13.5 16.5 15.5 9M3.5 6.5h6V11h-6Z",
  police: "M12 3 4.5 6v5.5c0 4.5 3 7.5 7.5 9.5 4.5-2 7.5-5 7.5-9.5V6L12 3ZM12 8l1.2 2.5 2.8.3-2 1.9.5 2.8-2.5-1.3-2.5 1.3.5-2.8-2-1.9 2.8-.3Z",
  fire: "M12 21.5c-4 0-6.5-2.7-6.5-6.2 0-4 3-5.3 4-9.3.3-1.5.2-2.5 0-3.5 3.5 1 5 4 5 6.5 1-.5 1.5-1.5 1.5-2.5 1.7 2 2.5 4.5 2.5 7.5 0 4.5-2.5 7.5-6.5 7.5ZM12 21.5c-1.7 0-3-1.2-3-3 0-2 2-2.7 2.5-4.5 2 1 3.5 2.7 3.5 4.5s-1.3 3-3 3Z",
  micro_fire: "M8.5 9.5h6V21h-6ZM9.5 9.5V7h4v2.5M11.5 7V4M8 4h6.5M14.5 4l4 1.5M9 4C6 4.5 5 7 5 10M8.5 14h6",
  hospital: "M5 21V4h14v17M3 21h18M12 6.5v6M9 9.5h6M10 21v-4.5h4V21",
  clinic: "M9.5 4h5v5.5H20v5h-5.5V20h-5v-5.5H4v-5h5.5Z",
  pharmacy: "M4.5 13.5l9-9a4.2 4.2 0 0 1 6 6l-9 9a4.2 4.2 0 0 1-6-6ZM9 9l6 6",
  school: "M12 5 2 9.5l10 4.5 10-4.5L12 5ZM6 11.5V17c3.5 2.5 8.5 2.5 12 0v-5.5M21.5 10v5.5",
  townhall: "M3.5 9.5 12 4l8.5 5.5ZM5 20.5h14M6.5 10v8M10.2 10v8M13.8 10v8M17.5 10v8",
  community_centre: "M12 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM5.5 11.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM18.5 11.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7.5 20c0-5 1.5-8.5 4.5-8.5s4.5 3.5 4.5 8.5ZM2.5 18c0-2.5 1-4 3-4M21.5 18c0-2.5-1-4-3-4",
  social_facility: "M12 12 8 8.2C5.8 5.8 9.2 2.5 12 5.3c2.8-2.8 6.2.5 4 2.9ZM3 14h4l5 2h3.5a1.5 1.5 0 0 1 0 3H11M7 14v6.5M16 17.5l4-2.5a1.5 1.5 0 0 1 1.5 2.5L15 21.5l-8-1.5",
  shelter: "M12 4 2.5 20h19L12 4ZM12 11l-5 9M12 11l5 9",
  // flags
  contact_household: "M12 3l2.7 5.7 6.3.8-4.6 4.3 1.2 6.2-5.6-3-5.6 3 1.2-6.2L3 9.5l6.3-.8Z",
  hardship: "M12 11 7.5 6.7C5 4 9 .5 12 3.8 15 .5 19 4 16.5 6.7ZM3 14h4l5 2h3.5a1.5 1.5 0 0 1 0 3H11M7 14v6.5M16 17.5l4-2.5a1.5 1.5 0 0 1 1.5 2.5L15 21.5l-8-1.5",
  low_income: "M7 4l5 7.5L17 4M12 11.5V21M7.5 12.5h9M7.5 16.5h9",
  let: "M8 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12.5 12H21v4M17.5 12v3",
  vacant: "M6 21V3.5h12V21M3.5 21h17M14.5 12.5v.3",
  alone_over_80: "M11 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 21.5l1.5-7V9.5c0-1.5 3-1.5 3.5 0l3 3.5M9.5 14.5l3 2.5.5 4.5M17.5 21.5V12.5c0-1.5 2-1.5 2 0",
  disability: "M10 5.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM10 7.5v6h5.5l2.5 5.5h2M10 10h5M8 11.5a5.3 5.3 0 1 0 7 6.5",
  oxygen_or_dialysis: "M12 3c3 4 5.5 7 5.5 10.5a5.5 5.5 0 0 1-11 0C6.5 10 9 7 12 3ZM9.5 14h5M12 11.5v5",
  infant: "M9.5 8.5h5V20a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1ZM9 8.5h6M10.5 8.5V6c0-3 3-3 3 0v2.5M12 3.7V2.5M12 12h2.5M12 15.5h2.5",
  // incidents
  medical: "M3 12h4l2.5-6 4.5 12 2.5-6H21",
  gas_leak: "M3 9h10.5a2.8 2.8 0 1 0-2.8-2.8M3 13h15a2.8 2.8 0 1 1-2.8 2.8M3 17h7.5a2 2 0 1 1-2 2",
  flooding: "M3 11c3-2.5 6 2.5 9 0s6 2.5 9 0M3 16c3-2.5 6 2.5 9 0s6 2.5 9 0M3 20.5c3-2.5 6 2.5 9 0s6 2.5 9 0M7 7.5 12 3.5l5 4",
  power_or_water: "M13 2.5 5 13.5h6l-1 8 8-11.5h-6Z",
  public_facility: "M20 6.5a5 5 0 0 1-6.5 6L7 19a2.1 2.1 0 0 1-3-3l6.5-6.5A5 5 0 0 1 16.5 3L13.5 6l1 3 3 1Z",
  environment: "M5 20C5 10 10 5 20 4c0 10-4 15-11 15-1.5 0-3-.5-3.5-2M5 20c2-5 5-8 9-10",
  dispute: "M3.5 4h11v8H9l-3 3v-3H3.5ZM17.5 8.5h3v8H18v3l-3-3h-5v-2",
  help_needed: "M7 12V6.5a1.5 1.5 0 0 1 3 0V11 4.5a1.5 1.5 0 0 1 3 0V11 5.5a1.5 1.5 0 0 1 3 0V12 8.5a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6.5-6 6.5-3.5 0-5-1.5-7-4.5L4 13.5c-1-1.8 1.2-3 2.3-1.8Z",
  other: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12h.3M12 12h.3M16 12h.3",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** True where the table has an icon of this name. */
export function isIcon(name: string): name is IconName {
  return name in PATHS;
}

/** An <svg> that takes the colour of the text around it; hidden from screen readers unless it has a label. */
export function icon(name: string, size = 20, label = ""): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[isIcon(name) ? name : "other"]);
  svg.append(path);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", String(size));
  svg.setAttribute("height", String(size));
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  return svg;
}

export type BadgeShape = "disc" | "square" | "drop";

/** A picture for the map, `size` CSS pixels wide at twice that resolution: the icon in white on a coloured shape. */
export function badge(name: string, colour: string, rim: string, shape: BadgeShape = "disc", size = 26): ImageData {
  const scale = 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * scale;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("This browser cannot draw on a canvas");
  pen.scale(scale, scale);
  outline(pen, shape, size);
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = rim;
  pen.stroke();
  const inner = size * (shape === "drop" ? 0.5 : 0.62);
  const top = shape === "drop" ? size * 0.16 : (size - inner) / 2;
  pen.translate((size - inner) / 2, top);
  pen.scale(inner / 24, inner / 24);
  pen.lineWidth = 2.2;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#fff";
  pen.stroke(new Path2D(PATHS[isIcon(name) ? name : "other"]));
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function outline(pen: CanvasRenderingContext2D, shape: BadgeShape, size: number): void {
  pen.beginPath();
  if (shape === "disc") pen.arc(size / 2, size / 2, size / 2 - 1, 0, Math.PI * 2);
  else if (shape === "square") pen.roundRect(1, 1, size - 2, size - 2, size * 0.26);
  else {
    const radius = size * 0.37;
    pen.arc(size / 2, radius + 1, radius, Math.PI * 0.8, Math.PI * 0.2);
    pen.lineTo(size / 2, size - 1);
    pen.closePath();
  }
}

/** A small arrow head pointing right, for lines with a direction. */
export function arrow(colour: string, rim: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("This browser cannot draw on a canvas");
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = rim;
  pen.fillStyle = colour;
  const head = new Path2D("M5 4 20 12 5 20 9 12Z");
  pen.stroke(head);
  pen.fill(head);
  return pen.getImageData(0, 0, 24, 24);
}

/** Slanting lines that repeat without a seam, to lie over an area. */
export function hatch(colour: string): ImageData {
  const size = 16;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("This browser cannot draw on a canvas");
  pen.lineWidth = 2.6;
  pen.strokeStyle = colour;
  for (const shift of [-size, 0, size]) pen.stroke(new Path2D(`M${shift - 4} ${size + 4} L${shift + size + 4} -4`));
  return pen.getImageData(0, 0, size, size);
}
