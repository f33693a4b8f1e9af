import { lowestTerms, type Rational } from "@vicinity/media";

/** Rates of NTSC, which people write with two or three decimals, are whole ones times this. */
const NTSC: Rational = { num: 1000, den: 1001 };
const NTSC_WHOLES = [24, 30, 48, 60, 120];
/** Decimals that are kept. */
const DECIMALS = 1e6;

/**
 * Reads the value of `--fps`.
 *
 * @param text Frames a second: `24`, `12.5`, `30000/1001`; 23.976, 29.97, 47.952, 59.94 and 119.88 stand for
 *   the rates of NTSC.
 * @returns The rate.
 */
export function readRate(text: string): Rational {
  const [, num, den] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(num) > 0 && Number(den) > 0) return lowestTerms(Number(num), Number(den));
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (!(rate >= 1 / DECIMALS)) throw new Error("must be a rate (24, 12.5, 30000/1001)");
  const whole = NTSC_WHOLES.find((each) => isRounded(each * NTSC.num / NTSC.den, text));
  if (whole !== undefined) return lowestTerms(whole * NTSC.num, NTSC.den);
  return lowestTerms(Math.round(rate * DECIMALS), DECIMALS);
}

/** Whether a text with at least two decimals is what a rate rounds or is cut to. */
function isRounded(rate: number, text: string): boolean {
  const decimals = text.split(".")[1]?.length ?? 0;
  const cut = Math.trunc(rate * 10 ** decimals) / 10 ** decimals;
  return decimals >= 2 && [rate, cut].some((each) => each.toFixed(decimals) === text);
}
