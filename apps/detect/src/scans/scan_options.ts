import { choice, number, text } from "@vicinity/cli";
import { type LidarFrame, SCAN_FRAMES } from "@vicinity/dsvt";

const FRAMES = Object.keys(SCAN_FRAMES) as LidarFrame[];

/** What `detect` can be told about scans alone. */
export const SCAN_OPTIONS = {
  points: text({
    value: "<layout>",
    help: "columns of files that have no names for them: xyzi, xyzir, xyziet, 5:x,y,z,i,t",
    shown: "by what is in them",
  }),
  frame: choice({
    of: ["auto", ...FRAMES],
    default: "auto",
    help: "axes, height and units of the scan, as in that data set or sensor",
  }),
  "intensity-scale": number({
    min: 0,
    default: undefined,
    help: "intensities are multiplied by this",
    shown: "by the file and the model",
  }),
  "z-offset": number({
    default: undefined,
    help: "metres added to z",
    shown: "what brings the ground to the model's height",
  }),
  transform: text({
    value: "<16|file>",
    help:
      "4 x 4 matrix, row by row, that brings points to metres, x forward, z up; boxes come back",
  }),
  calib: text({
    value: "<pattern>",
    help: "KITTI's calibration for camera coordinates: a file, a folder, or calib/{stem}.txt",
  }),
  sweeps: number({
    whole: true,
    min: 1,
    max: 100,
    default: undefined,
    help: "turns of the sensor put together, the scan itself included, with --poses or --tables",
    shown: "as many as the model was trained on",
  }),
  poses: text({
    value: "<file>",
    help:
      "list of scans and where they were taken: lines of file, seconds, 12 numbers of the top " +
      "rows of a matrix from the scan to the world, or x y z and the quaternion w x y z",
  }),
  tables: text({
    value: "<folder>",
    help: "the same from nuScenes' sample_data.json, ego_pose.json and calibrated_sensor.json",
  }),
  ego: text({
    value: "<pattern>",
    help: "poses for nuscenes in the global frame: JSON with lidar2ego and ego2global, by {stem}",
    shown: "from --tables or --poses",
  }),
  eval: text({
    value: "<pattern>",
    help: "labels to compare with: a file, a folder, or labels/{stem}.json; KITTI's too",
  }),
  "eval-by": choice({
    of: ["auto", "distance", "kitti", "nuscenes", "waymo"],
    default: "auto",
    help: "protocol of the comparison",
  }),
  "bev-range": text({
    value: "<metres>",
    help: "ground in the bird's-eye picture: 40, or xmin,ymin,xmax,ymax",
    shown: "the model's",
  }),
  "bev-res": number({ min: 0.005, max: 10, default: 0.1, help: "metres of the ground on a pixel" }),
  "bev-color": choice({
    of: ["height", "intensity"],
    default: "height",
    help: "what the colours of points say",
  }),
  "bev-fps": number({ min: 0.1, max: 120, default: 10, help: "scans a second in the bev-video" }),
} as const;
