/** Points of files of every format that lie beside a golden file. */
import { dirname, join } from "node:path";
import { convertElongation, convertIntensity } from "@vicinity/dsvt";
import type { PointCloud } from "@vicinity/media";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import type { Kind, Produced } from "../runner.ts";
import { EXACT, FLOAT32_STEP } from "../tolerance.ts";

/** A golden file whose tensors are named after the files beside it and the columns they have. */
export const POINT_FILE_KIND: Kind = {
  run,
  tolerance: EXACT,
  outputs: (golden) => golden.names(""),
};

/** A feature of a cloud, by the word that names of tensors have for it. */
const FEATURES = {
  i: "intensity",
  t: "time",
  ring: "ring",
  time: "time",
} as const;

/** The file that a tensor is about, and what its name says about the columns. */
interface Subject {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly columns: string;
}

async function* run(golden: GoldenCase): AsyncGenerator<Produced> {
  for (const name of golden.names("")) {
    const subject = await subjectOf(golden, name);
    const tolerance = subject.columns.endsWith("_tanh") ? FLOAT32_STEP : EXACT;
    yield { name, values: await valuesOf(golden, subject), tolerance };
  }
}

async function subjectOf(golden: GoldenCase, name: string): Promise<Subject> {
  const folder = dirname(golden.path);
  const beside = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name);
  const [file] = beside
    .filter((file) => name === file || name.startsWith(`${file}.`))
    .sort((a, b) => b.length - a.length);
  if (file === undefined) {
    throw new GoldenError(
      `Cannot run ${golden.path}: no file beside it is what ${name} begins with. Put it back.`,
    );
  }
  const bytes = await Deno.readFile(join(folder, file));
  return { bytes, file, columns: name.slice(file.length + 1) };
}

async function valuesOf(golden: GoldenCase, subject: Subject): Promise<ArrayLike<number>> {
  // Loaded for this kind alone: all others run in browsers as well, where media does not.
  const { columnValues, readPoints, readPointTable } = await import("@vicinity/media");
  const { bytes, file, columns } = subject;
  const table = await readPointTable(bytes, { name: file });
  const column = (name: string) => columnValues(table, name) ?? [];
  if (columns === "xyz_f64") return interleaved(["x", "y", "z"].map(column));
  if (columns === "intensity_u16") return column("intensity");
  if (columns === "gps_time") return column("gps_time");
  const cloud = await readPoints(bytes, { name: file });
  if (columns.endsWith("_tanh")) return squashed(cloud, columns.startsWith("nlz_removed"));
  const { intensity, elongation, noLabelZone, ring, time } = cloud;
  if (columns === "" || columns === "finite") {
    return interleaved([...axes(cloud), intensity, ring, elongation, time, noLabelZone]);
  }
  return interleaved([...axes(cloud), ...featuresOf(golden, cloud, columns)]);
}

function featuresOf(golden: GoldenCase, cloud: PointCloud, columns: string) {
  const [letters = "", ...words] = columns.split("_");
  const names = [...letters.replace(/^xyz/, ""), ...words];
  return names.map((name) => {
    if (name in FEATURES) return cloud[FEATURES[name as keyof typeof FEATURES]] ?? [];
    throw new GoldenError(
      `Cannot run ${golden.path}: the column ${name} of ${columns} is unknown. Known are ` +
        `${Object.keys(FEATURES).join(", ")}.`,
    );
  });
}

function axes({ positions }: PointCloud): Float32Array[] {
  return [0, 1, 2].map((axis) => positions.filter((_, at) => at % 3 === axis));
}

/** Waymo's points as its models take them, with or without those in zones without labels. */
function squashed(cloud: PointCloud, removed: boolean): Float64Array {
  const [none, { noLabelZone = [] }] = [new Float32Array(), cloud];
  const intensity = convertIntensity(cloud.intensity ?? none, "raw", "tanh");
  const columns = [...axes(cloud), intensity, convertElongation(cloud.elongation ?? none)];
  return interleaved(
    columns.map((column) =>
      Array.from(column).filter((_, row) => !removed || noLabelZone[row] === -1)
    ),
  );
}

/** Columns to rows; columns that a file does not have are left out. */
function interleaved(columns: readonly (ArrayLike<number> | undefined)[]): Float64Array {
  const present = columns.filter((column) => column !== undefined);
  const rows = present[0]?.length ?? 0;
  return Float64Array.from(
    { length: rows * present.length },
    (_, at) => present[at % present.length]?.[Math.floor(at / present.length)] ?? NaN,
  );
}
