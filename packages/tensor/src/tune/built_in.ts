/**
 * Choices that come with the package, by class of adapter and key: what was measured and differs from
 * the rules of the families.
 */
export const BUILT_IN: Readonly<Record<"cpu" | "gpu", Readonly<Record<string, string>>>> = {
  cpu: {},
  gpu: {},
};
