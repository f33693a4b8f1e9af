/** Cutting, averaging, resampling and position codes. */
import { splitHeads } from "@vicinity/attention";
import {
  averageRows,
  canvasBytes,
  enlargeMasks,
  partition,
  placePicture,
  relayFactors,
  RelayFormer,
  relayPositions,
  resamplePositions,
  tokenRows,
} from "@vicinity/relayformer";
import { gatherRows, type Gpu, packSamples, reshape, type Tensor } from "@vicinity/tensor";
import { loadNetwork as loadWeights } from "@vicinity/checkpoint";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { type CaseTable, gridOf, pictureIn } from "./config.ts";
import { filledValues, filledWeights } from "./fill_rule.ts";
import { mapOn } from "./modules.ts";

/** What a file of tiles says of a case. */
interface OverlapCase {
  readonly fp: number;
  readonly grid_size: number;
  readonly grid_hw: readonly [number, number];
  readonly clip_len: number;
}

/** Tokens that tiles share are averaged, and the tiles are put together. */
export async function* runOverlapAverage(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const cases = golden.json("cases") as CaseTable<OverlapCase>;
  for (
    const [name, { fp, grid_size: grid, grid_hw: [rows, cols], clip_len }] of Object.entries(cases)
  ) {
    const size = grid * (fp - 2) * 16 + 32;
    const cut = partition({ size, grid, tile: fp * 16 }, [rows * size / grid, cols * size / grid]);
    const { shape, values } = await golden.tensor(`input.${name}.patches`);
    const [tiles = 0, patches = 0, channels = 0] = shape;
    const tokens = tiles * patches;
    const numbers = tokenRows(cut, clip_len, 0);
    const averaged = averageRows(
      gpu.tensor([tokens, channels], Float32Array.from(values)),
      gpu.tensor([tokens, numbers.length], numbers.shared),
    );
    const stitch = gpu.tensor([numbers.stitch.length], numbers.stitch);
    const [means = [], map = []] = await gpu.read([averaged, gatherRows(averaged, stitch)]);
    yield { name: `output.${name}.patches`, values: means };
    const area = map.length / clip_len;
    const frames = Array.from(
      { length: clip_len },
      (_, frame) =>
        channelsFirst(Array.from(map).slice(frame * area, (frame + 1) * area), channels),
    );
    yield { name: `output.${name}.map`, values: joined(frames) };
  }
}

/** What a file of pictures says of a case. */
interface PartitionCase {
  readonly patch_size: number;
  readonly input_size: number;
  readonly grid_size: number;
}

/** Pictures on the canvas, normalised, and its tiles. */
export async function* runImagePartition(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const cases = golden.json("cases") as CaseTable<PartitionCase>;
  for (const [name, { patch_size, input_size, grid_size }] of Object.entries(cases)) {
    const canvas = { size: input_size, grid: grid_size, tile: patch_size };
    const picture = await pictureIn(golden, `input.${name}.image`);
    const placed = placePicture(picture, canvas, "crop");
    const [rows, cols] = placed.cut.map.map((patches) => 16 * patches);
    const pixels = await normalisedCanvas(gpu, placed, canvas);
    /** A part of the canvas, channels first; what no tile covers is black. */
    const part = (top: number, left: number, height: number, width: number) =>
      Float64Array.from({ length: 3 * height * width }, (_, at) => {
        const [c, place] = [Math.floor(at / (height * width)), at % (height * width)];
        const [y, x] = [top + Math.floor(place / width), left + place % width];
        const inside = y < (rows ?? 0) && x < (cols ?? 0);
        return inside ? pixels[(y * (cols ?? 0) + x) * 3 + c] ?? NaN : NaN;
      });
    const { tiles } = placed.cut;
    yield { name: `output.${name}.canvas_rows0_8`, values: part(0, 0, 8, input_size) };
    yield {
      name: `output.${name}.subimage_topleft16`,
      values: joined(tiles.map(({ top, left }) => part(top, left, 16, 16))),
    };
    yield {
      name: `output.${name}.subimage_bottomright16`,
      values: joined(tiles.map(({ top, left }) => {
        const inner = patch_size - 16;
        return part(top + inner, left + inner, 16, 16);
      })),
    };
    yield {
      name: `output.${name}.subimage_mean`,
      values: tiles.flatMap(({ top, left }) => {
        const whole = part(top, left, patch_size, patch_size);
        const area = patch_size ** 2;
        return [0, 1, 2].map((c) =>
          whole.subarray(c * area, (c + 1) * area).reduce((sum, value) => sum + value, 0) / area
        );
      }),
    };
  }
}

/** What a network sees: pixels `[rows, cols, 3]` out of its patches. */
async function normalisedCanvas(
  gpu: Gpu,
  { picture, cut }: ReturnType<typeof placePicture>,
  canvas: ReturnType<typeof placePicture>["cut"]["canvas"],
): Promise<Float32Array> {
  using _scope = gpu.scope();
  const vit = { dim: 32, depth: 1, heads: 1, hidden: 32, relayTokens: 1, positionGrid: 1 };
  const config = {
    canvas,
    vit: { ...vit, rank: 1, alpha: 1, blockEps: 1e-5 },
    decoder: { dim: 4, queries: 1, heads: 1, layers: 1, hidden: 4 },
  };
  using loaded = await loadWeights(
    filledWeights(0),
    (parameters, store) => new RelayFormer(parameters, store, config),
    { gpu },
  );
  const words = packSamples(canvasBytes([picture], cut));
  const { patches } = loaded.network.forward(gpu.tensor([words.length], words), cut);
  const [values = []] = await gpu.read([patches]);
  const [, mapCols] = cut.map;
  return Float32Array.from({ length: values.length }, (_, at) => {
    const [c, place] = [at % 3, Math.floor(at / 3)];
    const [y, x] = [Math.floor(place / (16 * mapCols)), place % (16 * mapCols)];
    const patch = Math.floor(y / 16) * mapCols + Math.floor(x / 16);
    return values[(patch * 256 + y % 16 * 16 + x % 16) * 3 + c] ?? NaN;
  });
}

