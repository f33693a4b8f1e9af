/**
 * The command `detect`, and what it finds in pictures for other commands that show single things.
 *
 * @module
 */
export { detectCommand } from "./src/command.ts";
export { DETECT_OPTIONS } from "./src/options.ts";
export { type Found, InstanceAnalyst, type InstanceOptions } from "./src/instances.ts";
