// Imports every act, which registers itself. The order here is the order of the toolbar.
import "./incident.js";
import "./zone.js";
import "./coverage.js";
import "./whatif.js";
import "./siting.js";
import "../edit/desk.js";
import "./patrol.js";
import "./incidents.js";
import "./wallmap.js";
import "./flags.js";
import "./dates.js";
