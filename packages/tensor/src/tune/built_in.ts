/**
 * Choices that come with the package, by class of adapter and key: what was measured and may not be
 * lost when a rule of the families changes. `deno task tune` measures more.
 *
 * There is a class for a vendor only where there are numbers. On processors (llvmpipe) the rules give
 * all that was measured; cards of other vendors nobody has measured.
 */
export const BUILT_IN: Readonly<Record<"nvidia", Readonly<Record<string, string>>>> = {
  // H200: 19 and 22 TFLOP/s.
  nvidia: {
    "gemm m=1024 n=1024 k=1024": "tile",
    "gemm m=2048 n=1024 k=1024": "tall",
  },
};
