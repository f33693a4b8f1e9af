import { CliError } from "../errors.ts";
import { nearestName } from "@vicinity/checkpoint";
import { VOID_LABEL } from "@vicinity/media";
import type { ClassInfo } from "@vicinity/vision";

/** Which classes are shown, and what the others become. */
export interface ShownClasses {
  /** All classes of the model, in order. */
  readonly classes: readonly ClassInfo[];
  /** Whether a class is shown. */
  readonly shows: (id: number) => boolean;
  /** The number of pixels whose class is not shown. */
  readonly nothing: number;
}

/**
 * Reads the value of `--classes`.
 *
 * @param classes All classes of the model.
 * @param wanted Names or numbers; nothing for all.
 * @returns What is shown.
 * @throws {CliError} `USAGE` for a class that the model has not.
 */
export function showClasses(
  classes: readonly ClassInfo[],
  wanted: readonly string[],
): ShownClasses {
  const nothing = classes.length > VOID_LABEL ? 0xffff : VOID_LABEL;
  const ids = new Set(wanted.map((name) => classId(classes, name)));
  return { classes, nothing, shows: (id) => ids.size === 0 || ids.has(id) };
}

function classId(classes: readonly ClassInfo[], wanted: string): number {
  const id = /^\d+$/.test(wanted)
    ? Number(wanted)
    : classes.findIndex(({ name }) =>
      name === wanted || name.split(",").some((part) => part.trim() === wanted)
    );
  if (classes[id] !== undefined) return id;
  const near = nearestName(wanted, classes.map(({ name }) => name));
  throw new CliError("USAGE", `the model has no class ${wanted}`, {
    hint: near === undefined
      ? `choose from ${classes.map(({ name }) => name).slice(0, 20).join(", ")}`
      : `did you mean ${near}?`,
  });
}

/**
 * Labels with the classes that are not shown replaced.
 *
 * @param labels The class of each pixel.
 * @param shown Which classes are shown.
 * @returns The numbers that are written and painted.
 */
export function hideOthers(labels: Uint32Array, { shows, nothing }: ShownClasses): Uint32Array {
  return labels.map((id) => shows(id) ? id : nothing);
}

/** How much of a picture a class covers. */
export interface ClassShare {
  /** Number of the class. */
  readonly id: number;
  /** Its name. */
  readonly name: string;
  /** Pixels. */
  readonly pixels: number;
  /** Share of all pixels. */
  readonly fraction: number;
}

/** Counts the pixels of classes in one or several pictures. */
export class ClassCounter {
  readonly #shown: ShownClasses;
  readonly #counts: Float64Array;
  #total = 0;

  /** Starts at zero. */
  constructor(shown: ShownClasses) {
    this.#shown = shown;
    this.#counts = new Float64Array(shown.classes.length);
  }

  /** Adds a picture's labels after {@link hideOthers}. */
  add(labels: Uint32Array): void {
    this.#total += labels.length;
    for (const id of labels) {
      if (id < this.#counts.length) this.#counts[id] = (this.#counts[id] ?? 0) + 1;
    }
  }

  /** Classes that are there, the largest first. */
  get shares(): readonly ClassShare[] {
    return this.#shown.classes
      .map(({ name }, id) => {
        const pixels = this.#counts[id] ?? 0;
        return { id, name, pixels, fraction: Number((pixels / this.#total).toPrecision(6)) };
      })
      .filter(({ pixels }) => pixels > 0)
      .sort((a, b) => b.pixels - a.pixels || a.id - b.id);
  }
}
