import { type Box3d, corners3d } from "@vicinity/vision";
import type { Color } from "@vicinity/media";
import type { FoundInScan } from "./found.ts";

/** Bytes of a vertex: three float32 and three colours. */
const VERTEX_BYTES = 15;
/** Bytes of an edge: two int32 and three colours. */
const EDGE_BYTES = 11;
const WHITE: Color = [255, 255, 255];

/** Lines of a box between its corners, the bottom first, and from its middle to its front. */
const BOX_EDGES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
  [4, 5],
  [5, 6],
  [6, 7],
  [7, 4],
  [0, 4],
  [1, 5],
  [2, 6],
  [3, 7],
  [8, 9],
] as const;
const BOX_VERTICES = 10;

/**
 * Points and boxes as a binary PLY file: coloured vertices, and coloured edges along the boxes with a
 * line from the middle of each to its front. Coordinates are those of the file; a large offset, which
 * single precision could not hold, is left off and told in a comment.
 *
 * @param found Points and boxes.
 * @param pointColor The colour of a point, by its number.
 * @returns The whole file.
 */
export function encodePly(
  { near: { scan: { positions }, boxes }, origin, classes }: FoundInScan,
  pointColor: (point: number) => Color,
): Uint8Array<ArrayBuffer> {
  const points = positions.length / 3;
  const vertices = points + BOX_VERTICES * boxes.length;
  const header = new TextEncoder().encode(
    headerOf(origin, vertices, BOX_EDGES.length * boxes.length),
  );
  const edgesAt = header.length + VERTEX_BYTES * vertices;
  const file = new Uint8Array(edgesAt + EDGE_BYTES * BOX_EDGES.length * boxes.length);
  const view = new DataView(file.buffer);
  file.set(header);
  const putVertex = (index: number, place: ArrayLike<number>, color: Color) => {
    const start = header.length + VERTEX_BYTES * index;
    for (let axis = 0; axis < 3; axis++) view.setFloat32(start + 4 * axis, place[axis] ?? 0, true);
    file.set(color, start + 12);
  };
  for (let at = 0; at < points; at++) {
    putVertex(at, positions.subarray(at * 3, at * 3 + 3), pointColor(at));
  }
  for (const [index, box] of boxes.entries()) {
    const color = classes[box.classId]?.color ?? WHITE;
    const first = points + BOX_VERTICES * index;
    for (const [at, place] of wireframe(box).entries()) putVertex(first + at, place, color);
    for (const [at, [from, to]] of BOX_EDGES.entries()) {
      const start = edgesAt + EDGE_BYTES * (BOX_EDGES.length * index + at);
      view.setInt32(start, first + from, true);
      view.setInt32(start + 4, first + to, true);
      file.set(color, start + 8);
    }
  }
  return file;
}

/** Corners of a box, its middle, the middle of its front. */
function wireframe(box: Box3d): readonly (readonly number[])[] {
  const { center: [x, y, z], size: [length], heading } = box;
  const front = [x + Math.cos(heading) * length / 2, y + Math.sin(heading) * length / 2, z];
  return [...corners3d(box), [x, y, z], front];
}

function headerOf(origin: readonly number[], vertices: number, edges: number): string {
  const colors = ["red", "green", "blue"].map((name) => `property uchar ${name}`);
  return [
    "ply",
    "format binary_little_endian 1.0",
    ...(origin.some((shift) => shift !== 0) ? [`comment less origin ${origin.join(" ")}`] : []),
    `element vertex ${vertices}`,
    ...["x", "y", "z"].map((name) => `property float ${name}`),
    ...colors,
    `element edge ${edges}`,
    ...["vertex1", "vertex2"].map((name) => `property int ${name}`),
    ...colors,
    "end_header",
    "",
  ].join("\n");
}
