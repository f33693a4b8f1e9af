/** Labels of boxes in space as JSON, as they lie beside scans. */
import * as v from "valibot";
import type { Box3d } from "../boxes3d/box3d.ts";
import { LabelError } from "./label_error.ts";
import type { TrueBox } from "./samples.ts";

const NUMBER = v.pipe(v.number(), v.finite());

/** x, y, z, length, width, height, heading. */
const BOX = v.strictTuple([NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER]);

const FILE = v.object({
  boxes: v.array(v.object({
    label: v.string(),
    box: BOX,
    num_points: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    velocity: v.exactOptional(v.strictTuple([NUMBER, NUMBER])),
  })),
});

/**
 * Reads labels of the form `{"boxes": [{"label": "Car", "box": [x, y, z, length, width, height,
 * heading], "num_points": 12}]}`: metres, radians counter-clockwise from x, the centre half-way up.
 * `num_points` and `velocity` may be absent; what else there is is left out.
 *
 * @param text The file.
 * @returns The boxes in the axes of the file.
 * @throws {LabelError} If it has another form.
 *
 * @example
 * ```ts
 * import { parseBoxLabels } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const [car] = parseBoxLabels('{"boxes": [{"label": "Car", "box": [9, 1, 0, 4, 2, 2, 0.5]}]}');
 * assert.equal(car?.name, "Car");
 * assert.equal(car?.box.heading, 0.5);
 * ```
 */
export function parseBoxLabels(text: string): TrueBox[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), FILE), text);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new LabelError(
      `Cannot read labels: ${v.getDotPath(issue) ?? "the file"}: ${issue.message}. Give JSON ` +
        '{"boxes": [{"label", "box": [x, y, z, length, width, height, heading], "num_points"}]}.',
    );
  }
  return parsed.output.boxes.map(({ label, box, num_points, velocity }) => ({
    name: label,
    box: boxOf(box, velocity),
    ...(num_points === undefined ? {} : { points: num_points }),
  }));
}

function boxOf(
  [x, y, z, length, width, height, heading]: v.InferOutput<typeof BOX>,
  velocity: readonly [number, number] | undefined,
): Box3d {
  return {
    center: [x, y, z],
    size: [length, width, height],
    heading,
    ...(velocity ? { velocity } : {}),
  };
}
