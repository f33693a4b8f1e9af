import assert from "node:assert/strict";
import { convertElongation, convertIntensity, intensityUnit } from "@vicinity/dsvt";

Deno.test("the largest intensity tells the unit, elongations tell of Waymo", () => {
  assert.equal(intensityUnit(Float32Array.of(0, 0.5, 1)), "unit");
  assert.equal(intensityUnit(Float32Array.of(0, 1.5)), "unit");
  assert.equal(intensityUnit(Float32Array.of(0, 1.6)), "byte");
  assert.equal(intensityUnit(Float32Array.of(0, 255)), "byte");
  assert.equal(intensityUnit(Float32Array.of(0, 256)), "word");
  assert.equal(intensityUnit(new Float32Array()), "unit");
  assert.equal(intensityUnit(Float32Array.of(0, 20000), Float32Array.of(0, 1)), "raw");
});

Deno.test("what a model wants comes out of every unit", () => {
  const from = {
    unit: Float32Array.of(0, 0.2, 1),
    byte: Float32Array.of(0, 51, 255),
    word: Float32Array.of(0, 13107, 65535),
  };
  for (const unit of ["unit", "byte", "word"] as const) {
    for (const [to, expected] of [["unit", from.unit], ["byte", from.byte]] as const) {
      const found = convertIntensity(from[unit], unit, to);
      found.forEach((value, at) => {
        assert(Math.abs(value - (expected[at] ?? 0)) < 1e-5, `${unit} to ${to}`);
      });
    }
    const tanh = convertIntensity(from[unit], unit, "tanh");
    assert(Math.abs((tanh[1] ?? 0) - Math.tanh(0.2)) < 1e-7);
  }
});

Deno.test("intensities in the unit that is wanted stay exactly as they are", () => {
  const odd = Float32Array.of(0.1, 77.7, 255);
  assert.deepEqual(convertIntensity(odd, "byte", "byte"), odd);
  assert.notEqual(convertIntensity(odd, "byte", "byte"), odd);
});

Deno.test("Waymo's go through the tangent once, for every model", () => {
  const raw = Float32Array.of(0, 0.5, 3000);
  const tangents = Float32Array.from(raw, Math.tanh);
  assert.deepEqual(convertIntensity(raw, "raw", "tanh"), tangents);
  assert.deepEqual(convertIntensity(raw, "raw", "unit"), tangents);
  assert.equal(convertIntensity(raw, "raw", "byte")[2], 255);
  assert.deepEqual(convertElongation(raw), tangents);
});
