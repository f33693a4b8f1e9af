import assert from "node:assert/strict";
import sharp from "sharp";
import { decodeImage, encodeImage, type ImagePixels, sniff } from "../mod.ts";
import { ImageCodecError, ImageEncodeError, ImageTooLargeError } from "../mod.ts";
import { ImageTruncatedError, InputEmptyError, NotAnImageError } from "../mod.ts";

function ramp(width: number, height: number, channels: 1 | 3 | 4, depth: 8 | 16 = 8): ImagePixels {
  const length = width * height * channels;
  const data = depth === 8
    ? Uint8Array.from({ length }, (_, index) => (index * 37) % 256)
    : Uint16Array.from({ length }, (_, index) => (index * 7919) % 65536);
  return { width, height, channels, depth, data };
}

for (const channels of [1, 3, 4] as const) {
  for (const depth of [8, 16] as const) {
    Deno.test(`PNG returns ${channels} channels of ${depth} bits exactly`, async () => {
      const image = ramp(7, 5, channels, depth);
      const { metadata, ...back } = await decodeImage(await encodeImage(image, { format: "png" }));
      assert.deepEqual(back, image);
      assert.equal(metadata.format, "png");
    });
  }
}

Deno.test("each format is written and read, 1 x 1 and 30000 x 10 included", async () => {
  for (const format of ["png", "jpg", "webp", "avif"] as const) {
    const back = await decodeImage(await encodeImage(ramp(1, 1, 3), { format }));
    assert.deepEqual([back.width, back.height, back.channels], [1, 1, 3]);
  }
  const wide = await decodeImage(await encodeImage(ramp(30000, 10, 3), { format: "png" }));
  assert.deepEqual([wide.width, wide.height], [30000, 10]);
  await assert.rejects(encodeImage(ramp(30000, 10, 3), { format: "webp" }), ImageEncodeError);
});

Deno.test("all eight orientations come out upright and are written as 1", async () => {
  const pixels = ramp(4, 2, 3);
  for (let orientation = 1; orientation <= 8; orientation++) {
    const raw = { raw: { width: 4, height: 2, channels: 3 as const } };
    const file = await sharp(pixels.data, raw).withMetadata({ orientation }).tiff().toBuffer();
    const image = await decodeImage(file);
    assert.deepEqual([image.width, image.height], orientation > 4 ? [2, 4] : [4, 2]);
    const expected = await sharp(file).autoOrient().raw().toBuffer();
    assert.deepEqual([...image.data], [...expected]);
    assert.equal(image.metadata.orientation, orientation);
  }
});

Deno.test("EXIF, XMP and texts travel to new files with orientation 1", async () => {
  const raw = { raw: { width: 4, height: 2, channels: 3 as const } };
  const exif = { IFD0: { Copyright: "someone" } };
  const file = await sharp(ramp(4, 2, 3).data, raw).withExif(exif).withMetadata({ orientation: 6 })
    .jpeg().toBuffer();
  const { metadata, ...image } = await decodeImage(file);
  assert.ok(metadata.exif !== undefined);
  const full = { ...metadata, xmp: new TextEncoder().encode("<x:xmpmeta/>") };
  for (const format of ["png", "jpg", "webp", "avif"] as const) {
    const written = await encodeImage(image, { format, metadata: full, text: { Software: "é" } });
    const back = await decodeImage(written);
    assert.equal(back.metadata.orientation, 1, format);
    assert.ok(new TextDecoder().decode(back.metadata.exif).includes("someone"), format);
    assert.ok(new TextDecoder().decode(back.metadata.xmp).includes("xmpmeta"), format);
    assert.deepEqual([back.width, back.height], [2, 4], format);
  }
});

Deno.test("pictures without a description of their own say which software made them", async () => {
  for (const format of ["jpg", "webp", "avif"] as const) {
    for (const channels of [1, 3] as const) {
      const text = { Software: "a test" };
      const metadata = { format: "png", pages: 1, orientation: 1, density: 300 };
      const file = await encodeImage(ramp(40, 20, channels), { format, text, metadata });
      const { exif, density } = await sharp(file).metadata();
      assert.match(new TextDecoder("latin1").decode(exif), /a test\0/, format);
      if (format === "jpg") assert.equal(density, 300);
      const back = await decodeImage(file);
      assert.deepEqual([back.width, back.height, back.metadata.orientation], [40, 20, 1], format);
    }
  }
});

Deno.test("a profile is applied by default and kept with stored colours", async () => {
  const raw = { raw: { width: 4, height: 2, channels: 3 as const } };
  const file = await sharp(ramp(4, 2, 3).data, raw).withIccProfile("p3").png().toBuffer();
  const stored = await decodeImage(file, { colors: "stored" });
  const converted = await decodeImage(file);
  assert.ok(stored.metadata.icc !== undefined && converted.metadata.icc === undefined);
  assert.notDeepEqual(stored.data, converted.data);
  for (const format of ["png", "jpg", "webp", "avif"] as const) {
    const again = await encodeImage(stored, { format, quality: 100, metadata: stored.metadata });
    const back = await decodeImage(again, { colors: "stored" });
    assert.deepEqual(back.metadata.icc, stored.metadata.icc, format);
    // WebP keeps a quarter of the colours.
    const off = back.data.map((value, at) => Math.abs(value - (stored.data[at] ?? 0)));
    assert.ok(format === "webp" || Math.max(...off) <= 4, `${format}: off by ${off}`);
  }
});

