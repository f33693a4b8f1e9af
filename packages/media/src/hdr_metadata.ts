/** What videos of high dynamic range say of the screen that they were made on. */

/** A place in the CIE 1931 diagram. */
export interface Chromaticity {
  /** From left to right. */
  x: number;
  /** From below to above. */
  y: number;
}

/** The screen that a video was graded on. */
export interface MasteringScreen {
  /** Its red. */
  red: Chromaticity;
  /** Its green. */
  green: Chromaticity;
  /** Its blue. */
  blue: Chromaticity;
  /** Its white. */
  white: Chromaticity;
  /** Darkest luminance in cd/m². */
  darkest: number;
  /** Brightest luminance in cd/m². */
  brightest: number;
}

/** What a whole video says of its brightness, beside its colour tags. */
export interface HdrMetadata {
  /** The screen, null where the file does not say. */
  screen: MasteringScreen | null;
  /** Luminance of the brightest pixel and of the brightest frame in cd/m², null where unknown. */
  light: { pixel: number; frame: number } | null;
  /** Kinds of metadata that change along the video, which are not kept. */
  dynamic: string[];
}

/** Side data of ffprobe, by the names of its fields. */
export type SideData = Readonly<Record<string, string | number | undefined>>;

const DYNAMIC: readonly (readonly [RegExp, string])[] = [
  [/2094|HDR10\+/i, "HDR10+"],
  [/dovi|dolby/i, "Dolby Vision"],
];

/**
 * Reads what ffprobe says beside the pictures.
 *
 * @param sides Side data of the stream and of its first frame.
 * @returns What there is of high dynamic range.
 */
export function readHdrMetadata(sides: readonly SideData[]): HdrMetadata {
  const typeOf = ({ side_data_type: type }: SideData) => String(type);
  const screen = sides.find((side) => typeOf(side) === "Mastering display metadata");
  const light = sides.find((side) => typeOf(side) === "Content light level metadata");
  return {
    screen: screen === undefined ? null : readScreen(screen),
    light: light === undefined
      ? null
      : { pixel: Number(light["max_content"]), frame: Number(light["max_average"]) },
    dynamic: DYNAMIC.flatMap(([type, name]) =>
      sides.some((side) => type.test(typeOf(side))) ? [name] : []
    ),
  };
}

/** Null unless colours and luminances are all there, as the places where they are written want it. */
function readScreen(side: SideData): MasteringScreen | null {
  const value = (name: string) => {
    const [num, den] = String(side[name]).split("/").map(Number);
    return (num ?? NaN) / (den ?? 1);
  };
  const place = (name: string) => ({ x: value(`${name}_x`), y: value(`${name}_y`) });
  const screen = {
    red: place("red"),
    green: place("green"),
    blue: place("blue"),
    white: place("white_point"),
    darkest: value("min_luminance"),
    brightest: value("max_luminance"),
  };
  const numbers = [screen.red, screen.green, screen.blue, screen.white].flatMap((
    { x, y },
  ) => [x, y]);
  const isWhole = [...numbers, screen.darkest, screen.brightest].every(Number.isFinite);
  return isWhole ? screen : null;
}

/** How encoders call what they write into their streams. */
const PARAMETERS: Readonly<
  Record<
    string,
    { option: string; screen: string; light: string; scale: readonly [number, number] }
  >
> = {
  libx264: {
    option: "-x264-params",
    screen: "mastering-display",
    light: "cll",
    scale: [50_000, 10_000],
  },
  libx265: {
    option: "-x265-params",
    screen: "master-display",
    light: "max-cll",
    scale: [50_000, 10_000],
  },
  libsvtav1: {
    option: "-svtav1-params",
    screen: "mastering-display",
    light: "content-light",
    scale: [1, 1],
  },
};

/**
 * The encoder's own parameters, with those that write metadata into its stream; what others write into
 * is the container alone.
 *
 * @param codec ffmpeg's name of the encoder.
 * @param metadata What is to be written, if anything.
 * @param own Parameters that the encoder is given in any case.
 * @returns Arguments for ffmpeg.
 */
export function encoderParameters(
  codec: string,
  metadata: HdrMetadata | null,
  own: readonly string[] = [],
): string[] {
  const names = PARAMETERS[codec];
  if (names === undefined) return [];
  const { screen, light } = metadata ?? { screen: null, light: null };
  const parameters = [...own];
  if (screen !== null) {
    const [places, luminances] = names.scale;
    const number = (value: number, scale: number) =>
      scale === 1 ? value.toFixed(4) : `${Math.round(value * scale)}`;
    const place = ({ x, y }: Chromaticity) => `(${number(x, places)},${number(y, places)})`;
    const { red, green, blue, white, darkest, brightest } = screen;
    const range = `(${number(brightest, luminances)},${number(darkest, luminances)})`;
    const colours = `G${place(green)}B${place(blue)}R${place(red)}WP${place(white)}L${range}`;
    parameters.push(`${names.screen}=${colours}`);
  }
  if (light !== null) parameters.push(`${names.light}=${light.pixel},${light.frame}`);
  return parameters.length === 0 ? [] : [names.option, parameters.join(":")];
}
