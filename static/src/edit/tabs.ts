// Imports every tab of the planner's desk, which registers itself.
import "./draw.js";
import "./suggest.js";
import "./legacy.js";
import "./levels.js";
import "./compare.js";
import "./publish.js";
import "./staff.js";
