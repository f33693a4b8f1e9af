/**
 * What `detect` finds, for other commands that show single things.
 *
 * @module
 */
export { type Found, InstanceAnalyst, type InstanceOptions } from "./src/instances.ts";
