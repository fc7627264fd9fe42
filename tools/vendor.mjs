// Copies the files that a browser loads out of node_modules into static/vendor, one folder for each package.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files and folders taken from each package, licence first. */
const wanted = {
  "maplibre-gl": [
    "LICENSE.txt",
    "dist/maplibre-gl.mjs",
    "dist/maplibre-gl-shared.mjs",
    "dist/maplibre-gl-worker.mjs",
    "dist/maplibre-gl.css",
  ],
  "terra-draw": ["dist/terra-draw.modern.js"],
  "terra-draw-maplibre-gl-adapter": ["dist/terra-draw-maplibre-gl-adapter.modern.js"],
  leaflet: ["LICENSE", "dist/leaflet.js", "dist/leaflet.css", "dist/images"],
};

const vendor = join(root, "static", "vendor");
rmSync(vendor, { recursive: true, force: true });
for (const [name, files] of Object.entries(wanted)) {
  const folder = join(vendor, name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    cpSync(join(root, "node_modules", name, file), join(folder, basename(file)), { recursive: true });
  }
}
