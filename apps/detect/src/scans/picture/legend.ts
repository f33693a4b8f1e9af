import {
  type Color,
  fillRectangle,
  type RgbFrame,
  strokePath,
  strokeText,
  strokeTextWidth,
} from "@vicinity/media";
import type { ClassInfo, ScoredBox3d } from "@vicinity/vision";
import type { ShownBoxes } from "./boxes.ts";
import { ringStep } from "./grid.ts";
import { POINT_COLORS, type PointColors } from "./points.ts";
import type { BirdsEyeView } from "./view.ts";

const STRIP: Color = [20, 23, 30];
const TEXT: Color = [205, 212, 224];
const FAINT: Color = [140, 150, 168];

/** Letters of the line about the scan that there is always room for, in heights of capitals. */
const TITLE_HEIGHTS = 28;

/** One thing in the strip below the picture. */
interface Entry {
  /** Room that it takes, whatever numbers it shows, so that the strips of a video are alike. */
  readonly width: number;
  /** Paints it from a place on, with the foot of its letters there. */
  readonly paint: (picture: RgbFrame, x: number, foot: number) => void;
}

/** What the strip below the picture says. */
export interface LegendContent extends ShownBoxes {
  /** How points are coloured. */
  readonly colors: PointColors;
  /** A line about the scan. */
  readonly title: string;
}

/**
 * Adds a strip below a bird's-eye picture: classes with their numbers of boxes, a scale, the colours of
 * the points, what the scan is.
 *
 * @param picture The picture.
 * @param view How it was made.
 * @param content What is shown.
 * @param capHeight Height of a capital in pixels.
 * @returns A new picture, higher by the strip.
 */
export function addScanLegend(
  picture: RgbFrame,
  view: BirdsEyeView,
  content: LegendContent,
  capHeight: number,
): RgbFrame {
  const room = { width: picture.width - 2 * capHeight, gap: 2 * capHeight };
  const classes = content.classes.map((it, id) => classEntry(it, id, content.boxes, capHeight));
  const facts = [
    scaleEntry(view, capHeight),
    colorEntry(content.colors, capHeight),
    titleEntry(content.title, capHeight, room.width),
  ];
  const line = 2.4 * capHeight;
  const lines = [...inLines(classes, room), ...inLines(facts, room)];
  const { width, height } = picture;
  // Videos need an even number of rows, and the same one in all frames.
  const strip = 2 * Math.ceil((line * lines.length + 0.8 * capHeight + height) / 2) - height;
  const whole = {
    width,
    height: height + strip,
    data: new Uint8Array(width * (height + strip) * 3),
  };
  whole.data.set(picture.data);
  fillRectangle(whole, { x: 0, y: height, width, height: strip }, STRIP);
  for (const [index, entries] of lines.entries()) {
    const foot = height + 0.4 * capHeight + (index + 0.5) * line + capHeight / 2;
    let x = capHeight;
    for (const entry of entries) {
      entry.paint(whole, x, foot);
      x += entry.width + room.gap;
    }
  }
  return whole;
}

/** Entries one after the other, in as many lines as they need. */
function inLines(
  entries: readonly Entry[],
  { width, gap }: { readonly width: number; readonly gap: number },
): readonly (readonly Entry[])[] {
  const lines: Entry[][] = [];
  let used = Infinity;
  for (const entry of entries) {
    if (used + gap + entry.width > width) {
      lines.push([]);
      used = -gap;
    }
    lines.at(-1)?.push(entry);
    used += gap + entry.width;
  }
  return lines;
}

function textEntry(text: string, color: Color, capHeight: number): Entry {
  return {
    width: strokeTextWidth(text, capHeight),
    paint: (picture, x, foot) => strokeText(picture, text, { at: [x, foot], capHeight, color }),
  };
}

/** The line about the scan, cut to the room that is left. */
function titleEntry(title: string, capHeight: number, room: number): Entry {
  return {
    width: Math.min(room, TITLE_HEIGHTS * capHeight),
    paint: (picture, x, foot) => {
      const left = picture.width - capHeight - x;
      let text = title;
      while (text.length > 3 && strokeTextWidth(text, capHeight) > left) {
        text = `${text.slice(0, -3)}..`;
      }
      strokeText(picture, text, { at: [x, foot], capHeight, color: FAINT });
    },
  };
}

/** A square in the class's colour, its name, how many there are. */
function classEntry(
  { name, color }: ClassInfo,
  id: number,
  boxes: readonly ScoredBox3d[],
  capHeight: number,
): Entry {
  const count = boxes.filter(({ classId }) => classId === id).length;
  const text = textEntry(`${name} ${count}`, count === 0 ? FAINT : TEXT, capHeight);
  const side = Math.round(capHeight);
  return {
    width: 1.5 * side + strokeTextWidth(`${name} 000`, capHeight),
    paint: (picture, x, foot) => {
      const square = { x: Math.round(x), y: Math.round(foot) - side, width: side, height: side };
      fillRectangle(picture, square, color);
      text.paint(picture, x + 1.5 * side, foot);
    },
  };
}

/** A bar as long as the distance between two rings. */
function scaleEntry(view: BirdsEyeView, capHeight: number): Entry {
  const metres = ringStep(view);
  const length = metres * view.scale;
  const text = textEntry(`${metres} m`, TEXT, capHeight);
  return {
    width: length + 0.8 * capHeight + text.width,
    paint: (picture, x, foot) => {
      const y = foot - capHeight / 2;
      const tick = 0.4 * capHeight;
      const style = { color: TEXT, width: Math.max(1.2, 0.13 * capHeight) };
      for (const end of [x, x + length]) {
        strokePath(picture, [[end, y - tick], [end, y + tick]], style);
      }
      strokePath(picture, [[x, y], [x + length, y]], style);
      text.paint(picture, x + length + 0.8 * capHeight, foot);
    },
  };
}

/** The colours of the points with the values of the first and the last. */
function colorEntry({ by, range: [least, greatest] }: PointColors, capHeight: number): Entry {
  const unit = by === "height" ? " m" : "";
  const start = textEntry(`${by} ${short(least)}`, TEXT, capHeight);
  const end = textEntry(`${short(greatest)}${unit}`, TEXT, capHeight);
  const length = Math.round(8 * capHeight);
  const gap = 0.8 * capHeight;
  return {
    width: start.width + gap + length + gap + end.width,
    paint: (picture, x, foot) => {
      start.paint(picture, x, foot);
      const left = Math.round(x + start.width + gap);
      const top = Math.round(foot - 0.85 * capHeight);
      for (let column = 0; column < length; column++) {
        const color = POINT_COLORS[Math.floor(column / length * POINT_COLORS.length)];
        const bar = { x: left + column, y: top, width: 1, height: Math.round(0.7 * capHeight) };
        if (color !== undefined) fillRectangle(picture, bar, color);
      }
      end.paint(picture, left + length + gap, foot);
    },
  };
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
