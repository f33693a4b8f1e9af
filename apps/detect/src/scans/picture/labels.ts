import { type Color, type RgbFrame, strokeTextWidth } from "@vicinity/media";
import { footprint, type ScoredBox3d } from "@vicinity/vision";
import type { ShownBoxes } from "./boxes.ts";
import { shadowedText } from "./shadowed_text.ts";
import type { BirdsEyeView, PixelArea } from "./view.ts";

/** Height of a capital as a part of a metre on the ground, and its least and greatest pixels. */
const LETTER_METRES = 0.8;
const LEAST_PIXELS = 7;
const MOST_PIXELS = 16;
/** How far the colour of a label is moved towards white, so that it is read well. */
const PALE = 0.45;

/**
 * Writes names and scores beside boxes: the surest first, each where it covers neither a box nor another
 * label; without its name where that does not fit, and not at all where neither does.
 *
 * @param picture Painted in place.
 * @param shown The boxes and what they are.
 * @param view Where they are.
 * @param occupied What else labels keep away from.
 */
export function labelBoxes(
  picture: RgbFrame,
  { boxes, classes }: ShownBoxes,
  view: BirdsEyeView,
  occupied: readonly PixelArea[],
): void {
  const capHeight = Math.max(LEAST_PIXELS, Math.min(MOST_PIXELS, LETTER_METRES * view.scale));
  const areas = boxes.map((box) => areaOf(box, view));
  const taken = [...occupied, ...areas];
  for (const [index, box] of boxes.entries()) {
    const area = areas[index];
    if (area === undefined || !view.sees(box.center[0], box.center[1])) continue;
    const score = box.score.toFixed(2);
    const name = classes[box.classId]?.name ?? `class ${box.classId}`;
    const fitting = [`${name} ${score}`, score].flatMap((text) => {
      const width = strokeTextWidth(text, capHeight);
      const place = placesAround(area, width, capHeight)
        .find((it) => isInside(it, view) && !taken.some((other) => overlap(it, other)));
      return place === undefined ? [] : [{ text, place }];
    });
    const [label] = fitting;
    if (label === undefined) continue;
    taken.push(label.place);
    const { text, place: { left, bottom } } = label;
    const color = paler(classes[box.classId]?.color);
    shadowedText(picture, text, { at: [left, bottom], capHeight, color });
  }
}

/** The pixels around a box. */
function areaOf(box: ScoredBox3d, view: BirdsEyeView): PixelArea {
  const corners = footprint(box).map(([x, y]) => view.place(x, y));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
  };
}

/** Where a label may stand: above, below, right, left of its box. */
function placesAround(box: PixelArea, width: number, capHeight: number): readonly PixelArea[] {
  const gap = 0.5 * capHeight;
  const middle = (box.left + box.right) / 2;
  const centre = (box.top + box.bottom) / 2;
  const from = (left: number, top: number): PixelArea => ({
    left,
    top,
    right: left + width,
    bottom: top + capHeight,
  });
  return [
    from(middle - width / 2, box.top - gap - capHeight),
    from(middle - width / 2, box.bottom + gap),
    from(box.right + gap, centre - capHeight / 2),
    from(box.left - gap - width, centre - capHeight / 2),
  ];
}

function isInside(
  { left, top, right, bottom }: PixelArea,
  { width, height }: BirdsEyeView,
): boolean {
  return left >= 2 && top >= 2 && right <= width - 2 && bottom <= height - 2;
}

function overlap(a: PixelArea, b: PixelArea): boolean {
  return a.left < b.right + 2 && b.left < a.right + 2 && a.top < b.bottom + 2 &&
    b.top < a.bottom + 2;
}

function paler([red, green, blue]: Color = [255, 255, 255]): Color {
  const move = (channel: number) => Math.round(channel + PALE * (255 - channel));
  return [move(red), move(green), move(blue)];
}
