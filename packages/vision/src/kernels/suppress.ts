/**
 * Greedy non-maximum suppression of groups of boxes in the order of their scores.
 *
 * `overlaps` sets bit j of row i where box i would suppress the worse box j. `suppress` then decides
 * 32 boxes at a time: every invocation owns one word of a group, works out which of the 32 stay, which
 * needs only their own bits, and marks in its word what they suppress. So each decision is the one
 * that a loop over all boxes would take, without barriers and without the host.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { NOTHING } from "./move_boxes.ts";

/** Invocations a workgroup. */
export const SUPPRESS_THREADS = 64;

/** Boxes that are decided at a time: the bits of a word. */
export const WORD_BITS = 32;

const FLAT = `  let index = ${FLAT_WORKGROUP} * ${SUPPRESS_THREADS}u + local;
  if (index >= p.total) { return; }`;

const NONE = `const NOTHING = ${NOTHING.toExponential()};
`;

/**
 * Compares boxes; words before the one of the box itself are left as they are.
 *
 * @returns The kernel; flat grid over groups, boxes and words.
 */
export function overlaps(): Kernel {
  return kernel({
    label: "overlaps",
    bindings: [
      { name: "boxes", type: "vec4f", access: "read" },
      { name: "scores", type: "f32", access: "read" },
      { name: "words", type: "u32", access: "read_write" },
    ],
    params: { total: "u32", count: "u32", width: "u32", threshold: "f32" },
    workgroup: [SUPPRESS_THREADS, 1, 1],
    declarations: `${NONE}fn area(box: vec4f) -> f32 {
  return (box.z - box.x) * (box.w - box.y);
}
`,
    body: `${FLAT}
  let word = index % p.width;
  let box = index / p.width;
  let own = box % p.count;
  if (word < own / ${WORD_BITS}u || scores[box] <= NOTHING) { return; }
  let group = box - own;
  let better = boxes[box];
  let better_area = area(better);
  var bits = 0u;
  for (var bit = 0u; bit < ${WORD_BITS}u; bit++) {
    let other = word * ${WORD_BITS}u + bit;
    if (other <= own || other >= p.count) { continue; }
    let worse = boxes[group + other];
    let extent = max(min(better.zw, worse.zw) - max(better.xy, worse.xy), vec2f());
    let shared_area = extent.x * extent.y;
    let joined_area = better_area + area(worse) - shared_area;
    if (shared_area > p.threshold * joined_area) { bits |= 1u << bit; }
  }
  words[index] = bits;`,
  });
}

/**
 * Decides the boxes of one word.
 *
 * @returns The kernel; flat grid over groups and the words from that one on.
 */
export function suppress(): Kernel {
  return kernel({
    label: "suppress",
    bindings: [
      { name: "scores", type: "f32", access: "read" },
      { name: "words", type: "u32", access: "read" },
      { name: "suppressed", type: "u32", access: "read_write" },
      { name: "kept", type: "f32", access: "read_write" },
    ],
    params: { total: "u32", count: "u32", width: "u32", decided: "u32" },
    workgroup: [SUPPRESS_THREADS, 1, 1],
    declarations: NONE,
    body: `${FLAT}
  let left = p.width - p.decided;
  let group = index / left;
  let word = p.decided + index % left;
  var gone = suppressed[group * p.width + p.decided];
  var marked = 0u;
  for (var bit = 0u; bit < ${WORD_BITS}u; bit++) {
    let own = p.decided * ${WORD_BITS}u + bit;
    if (own >= p.count) { break; }
    let box = group * p.count + own;
    let stays = ((gone >> bit) & 1u) == 0u && scores[box] > NOTHING;
    if (stays) {
      gone |= words[box * p.width + p.decided];
      marked |= words[box * p.width + word];
    }
    if (word == p.decided) { kept[box] = select(NOTHING, scores[box], stays); }
  }
  if (word > p.decided) { suppressed[group * p.width + word] |= marked; }`,
  });
}
