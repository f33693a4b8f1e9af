/**
 * A name for files about something, such as an adapter by its description.
 *
 * @param text What it is called.
 * @returns It in small letters, digits, dots and single dashes.
 */
export function fileNameOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-").replace(/-$/, "");
}
