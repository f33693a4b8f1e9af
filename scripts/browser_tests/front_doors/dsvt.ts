/** A scan to boxes. */
import { memorySource } from "@vicinity/checkpoint";
import { LidarDetector } from "@vicinity/dsvt";
import { type FrontDoor, NUMBERS } from "../front_door.ts";

const run: FrontDoor = async (bytesOf) => {
  const weights = memorySource(await bytesOf("models/dsvt-mini/model.safetensors"));
  using detector = await LidarDetector.load({ weights });
  const rows = new Float32Array((await bytesOf("fixtures/lidar/street.bin")).buffer);
  const boxes = await detector.run({
    positions: rows.filter((_, at) => at % 4 < 3),
    intensity: rows.filter((_, at) => at % 4 === 3),
  }, { scoreThreshold: 0.4 });
  const values = boxes.flatMap(({ classId, score, center, size }) => [
    ...[classId, score, ...center, ...size],
  ]);
  return { values, tolerance: NUMBERS };
};
export default run;
