/**
 * DSVT: attention among the occupied voxels of a LiDAR scan, for detection of vehicles and people.
 *
 * @module
 */
export type { LidarScan } from "./src/lidar_scan.ts";
