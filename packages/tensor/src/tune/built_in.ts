/**
 * Choices that come with the package, by class of adapter and key: what was measured, where it may not be
 * left to the rules of the families. `deno task tune` measures more.
 */
export const BUILT_IN: Readonly<Record<"cpu" | "gpu", Readonly<Record<string, string>>>> = {
  // llvmpipe on one core: 1.2 against 6.6 ms, 0.25 against 0.53; 0.5 against 1.3; 11 against 109, 16
  // against 88.
  cpu: {
    "matmul m=1 n=1024 k=1024": "gemv",
    "matmul m=4 n=256 k=256": "gemv",
    "gemm m=1 n=512 k=512": "tile",
    "mlp dim=64 hidden=256": "layers",
    "mlp dim=32 hidden=256": "layers",
  },
  // An NVIDIA H200, the only card so far: 19 TFLOP/s, 22 TFLOP/s; 0.11 against 0.19 ms.
  gpu: {
    "gemm m=1024 n=1024 k=1024": "tile",
    "gemm m=2048 n=1024 k=1024": "tall",
    "mlp dim=32 hidden=256": "layers",
  },
};
