/** What a column of a file of points can mean. */
export type PointRole =
  | "x"
  | "y"
  | "z"
  | "intensity"
  | "elongation"
  | "time"
  | "ring"
  | "noLabelZone";

/**
 * Names that sensors' drivers, CloudCompare, PDAL, PCL and data sets give to what a column means,
 * in lower case; where a file has several, the first one listed counts.
 */
const NAMES: Readonly<Record<PointRole, readonly string[]>> = {
  x: ["x", "points:0"],
  y: ["y", "points:1"],
  z: ["z", "points:2"],
  intensity: [
    "intensity",
    "i",
    "scalar_intensity",
    "reflectance",
    "reflectivity",
    "remission",
    "remissions",
    "scalar_reflectance",
    "scalar_reflectivity",
  ],
  elongation: ["elongation", "scalar_elongation"],
  time: ["time", "t", "timestamp", "gps_time", "gpstime", "scalar_gpstime", "offset_time"],
  ring: ["ring", "laser_id", "laser", "channel", "line", "beam", "scalar_ring"],
  noLabelZone: ["nolabelzone", "no_label_zone", "nlz", "nlz_flag"],
};

/** All roles. */
export const POINT_ROLES: readonly PointRole[] = Object.keys(NAMES) as PointRole[];

/**
 * Finds the column that has a role.
 *
 * @param columns The columns of a file.
 * @param role What is looked for.
 * @returns The column with the most telling name; undefined if no name tells of the role.
 */
export function columnOf<Column extends { readonly name: string }>(
  columns: readonly Column[],
  role: PointRole,
): Column | undefined {
  const known = NAMES[role];
  const ranks = columns.map(({ name }) => known.indexOf(name.trim().toLowerCase()));
  const best = Math.min(...ranks.filter((rank) => rank >= 0));
  return columns[ranks.indexOf(best)];
}

/** Whether a name tells of any role. */
export function isRoleName(name: string): boolean {
  return POINT_ROLES.some((role) => NAMES[role].includes(name.trim().toLowerCase()));
}
