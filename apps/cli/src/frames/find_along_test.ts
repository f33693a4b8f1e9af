import assert from "node:assert/strict";
import { findAlong } from "./find_along.ts";

interface Numbered {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

async function* frames(count: number, drawn: number[] = []): AsyncGenerator<Numbered> {
  for (let index = 0; index < count; index++) {
    drawn.push(index);
    yield await Promise.resolve({ index, width: 1, height: 1, data: new Uint8Array(3) });
  }
}

async function* each(chosen: AsyncIterable<Numbered>) {
  for await (const { index } of chosen) yield index;
}

/** Gives the results of several frames together. */
const together = (length: number) =>
  async function* (chosen: AsyncIterable<Numbered>) {
    let open: number[] = [];
    for await (const { index } of chosen) {
      open.push(index);
      if (open.length < length) continue;
      yield* open;
      open = [];
    }
    yield* open;
  };

Deno.test("every frame gets the result of the last one that was looked at", async () => {
  for (const look of [each, together(1), together(3), together(100)]) {
    for (const [count, every] of [[0, 1], [1, 3], [7, 1], [10, 3], [9, 3], [5, 8]]) {
      if (count === undefined || every === undefined) continue;
      const all = await Array.fromAsync(findAlong(frames(count), look, every));
      assert.deepEqual(
        all.map(({ frame, found }) => [frame.index, found]),
        Array.from({ length: count }, (_, index) => [index, index - index % every]),
      );
    }
  }
});

Deno.test("no frame is drawn before it is needed", async () => {
  const drawn: number[] = [];
  const results = findAlong(frames(100, drawn), each, 1);
  await results.next();
  await results.next();
  assert.deepEqual(drawn, [0, 1]);
  await results.return(undefined);
});

Deno.test("ending early ends the frames too", async () => {
  let ended = false;
  async function* watched() {
    try {
      yield* frames(100);
    } finally {
      ended = true;
    }
  }
  const results = findAlong(watched(), together(4), 1);
  await results.next();
  await results.return(undefined);
  assert.ok(ended);
});
