/**
 * Boxes moved by deltas, the three ways that two-stage detectors do it: anchors to proposals,
 * proposals to better ones by the deltas of their likeliest class, proposals to boxes of every class.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { LARGEST_GROWTH } from "../boxes.ts";

/** Invocations a workgroup. */
export const MOVE_BOXES_THREADS = 64;

/** Score of what is no box; below every logit and probability. */
export const NOTHING: number = -3e38;

const MOVED = `const GROWTH = ${LARGEST_GROWTH};
const NOTHING = ${NOTHING.toExponential()};
fn moved(box: vec4f, delta: vec4f) -> vec4f {
  let extent = box.zw - box.xy;
  let centre = (box.xy + box.zw) * 0.5 + extent * delta.xy;
  let half_extent = extent * exp(clamp(delta.zw, vec2f(-GROWTH), vec2f(GROWTH))) * 0.5;
  // Height and width of the picture without its padding.
  let far = vec2f(clip[1], clip[0]);
  return vec4f(
    clamp(centre - half_extent, vec2f(), far),
    clamp(centre + half_extent, vec2f(), far),
  );
}
`;

const CODED = `${MOVED}fn coded(delta: vec4f) -> vec4f {
  return delta * vec4f(p.std_x, p.std_y, p.std_w, p.std_h);
}
`;

const FLAT = `  let index = ${FLAT_WORKGROUP} * ${MOVE_BOXES_THREADS}u + local;
  if (index >= p.total) { return; }`;

const STDS = { std_x: "f32", std_y: "f32", std_w: "f32", std_h: "f32" } as const;

/**
 * Moves the best anchors of a level, and turns their logits into scores; boxes that are too small,
 * and the places behind the level's last box, score {@link NOTHING}.
 *
 * @returns The kernel; flat grid over the places that every level has.
 */
export function moveAnchors(): Kernel {
  return kernel({
    label: "move anchors",
    bindings: [
      { name: "logits", type: "f32", access: "read" },
      { name: "indices", type: "u32", access: "read" },
      { name: "deltas", type: "vec4f", access: "read" },
      { name: "anchors", type: "vec4f", access: "read" },
      { name: "clip", type: "f32", access: "read" },
      { name: "boxes", type: "vec4f", access: "read_write" },
      { name: "scores", type: "f32", access: "read_write" },
    ],
    params: {
      total: "u32",
      count: "u32",
      start: "u32",
      first_anchor: "u32",
      kinds: "u32",
      width: "u32",
      stride: "f32",
      smallest: "f32",
    },
    workgroup: [MOVE_BOXES_THREADS, 1, 1],
    declarations: MOVED,
    body: `${FLAT}
  var box = vec4f();
  var score = NOTHING;
  if (index < p.count) {
    let anchor = indices[index];
    let place = anchor / p.kinds;
    let shift = vec2f(f32(place % p.width), f32(place / p.width)) * p.stride;
    box = moved(anchors[p.first_anchor + anchor % p.kinds] + shift.xyxy, deltas[anchor]);
    let extent = box.zw - box.xy;
    let large = extent.x > p.smallest && extent.y > p.smallest;
    score = select(NOTHING, 1.0 / (1.0 + exp(-logits[index])), large);
  }
  boxes[p.start + index] = box;
  scores[p.start + index] = score;`,
  });
}

/**
 * Moves regions by the deltas of the class with the largest logit, the background left out.
 *
 * @returns The kernel; flat grid over regions.
 */
export function moveRegions(): Kernel {
  return kernel({
    label: "move regions",
    bindings: [
      { name: "regions", type: "vec4f", access: "read" },
      { name: "logits", type: "f32", access: "read" },
      { name: "deltas", type: "vec4f", access: "read" },
      { name: "clip", type: "f32", access: "read" },
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", classes: "u32", ...STDS },
    workgroup: [MOVE_BOXES_THREADS, 1, 1],
    declarations: CODED,
    body: `${FLAT}
  let first = index * (p.classes + 1u);
  var best = 0u;
  for (var class_id = 1u; class_id < p.classes; class_id++) {
    if (logits[first + class_id] > logits[first + best]) { best = class_id; }
  }
  y[index] = moved(regions[index], coded(deltas[index * p.classes + best]));`,
  });
}

/**
 * Boxes of every class in the order of their scores, in pixels of the photograph.
 *
 * @returns The kernel; flat grid over classes and regions.
 */
export function moveByClass(): Kernel {
  return kernel({
    label: "move by class",
    bindings: [
      { name: "regions", type: "vec4f", access: "read" },
      { name: "deltas", type: "vec4f", access: "read" },
      { name: "scores", type: "f32", access: "read" },
      { name: "order", type: "u32", access: "read" },
      { name: "clip", type: "f32", access: "read" },
      { name: "scale", type: "vec4f", access: "read" },
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", classes: "u32", regions: "u32", ...STDS },
    workgroup: [MOVE_BOXES_THREADS, 1, 1],
    declarations: CODED,
    body: `${FLAT}
  var box = vec4f();
  if (scores[index] > NOTHING) {
    let region = order[index];
    let delta = deltas[region * p.classes + index / p.regions];
    box = moved(regions[region], coded(delta)) / scale[0];
  }
  y[index] = box;`,
  });
}

/**
 * Scores of every class, `[regions, classes + 1]` to `[classes, regions]`; those that are not above
 * the threshold, and those of regions that are none, become {@link NOTHING}.
 *
 * @returns The kernel; flat grid over classes and regions.
 */
export function classScores(): Kernel {
  return kernel({
    label: "class scores",
    bindings: [
      { name: "probabilities", type: "f32", access: "read" },
      { name: "objectness", type: "f32", access: "read" },
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: { total: "u32", classes: "u32", regions: "u32", threshold: "f32" },
    workgroup: [MOVE_BOXES_THREADS, 1, 1],
    body: `${FLAT}
  let region = index % p.regions;
  let score = probabilities[region * (p.classes + 1u) + index / p.regions];
  let counts = score > p.threshold && objectness[region] > ${NOTHING.toExponential()};
  y[index] = select(${NOTHING.toExponential()}, score, counts);`,
  });
}
