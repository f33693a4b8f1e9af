/**
 * What Vicinity's commands share: arguments, inputs, outputs, progress and errors.
 *
 * @module
 */
export { AtomicFile, flushFile, outputError, writeAtomic } from "./src/atomic_file.ts";
export {
  type BatchOptions,
  type ItemScope,
  type Outcome,
  runBatch,
  type Unwritten,
  type Work,
} from "./src/batch.ts";
export type {
  Command,
  Finding,
  NamedResult,
  PlanRequest,
  PlanResult,
  Run,
  RunContext,
  RunFinding,
  Values,
} from "./src/command.ts";
export { backendOf } from "./src/adapter.ts";
export { cacheFolder } from "./src/cache_folder.ts";
export { COMMON_OPTIONS } from "./src/common_options.ts";
export type { Device } from "./src/device_option.ts";
export { CliError, type CliErrorDetails, type ErrorCode, isErrorCode } from "./src/errors.ts";
export { deviceInfo, type GpuChoice, openGpu } from "./src/gpu.ts";
export { readTuning, type TuningFile, tuningMisfit } from "./src/tuning.ts";
export { optionLines } from "./src/help.ts";
export {
  findInputs,
  type FoundInputs,
  type Input,
  type InputRules,
  naturally,
  readInput,
} from "./src/inputs.ts";
export {
  choice,
  flag,
  list,
  number,
  type NumberText,
  type Option,
  type OptionTable,
  type OptionText,
  type OptionValues,
  text,
} from "./src/options.ts";
export {
  chooseModel,
  type ChosenModel,
  type ModelWish,
  type OpenWeights,
  openWeights,
  readHubId,
} from "./src/model_choice.ts";
export { type IdentifiedModel, identifyModel, identifyWeights } from "./src/identify_model.ts";
export { Meter, type MeteredWork, type StageTimes } from "./src/meter.ts";
export { ModelSession } from "./src/model_session.ts";
export {
  type FactsFor,
  kindOf,
  type ModelFor,
  PACKAGES,
  type PublishedFor,
  publishedModels,
  type Task,
} from "./src/packages.ts";
export { decodeInput, tellOfPages } from "./src/decode_input.ts";
export {
  checkTarget,
  type Job,
  type Named,
  nameOutputs,
  type OutputRules,
  WORK_ENDING,
} from "./src/outputs.ts";
export { parseCommandLine, type Parsed } from "./src/parse.ts";
export { shownPath, userFolder, userPath } from "./src/paths.ts";
export {
  type Phase,
  Progress,
  type ProgressEvent,
  type ProgressMode,
  type ProgressTarget,
} from "./src/progress.ts";
export {
  type EndedRun,
  errorDocument,
  errorLines,
  exitCodeOf,
  itemDocument,
  type ItemRecord,
  type OutputRecord,
  type ResultFile,
  runDocument,
  type RunFrame,
  type RunInfo,
  type Warning,
} from "./src/report.ts";
export { asksForEvents, reportFailure, standardProgress } from "./src/report_failure.ts";
export { freeBytesIn } from "./src/disk_space.ts";
export { makeFolder } from "./src/made_folders.ts";
export { runCommand } from "./src/run_command.ts";
export { Interrupts } from "./src/signals.ts";
export { stderrIsTerminal, terminalColumns, writeStderr, writeStdout } from "./src/terminal.ts";
export { type Hints, toCliError } from "./src/to_cli_error.ts";
export { VERSION, versions } from "./src/versions.ts";
export { Voice, type VoiceOptions } from "./src/voice.ts";
export { type CutSource, cutSource } from "./src/video/cut.ts";
export { videoBytes, type VideoExtent } from "./src/video/estimate_bytes.ts";
export { openVideo } from "./src/video/open_video.ts";
export { planVideo, type VideoPlan } from "./src/video/plan_video.ts";
export { type ProbedSource, probeSource, type ProbeTask } from "./src/video/probe_source.ts";
export {
  type FrameRange,
  frameRange,
  type Place,
  readPlace,
  type WantedRange,
} from "./src/video/time_range.ts";
export {
  encoderOptions,
  requireWhole,
  VIDEO_OPTIONS,
  type VideoValues,
  writtenStreams,
} from "./src/video/video_options.ts";
export type { Analyst, LookRequest, ShownPicture, Tally } from "./src/frames/analyst.ts";
export {
  FRAME_OPTIONS,
  FrameRun,
  type PreparedFrames,
  type PreparedPicture,
} from "./src/frames/frame_run.ts";
export type { PreparedVideo } from "./src/frames/frame_video.ts";
export {
  type ProductTable,
  readProducts,
  requireProducts,
  suffixOf,
} from "./src/frames/products.ts";
export { encodeJson, encodePng, imageId } from "./src/frames/encode.ts";
export { type LookPlan, type PhotoSize, sizesOf, wholeLook } from "./src/frames/look_plan.ts";
export { paint } from "./src/frames/palette.ts";
export {
  ClassCounter,
  type ClassShare,
  hideOthers,
  showClasses,
  type ShownClasses,
} from "./src/frames/shown_classes.ts";
export { demonstrationPicture } from "./src/frames/demonstrate.ts";
export { describeInput, type ReadInput } from "./src/frames/describe_input.ts";
