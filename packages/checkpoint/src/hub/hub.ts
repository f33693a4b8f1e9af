/**
 * Models that were downloaded from a hub: their ids and the cache that holds them. Nothing here uses
 * the network; `@vicinity/checkpoint/download` fills the cache.
 *
 * @module
 */
export { CACHE_VARIABLES, hubCacheFolder } from "./cache_folder.ts";
export { HubCache } from "./hub_cache.ts";
export { type HubId, hubIdText, isHubText, parseHubId } from "./hub_id.ts";
