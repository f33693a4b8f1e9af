import { listModels, modelAddress, type ModelEntry } from "@vicinity/checkpoint";
import {
  CliError,
  freeBytesIn,
  openWeights,
  PACKAGES,
  toCliError,
  userFolder,
} from "@vicinity/cli";
import { sizeText } from "@vicinity/tensor";
import type { ModelKind, ModelPackage } from "@vicinity/vision";
import type { Finding } from "./finding.ts";

const NEEDED_DENO = [2, 9] as const;
const LITTLE_DISK_BYTES = 2 ** 30;

/**
 * Checks Deno, memory, disk and the models.
 *
 * @returns What was found.
 */
export async function checkMachine(): Promise<readonly Finding[]> {
  return [denoVersion(), memory(), await disk(), ...await models()];
}

function denoVersion(): Finding {
  const { deno, v8 } = Deno.version;
  const [major = 0, minor = 0] = deno.split(".").map(Number);
  const [needMajor, needMinor] = NEEDED_DENO;
  const enough = major > needMajor || (major === needMajor && minor >= needMinor);
  const { os, arch } = Deno.build;
  const common = {
    subject: "Deno",
    found: `${deno} on ${os} ${arch}`,
    details: { deno, v8, os, arch },
  };
  if (enough) return { ...common, state: "fine" };
  const remedy = `run: deno upgrade (at least ${NEEDED_DENO.join(".")} is needed)`;
  return { ...common, state: "problem", stops: "everything", remedy };
}

function memory(): Finding {
  const { total, available } = Deno.systemMemoryInfo();
  return {
    subject: "memory",
    state: "fine",
    found: `${sizeText(available)} of ${sizeText(total)} free`,
    details: { totalBytes: total, availableBytes: available },
  };
}

async function disk(): Promise<Finding> {
  const folder = userFolder();
  const freeBytes = await freeBytesIn(folder);
  const common = {
    subject: "disk",
    found: `${sizeText(freeBytes)} free in ${folder}`,
    details: { folder, freeBytes },
  };
  if (freeBytes >= LITTLE_DISK_BYTES) return { ...common, state: "fine" };
  return { ...common, state: "note", remedy: "free some space, or write elsewhere with -o" };
}

function kindOfEntry({ package: owner, task }: ModelEntry): ModelKind<Disposable> {
  const packages: readonly ModelPackage[] = PACKAGES;
  const kind = packages.find(({ id }) => id === owner)?.kinds[task];
  if (kind !== undefined) return kind;
  throw new CliError("WEIGHTS_MISMATCH", `the package ${owner} has no models for ${task}`, {
    hint: "correct models/registry.json",
  });
}

async function models(): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const model of listModels()) {
    const subject = `model ${model.id}`;
    const details = { file: model.file, bytes: model.bytes, sha256: model.sha256 };
    try {
      const address = modelAddress(model.file);
      using weights = await openWeights({ id: model.id, address, expected: model });
      kindOfEntry(model).check(weights.source);
      const found = `${model.file}, ${sizeText(model.bytes)}, checksum right`;
      findings.push({ subject, state: "fine", found, details });
    } catch (error) {
      const { message, hint = "restore the file" } = toCliError(error);
      findings.push({
        subject,
        state: "problem",
        stops: "everything",
        found: message,
        remedy: hint,
        details,
      });
    }
  }
  return findings;
}
