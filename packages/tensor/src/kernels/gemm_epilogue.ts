/** What happens to the sums of an implicit GEMM, and where they are stored. */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { element } from "../wgsl/element.ts";
import type { Binding } from "../wgsl/kernel.ts";

/** What happens to a sum before it is stored, in this order: bias, activation, scale, residual. */
export interface EpilogueSpec {
  /** Add one value a column. */
  readonly bias: boolean;
  /** Applied after the bias. */
  readonly activation: Activation;
  /** Multiply by one value a column (layer scale, gate). */
  readonly scale: boolean;
  /** Add a tensor of the output's shape. */
  readonly residual: boolean;
}

/** What may follow beside that in a GEMM. */
export interface GemmEpilogueSpec extends EpilogueSpec {
  /** Add a row of a table, found by the number of each row, to the first columns; after the bias. */
  readonly lookup: boolean;
  /** Applied last, after the residual. */
  readonly finalActivation: Activation;
}

/** How rows of the result are laid out in memory. */
export type StoreOrder =
  /** `[m, n]`. */
  | "rows"
  /** `[part, batch, head, token, dim]`, from columns ordered (part, head, dim). */
  | "heads"
  /** Every second (third...) pixel of a larger picture: one phase of a transposed convolution. */
  | "phase";

/**
 * Where a result lies, as the sum of what its row and its column say: divisions are dear, and either
 * is the same for many results.
 */
const ADDRESS: Readonly<Record<StoreOrder, { readonly row: string; readonly column: string }>> = {
  rows: { row: "return row * p.n * p.groups;", column: "return col;" },
  // store0 tokens, store1 heads, store2 head width, store3 batches.
  heads: {
    row: "return (row + row / p.store0 * (p.store1 - 1u) * p.store0) * p.store2;",
    column: `let width = p.store1 * p.store2;
  let head = col / width * p.store3 * p.store1 + col % width / p.store2;
  return head * p.store0 * p.store2 + col % p.store2;`,
  },
  // store0, store1 full height and width; store2, store3 strides; store4, store5 phase.
  phase: {
    row: `let line = row / p.ow;
  let oy = line % p.oh * p.store2 + p.store4;
  let ox = row % p.ow * p.store3 + p.store5;
  return ((line / p.oh * p.store0 + oy) * p.store1 + ox) * p.n * p.groups;`,
    column: "return col;",
  },
};

/** What decides the text of an epilogue. */
export interface StoreSpec {
  /** Layout of the result. */
  readonly store: StoreOrder;
  /** The four columns of a thread lie side by side in the result and are stored as one vector. */
  readonly fours: boolean;
  /** The result and what is added to it are f16 in memory. */
  readonly half: boolean;
  /** What happens to the sums. */
  readonly epilogue: GemmEpilogueSpec;
}

/**
 * The bindings that an epilogue needs, in order; the last one is the result.
 *
 * @param spec What decides its text.
 * @returns The bindings.
 */
export function epilogueBindings({ fours, half, epilogue }: StoreSpec): Binding[] {
  const { type, stored } = element(fours, half);
  const read = (name: string): Binding => ({ name, type, access: "read" });
  return [
    ...(epilogue.bias ? [read("bias")] : []),
    ...(epilogue.lookup ? [read("lookup"), { ...read("lookup_rows"), type: "u32" }] : []),
    ...(epilogue.scale ? [read("scale")] : []),
    ...(epilogue.residual ? [{ ...read("residual"), type: stored }] : []),
    { name: "y", type: stored, access: "read_write" },
  ];
}

/**
 * Functions that turn a sum, or four of neighbouring columns, into results: `row_address(row)` and
 * `column_of(column)` say what rows and columns share, `finish(row, its address, column, sum)` stores.
 *
 * @param spec What decides their text.
 * @returns Declarations.
 */
export function epilogueDeclarations({ store, fours, half, epilogue }: StoreSpec): string {
  const { type, read, write } = element(fours, half);
  const step = fours ? 4 : 1;
  const activated = (name: string) =>
    fours
      ? `vec4f(${["x", "y", "z", "w"].map((u) => `${name}(v.${u})`).join(", ")})`
      : `${name}(v)`;
  const lookup = epilogue.lookup
    ? `
  let entry = lookup_rows[row] * p.lookup_columns + min(column.col, p.lookup_columns - ${step}u);
  v += select(${type}(), lookup[entry / ${step}u], column.col < p.lookup_columns);`
    : "";
  const last = epilogue.finalActivation;
  const own = (name: "bias" | "scale") => epilogue[name] ? `${name}[col / ${step}u]` : `${type}()`;
  return `${activationFunction(epilogue.activation)}${
    last === "none" ? "" : activationFunction(last, "activate_last")
  }
struct Column { col: u32, at: u32, add: ${type}, times: ${type} }
fn row_address(row: u32) -> u32 {
  ${ADDRESS[store].row}
}
fn column_address(col: u32) -> u32 {
  ${ADDRESS[store].column}
}
fn column_of(col: u32) -> Column {
  return Column(col, column_address(col), ${own("bias")}, ${own("scale")});
}
fn finish(row: u32, row_at: u32, column: Column, sum: ${type}) {
  var v = sum * p.alpha${epilogue.bias ? " + column.add" : ""};${lookup}
  v = ${activated("activate")}${epilogue.scale ? " * column.times" : ""};
  let at = (row_at + column.at) / ${step}u;${
    epilogue.residual ? `\n  v += ${read("residual[at]")};` : ""
  }
  ${write("y[at]", last === "none" ? "v" : activated("activate_last"))}
}`;
}
