/**
 * What vision models share: resizing rules, boxes.
 *
 * @module
 */
export { pillowResize, type RgbPicture } from "./src/pillow_resize.ts";
export { cvResize } from "./src/cv_resize.ts";
export { decodeBoxes, type DecodeOptions } from "./src/boxes.ts";
export { nms } from "./src/nms.ts";
