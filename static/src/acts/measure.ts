// How long a line on the ground is.

const RADIUS = 6_371_008.8; // metres, of a sphere as large as the earth

/** Metres along a line of [lon, lat] in degrees. */
export function length(line: readonly (readonly [number, number])[]): number {
  return line.slice(1).reduce((sum, point, index) => sum + between(line[index] ?? point, point), 0);
}

function between([lon1, lat1]: readonly [number, number], [lon2, lat2]: readonly [number, number]): number {
  const [a, b] = [radians(lat1), radians(lat2)];
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(half)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
