/** A model on a hub, as people write it: `hf:owner/name[@revision][/file]`. */
export interface HubId {
  /** Owner and name with a slash between. */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A file of the repository; its usual weights when absent. */
  readonly file?: string | undefined;
}

const SCHEME = "hf:";
const FORM = /^hf:([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.+))?$/;
/** Hubs allow neither two dashes nor two dots in a row. */
const NAME = /^(?!.*(--|\.\.))\w[\w.-]*$/;
const REVISION = /^\w[\w./+-]*$/;
const USUAL_REVISION = "main";
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Says whether a text is meant as the id of a model on a hub.
 *
 * @param text What a person typed.
 * @returns True when it begins with `hf:`, even if the rest is no id.
 */
export function isHubText(text: string): boolean {
  return text.startsWith(SCHEME);
}

/**
 * Reads the id of a model on a hub. Slashes inside a revision are written as `%2F`.
 *
 * @param text `hf:owner/name`, perhaps with a revision and a file.
 * @returns The id, or undefined when the text is none.
 *
 * @example
 * ```ts
 * import { parseHubId } from "@vicinity/checkpoint/hub";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseHubId("hf:someone/dinat@v1/best.pth"), {
 *   repository: "someone/dinat",
 *   revision: "v1",
 *   file: "best.pth",
 * });
 * ```
 */
export function parseHubId(text: string): HubId | undefined {
  const [, repository, revisionText = USUAL_REVISION, file] = FORM.exec(text) ?? [];
  const revision = decoded(revisionText);
  if (repository === undefined || revision === undefined) return undefined;
  const named = repository.split("/").every((part) => NAME.test(part));
  const placed = file === undefined || isRepositoryPath(file);
  if (!named || !REVISION.test(revision) || revision.includes("..") || !placed) return undefined;
  return file === undefined ? { repository, revision } : { repository, revision, file };
}

/**
 * Writes an id as people write it.
 *
 * @param id The id.
 * @returns `hf:owner/name[@revision][/file]`.
 */
export function hubIdText({ repository, revision, file }: HubId): string {
  const at = revision === USUAL_REVISION ? "" : `@${encodeURIComponent(revision)}`;
  return `${SCHEME}${repository}${at}${file === undefined ? "" : `/${file}`}`;
}

/** Whether a revision is a commit, which never changes. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Whether a path stays inside the folder that it is joined to. */
function isRepositoryPath(path: string): boolean {
  return path.split("/").every((part) => part !== "" && !/^\.\.?$|[\\:\0]/.test(part));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
