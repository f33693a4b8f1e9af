import type { RgbFrame } from "@vicinity/media";
import type { ItemScope } from "../batch.ts";
import type { Finding } from "../command.ts";
import type { Input } from "../inputs.ts";
import type { FactsFor, ModelFor, Task } from "../packages.ts";
import type { LookPlan, PhotoSize } from "./look_plan.ts";
import type { ProductTable } from "./products.ts";

/** What a command finds out about pictures, frame by frame, and how it shows that. */
export interface Analyst<T extends Task, Found> {
  /** What its models say of a picture, and what its JSON calls the work. */
  readonly task: T;
  /** The results that it makes. */
  readonly products: ProductTable;
  /** Plans how a picture or frame is looked at, without a GPU; throws what would stop that. */
  plan(facts: FactsFor<T>, photo: PhotoSize): LookPlan;
  /** Frames of a video that it looks at together; 1 when absent. */
  framesTogether?(facts: FactsFor<T>): number;
  /** Prepares for a model that was loaded. */
  begin?(model: ModelFor<T>): Promise<void>;
  /** Looks at a picture or at a frame of a video. */
  look(model: ModelFor<T>, picture: RgbFrame, wanted: LookRequest): Promise<Found>;
  /**
   * Looks at the frames of a video one after the other, where they are not looked at by themselves: one
   * result a frame, in order.
   */
  lookAlong?(
    model: ModelFor<T>,
    frames: AsyncIterable<RgbFrame>,
    wanted: LookRequest,
  ): AsyncIterable<Found>;
  /** Bytes of memory that what was found in a picture takes; few when absent. */
  heldBytes?(found: Found): number;
  /** Writes a result of a picture, other than its JSON. */
  encode(product: string, found: Found, shown: ShownPicture): Promise<Uint8Array>;
  /** Paints a frame of a video that is a result. */
  paint(product: string, found: Found, frame: RgbFrame): RgbFrame;
  /** Sums up the frames of an input. */
  tally(): Tally<Found>;
}

/** What {@link Analyst.look} is asked for. */
export interface LookRequest {
  /** The results that are wanted. */
  readonly products: readonly string[];
  /** Stops the work, takes warnings. */
  readonly scope: ItemScope;
}

/** The picture that a result is of. */
export interface ShownPicture {
  /** Its pixels. */
  readonly picture: RgbFrame;
  /** Its file. */
  readonly input: Input;
}

/** Sums up what was found in the frames of an input. */
export interface Tally<Found> {
  /** Adds a frame; of a video with its time in seconds. */
  add(found: Found, time?: number): void;
  /** What the JSON and people are told. */
  readonly finding: Finding;
}