Deno.test("CMYK, palettes and animations become plain pictures", async () => {
  const raw = { raw: { width: 8, height: 8, channels: 3 as const } };
  const pixels = ramp(8, 8, 3).data;
  const cmyk = await sharp(pixels, raw).toColourspace("cmyk").jpeg().toBuffer();
  assert.equal((await decodeImage(cmyk)).channels, 3);
  const palette = await sharp(pixels, raw).png({ palette: true, colours: 8 }).toBuffer();
  assert.equal((await decodeImage(palette)).channels, 3);
  const frames = { raw: { width: 8, height: 8, channels: 3 as const, pageHeight: 4 } };
  const moving = await decodeImage(await sharp(pixels, frames).gif().toBuffer());
  assert.deepEqual([moving.height, moving.metadata.pages], [4, 2]);
});

Deno.test("transparent parts of a JPEG show the background", async () => {
  const image = { width: 8, height: 8, channels: 4, depth: 8, data: new Uint8Array(256) } as const;
  const white = await decodeImage(await encodeImage(image, { format: "jpg" }));
  assert.ok(white.data.every((value) => value >= 254));
  const green = await encodeImage(image, { format: "jpg", background: [0, 200, 0] });
  const [red = 0, middle = 0] = (await decodeImage(green)).data;
  assert.ok(red < 4 && Math.abs(middle - 200) < 4);
});

Deno.test("bytes that are no usable picture get the error of their kind", async () => {
  const text = new TextEncoder().encode("this is a text file");
  await assert.rejects(decodeImage(new Uint8Array()), InputEmptyError);
  await assert.rejects(decodeImage(text), /looks like text \(begins with "this is a text f"\)/);
  await assert.rejects(decodeImage(text), NotAnImageError);
  await assert.rejects(decodeImage(Uint8Array.of(0, 1, 2, 3, 250)), NotAnImageError);
  const bitmap = new Uint8Array(200);
  bitmap.set([0x42, 0x4d, 200]);
  await assert.rejects(decodeImage(bitmap), ImageCodecError);
  const big = await encodeImage(ramp(100, 50, 3), { format: "png" });
  await assert.rejects(decodeImage(big, { maxPixels: 4999 }), ImageTooLargeError);
  for (const format of ["png", "jpg"] as const) {
    const whole = await encodeImage(ramp(200, 200, 3), { format });
    const cut = whole.subarray(0, whole.length * 0.6);
    await assert.rejects(decodeImage(cut), ImageTruncatedError);
    assert.equal((await decodeImage(cut, { allowTruncated: true })).width, 200);
  }
});

Deno.test("formats are told by their first bytes", () => {
  const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const cases: [string, string, string][] = [
    ["\xff\xd8\xff\xe0", "image", "jpeg"],
    ["RIFF\x10\0\0\0WEBPVP8 ", "image", "webp"],
    ["RIFF\x10\0\0\0AVI LIST", "video", "avi"],
    ["\0\0\0\x18ftypavif\0\0\0\0mif1miaf", "image", "avif"],
    ["\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image", "avif"],
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image", "heic"],
    ["\0\0\0\x18ftypisom\0\0\0\0isomavc1", "video", "mp4"],
    ["\x1a\x45\xdf\xa3\x01", "video", "matroska"],
    ["\x93NUMPY\x01\0", "array", "npy"],
    ["# .PCD v0.7", "points", "pcd"],
    ["ply\nformat", "points", "ply"],
    ['\x40\0\0\0\0\0\0\0{"a":1}', "checkpoint", "safetensors"],
    ["BMW is a car, not a bitmap at all", "text", "text"],
    ["grüße", "unknown", "binary"],
  ];
  for (const [start, type, format] of cases) {
    assert.deepEqual(sniff(bytes(start)), { type, format }, JSON.stringify(start));
  }
});

Deno.test("TIFF files keep 8 and 16 bits, grey, transparency, profile, XMP and resolution", async () => {
  const raw = { raw: { width: 4, height: 2, channels: 3 } } as const;
  const profiled = await sharp(ramp(4, 2, 3).data, raw).withIccProfile("p3").png().toBuffer();
  const { metadata: { icc } } = await decodeImage(profiled, { colors: "stored" });
  assert.ok(icc);
  const xmp = new TextEncoder().encode("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
  const described = { format: "tiff", pages: 1, orientation: 1, density: 300, xmp };
  for (const depth of [8, 16] as const) {
    for (const channels of [1, 3, 4] as const) {
      const image = ramp(9, 7, channels, depth);
      // The profile is one of three colours.
      const metadata = channels === 1 ? described : { ...described, icc };
      const text = { Software: "a test" };
      const file = await encodeImage(image, { format: "tiff", metadata, text });
      const found = await decodeImage(file, { colors: "stored" });
      assert.deepEqual(
        [found.channels, found.depth, found.data],
        [channels, depth, image.data],
        `${depth} bits, ${channels} channels`,
      );
      assert.deepEqual(found.metadata.icc, channels === 1 ? undefined : icc);
      assert.deepEqual(found.metadata.xmp, xmp);
      assert.equal(found.metadata.density, 300);
      const software = new TextEncoder().encode("a test\0");
      assert.ok(
        new TextDecoder("latin1").decode(file).includes(new TextDecoder().decode(software)),
      );
    }
  }
  const plain = await encodeImage(ramp(9, 7, 3), { format: "tiff" });
  assert.deepEqual((await decodeImage(plain)).data, ramp(9, 7, 3).data);
});

Deno.test("a grey picture stays grey where its resolution is known, without a profile of colours", async () => {
  const metadata = { format: "png", pages: 1, orientation: 1, density: 300 };
  for (const format of ["png", "jpg", "tiff"] as const) {
    for (const depth of [8, 16] as const) {
      const found = await decodeImage(
        await encodeImage(ramp(9, 7, 1, depth), { format, metadata }),
        { colors: "stored" },
      );
      assert.deepEqual([found.channels, found.metadata.density], [1, 300], format);
      assert.equal(found.metadata.icc, undefined, format);
    }
  }
});
