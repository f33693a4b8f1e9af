/** What a check found. */
export interface Finding {
  /** What was looked at. */
  readonly subject: string;
  /** `problem` makes the doctor fail; `note` is worth knowing. */
  readonly state: "fine" | "note" | "problem";
  /** What was found, in a few words. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** Which part of the work a problem stops: it decides the exit code. */
  readonly stops?: "everything" | "gpu" | "media";
  /** Numbers and names for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
}
