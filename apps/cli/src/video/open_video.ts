import { VideoWriter, type VideoWriterOptions } from "@vicinity/media";
import { outputError } from "../atomic_file.ts";

/**
 * Opens a video for writing; what the file system refuses becomes an error of the output.
 *
 * @param path The file.
 * @param options Size, timing, encoder.
 * @returns The writer.
 * @throws {CliError} `OUTPUT_DENIED`, `OUTPUT_NOSPACE`.
 */
export async function openVideo(path: string, options: VideoWriterOptions): Promise<VideoWriter> {
  try {
    return await VideoWriter.open(path, options);
  } catch (error) {
    const system = error instanceof Error && typeof Reflect.get(error, "code") === "string" &&
      /^E[A-Z]+$/.test(String(Reflect.get(error, "code")));
    throw system ? outputError(error, path) : error;
  }
}