/** What a file of position embeddings says of a case. */
interface PositionCase {
  readonly old_grid: number;
  readonly new_grid: number;
  readonly num_prefix_tokens: number;
}

/** Position embeddings for another number of patches. */
export async function* runPositions(golden: GoldenCase): AsyncGenerator<Produced> {
  const cases = golden.json("cases") as CaseTable<PositionCase>;
  for (const [name, { old_grid, new_grid, num_prefix_tokens }] of Object.entries(cases)) {
    const { values } = await golden.tensor(`input.${name}.pos_embed`);
    yield {
      name: `output.${name}.pos_embed`,
      values: resamplePositions(
        Float32Array.from(values),
        num_prefix_tokens,
        old_grid,
        new_grid,
      ),
    };
  }
}

/** What a file of position codes says of a case. */
interface RotaryCase {
  readonly clip_len: number;
  readonly valid: readonly number[];
  readonly grid_size: number;
  readonly tpp: number;
}

/** The position code of relay tokens and that of the decoder's queries. */
export async function* runRope(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const cases = golden.json("cases") as CaseTable<RotaryCase>;
  for (const [name, { clip_len, valid, grid_size: grid, tpp }] of Object.entries(cases)) {
    const cut = partition({ size: grid, grid, tile: 48 }, gridOf(valid, grid));
    const positions = relayPositions(cut, clip_len, tpp);
    const ids = [0, 1, 2, 3].flatMap((axis) => positions.map((axes) => axes[axis] ?? NaN));
    yield { name: `mid.${name}.ids`, values: ids };
    const x = await golden.tensor(`input.${name}.x`);
    const [, tokens = 0, heads = 0, width = 0] = x.shape;
    const { own, other } = relayFactors(positions, width);
    const table = (values: Float32Array) => gpu.tensor([tokens, width], values);
    const turned = splitHeads(
      gpu.tensor([tokens, heads * width], Float32Array.from(x.values)),
      { heads, crossed: { own: table(own), other: table(other) } },
    );
    yield { name: `output.${name}.y`, values: await tokensFirst(gpu, turned) };
  }
  yield* decoderRope(gpu, golden);
}

async function* decoderRope(gpu: Gpu, golden: GoldenCase): AsyncGenerator<Produced> {
  const { shape: [, heads = 0, tokens = 0, width = 0], values } = await golden.tensor(
    "input.dec.x",
  );
  const { values: frequencies } = await golden.tensor("input.dec.freqs");
  const pairs = width / 2;
  const rows = Float32Array.from({ length: values.length }, (_, at) => {
    const [c, head, token] = [
      at % width,
      Math.floor(at / width) % heads,
      Math.floor(at / (width * heads)),
    ];
    return values[(head * tokens + token) * width + c] ?? NaN;
  });
  const table = (f: (angle: number) => number) =>
    gpu.tensor(
      [tokens, pairs],
      Float32Array.from(
        { length: tokens * pairs },
        (_, at) => f(Math.floor(at / pairs) * (frequencies[at % pairs] ?? NaN)),
      ),
    );
  const turned = splitHeads(gpu.tensor([tokens, heads * width], rows), {
    heads,
    rotary: { cos: table(Math.cos), sin: table(Math.sin) },
  });
  const [own = []] = await gpu.read([turned]);
  yield { name: "output.dec.y", values: own };
  const name = "output.dec.freqs_head_dim_32";
  yield { name, values: filledValues(0, "token_rotary_emb.freqs", [16]) };
}

/** `[1, heads, tokens, width]` to `[tokens, heads, width]`. */
async function tokensFirst(gpu: Gpu, x: Tensor): Promise<Float64Array> {
  const [, heads = 0, tokens = 0, width = 0] = x.shape;
  const [values = []] = await gpu.read([x]);
  return Float64Array.from({ length: values.length }, (_, at) => {
    const [c, head, token] = [
      at % width,
      Math.floor(at / width) % heads,
      Math.floor(at / (width * heads)),
    ];
    return values[(head * tokens + token) * width + c] ?? NaN;
  });
}

/** What a file of masks says of a case. */
interface UpsampleCase {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** Decoder maps at the size of the canvas. */
export async function* runMaskUpsample(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const cases = golden.json("cases") as CaseTable<UpsampleCase>;
  for (const [name, { from, to }] of Object.entries(cases)) {
    const cut = partition({ size: 1, grid: 1, tile: 48 }, [1, 1]);
    const map = reshape(await mapOn(gpu, golden, `input.${name}`), [1, ...from, 1]);
    const [values = []] = await gpu.read([
      enlargeMasks(map, { ...cut, map: from, mask: to }, "official"),
    ]);
    yield { name: `output.${name}`, values };
  }
}
