/** The models of a command, for `--list-models`. */
import { CheckpointError, listModels, modelAddress } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { sizeText } from "@vicinity/tensor";
import type { DenseOptions } from "@vicinity/vision";
import { alignColumns } from "./align_columns.ts";
import { type FactsFor, kindOf, publishedModels, type Task } from "./packages.ts";

/** A model that can be chosen. */
interface ListedModel {
  /** Its name, for `--model`. */
  readonly id: string;
  /** What it says of an input. */
  readonly task: string;
  /** Number of its parameters; absent where only its file tells. */
  readonly params?: number | undefined;
  /** Size of its file; of what is not here the size of its numbers in 32 bits. */
  readonly size: string;
  /** What it looks at, in words. */
  readonly input: string | undefined;
  /** Licence of the weights. */
  readonly licence: string;
  /** What tells more of it. */
  readonly source: string;
}

const FLOAT_BYTES = 4;

/** What models look at, by what they say of themselves. */
const INPUTS: { readonly [T in Task]: (facts: FactsFor<T>) => string } = {
  classify: ({ input: { imageSize } }) => `${imageSize} x ${imageSize}`,
  semantic: ({ input }) => sides(input),
  instance: ({ input }) => sides(input),
  detect2d: ({ input }) => sides(input),
  manipulation: ({ network: { canvas: { size } } }) => `up to ${size} x ${size}`,
  detect3d: ({ range: { min, max } }) =>
    `points in ${metres(max[0] - min[0])} x ${metres(max[1] - min[1])} m`,
  upscale: () => "any size",
};

function metres(extent: number): number {
  return Number(extent.toFixed(1));
}

function sides({ shortest, longest }: Pick<DenseOptions, "shortest" | "longest">): string {
  return `${shortest}, up to ${longest}`;
}

/**
 * Lists the models of a command: those that are here, then those that the authors publish.
 *
 * @param tasks What they do.
 * @param json Whether programs will read it.
 * @returns A table, or a JSON array.
 */
export async function modelsText(tasks: readonly Task[], json: boolean): Promise<string> {
  const own = await Promise.all(tasks.flatMap((task) => ownModels(task)));
  const published = tasks.flatMap(publishedIn);
  if (json) return `${JSON.stringify([...own, ...published].map(({ document }) => document))}\n`;
  const rows = [...own, ...published].map(({ row }) => row);
  if (rows.length === 0) return `no model for ${tasks.join(" or ")} is registered\n`;
  const titles = ["model", "task", "input", "parameters", "file", "licence", "source"];
  return alignColumns([titles, ...rows.map(cells)]).map((line) => `${line}\n`).join("");
}

function cells({ id, task, params, size, input, licence, source }: ListedModel): string[] {
  const count = params === undefined ? "unknown" : `${(params / 1e6).toFixed(2)} M`;
  return [id, task, input ?? "unknown", count, size, licence, source];
}

/** A model as people and as programs are told of it. */
interface Listed {
  readonly row: ListedModel;
  readonly document: Readonly<Record<string, unknown>>;
}

function ownModels(task: Task): Promise<Listed>[] {
  return listModels(task).map(async (entry) => {
    const { scales, bytes, card, source } = entry;
    const input = await ownInput(task, entry.package, entry.file);
    const enlarges = scales.length === 0 ? "" : `, x${scales.join(" x")}`;
    const row = {
      ...{ ...entry, size: sizeText(bytes), input: input && `${input}${enlarges}` },
      source: `models/${card}, made by ${source}`,
    };
    return { row, document: { ...entry, input } };
  });
}

/** The header of a file says it; one that is not there cannot be used, but its name can be told. */
async function ownInput<T extends Task>(
  task: T,
  owner: string,
  file: string,
): Promise<string | undefined> {
  try {
    using weights = await openCheckpoint(modelAddress(file));
    const facts = kindOf(task, owner)?.describe(weights);
    return facts && INPUTS[task](facts);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return undefined;
  }
}

function publishedIn<T extends Task>(task: T): Listed[] {
  return publishedModels([task]).map((model) => {
    const known = kindOf(task, model.package)?.official(model.id);
    const params = known?.params;
    const input = known && INPUTS[task](known.facts);
    const bytes = params === undefined ? undefined : FLOAT_BYTES * params;
    const about = bytes === undefined ? "" : `, about ${sizeText(bytes)}`;
    return {
      row: { ...model, params, size: `yours to bring${about}`, input },
      document: { ...model, params, approximateBytes: bytes, input },
    };
  });
}
