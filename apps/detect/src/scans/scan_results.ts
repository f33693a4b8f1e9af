import { encodeJson, encodePng, type ProductTable } from "@vicinity/cli";
import type { RgbFrame } from "@vicinity/media";
import type { Calibration } from "./results/calibration.ts";
import { cocoBoxes } from "./results/coco.ts";
import type { FoundInScan } from "./results/found.ts";
import { kittiLines } from "./results/kitti.ts";
import { encodePly } from "./results/ply.ts";
import { boxLines } from "./results/text.ts";
import type { ScanLook } from "./scan_look.ts";

/** Results that all scans of a run make together, and their files. */
export const TOGETHER: Readonly<Record<string, string>> = {
  "bev-video": "bev.mp4",
  nuscenes: "nuscenes.json",
};

/** The results that there are for scans. */
export const SCAN_RESULTS: ProductTable = {
  suffixes: {
    bev: "bev.png",
    json: "json",
    kitti: "kitti/txt",
    coco: "coco.json",
    ply: "boxes.ply",
    txt: "boxes.txt",
    ...TOGETHER,
  },
  moving: [],
  usual: ["bev", "json"],
};

/** What results are made with. */
export interface ResultTools {
  /** How pictures look. */
  readonly look: ScanLook;
  /** The camera, where there is one. */
  readonly calibration: Calibration | undefined;
  /** The bird's-eye picture of the scan. */
  readonly picture: () => RgbFrame;
}

/**
 * Writes a result of one scan.
 *
 * @param product Its name in {@link SCAN_RESULTS}.
 * @param found What was found.
 * @param tools How pictures look, the camera, the picture.
 * @returns The whole file.
 */
export async function encodeResult(
  product: string,
  found: FoundInScan,
  { look, calibration, picture }: ResultTools,
): Promise<Uint8Array> {
  switch (product) {
    case "bev":
      return await encodePng(picture());
    case "kitti":
      return new TextEncoder().encode(kittiLines(found, calibration));
    case "coco":
      return encodeJson(cocoBoxes(found, calibration));
    case "ply":
      return encodePly(found, look.pointColors(found));
    default:
      return new TextEncoder().encode(boxLines(found));
  }
}
