import type { Finding } from "./finding.ts";

/** What Deno has to allow, and what for. */
interface Need {
  readonly flag: string;
  readonly asks: readonly Deno.PermissionDescriptor[];
  /** Whether the doctor itself cannot do without; what only other commands need is told all the same. */
  readonly here: boolean;
}

const ENVIRONMENT = ["INIT_CWD", "DENO_WEBGPU_BACKEND", "FFMPEG_BIN", "FFPROBE_BIN"] as const;

const NEEDS: readonly Need[] = [
  { flag: "read", asks: [{ name: "read" }], here: true },
  { flag: "write", asks: [{ name: "write" }], here: false },
  { flag: "ffi", asks: [{ name: "ffi" }], here: true },
  {
    flag: "run",
    asks: ["ffmpeg", "ffprobe"].map((command) => ({ name: "run", command })),
    here: true,
  },
  { flag: "env", asks: ENVIRONMENT.map((variable) => ({ name: "env", variable })), here: true },
  {
    flag: "sys",
    asks: (["statfs", "systemMemoryInfo"] as const).map((kind) => ({ name: "sys", kind })),
    here: true,
  },
];

/**
 * Asks Deno what it allows of what the commands need.
 *
 * @returns One finding; a problem when the doctor cannot look at the rest.
 */
export async function checkPermissions(): Promise<Finding> {
  const states = await Promise.all(NEEDS.map(async ({ flag, here, asks }) => {
    const answers = await Promise.all(asks.map((ask) => Deno.permissions.query(ask)));
    return { flag, here, granted: answers.every(({ state }) => state === "granted") };
  }));
  const named = (wanted: typeof states) => wanted.map(({ flag }) => flag).join(", ");
  const granted = states.filter((it) => it.granted);
  const unasked = states.filter((it) => !it.granted && !it.here);
  const lacking = states.filter((it) => !it.granted && it.here);
  const common = {
    subject: "permissions",
    details: Object.fromEntries(states.map((it) => [it.flag, it.granted])),
  };
  if (lacking.length > 0) {
    return {
      ...common,
      state: "problem",
      stops: "everything",
      found: `Deno does not allow ${named(lacking)}`,
      remedy: "run it as a task, which asks for what is needed: deno task doctor",
    };
  }
  const rest = unasked.length === 0 ? "" : `; ${named(unasked)} is for other commands alone`;
  return { ...common, state: "fine", found: `${named(granted)}${rest}` };
}
