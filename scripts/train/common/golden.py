"""Runs the checks of a PyTorch twin over a folder of golden files."""

import torch

from .tensor_file import read_metadata, read_tensors

RELATIVE_BAR = 1e-4


def weights_of(tensors, prefix="weight."):
    """Stored weights without their prefix."""
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}


def run_checks(folder, check_of):
    """
    Run every case of a folder and print a line for each; returns the number of failures.
    check_of(path, meta) gives None to leave a case out, or a function of (tensors, meta) that yields pairs (actual, expected).
    """
    passed = failed = 0
    for path in sorted(folder.glob("*.safetensors")):
        check = check_of(path, read_metadata(path))
        if check is None:
            continue
        tensors, meta = read_tensors(path)
        try:
            with torch.no_grad():
                worst = max(relative_error(*pair) for pair in check(tensors, meta))
            good, text = worst <= RELATIVE_BAR, f"relative error {worst:.1e}"
        except (AssertionError, RuntimeError, KeyError) as error:
            good, text = False, repr(error)
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok  ' if good else 'FAIL'} {path.stem}: {text}")
    print(f"{passed} passed, {failed} failed")
    return failed


def relative_error(actual, expected):
    """Norm of the difference over the norm of the reference."""
    if actual.shape != expected.shape:
        raise AssertionError(f"shape {tuple(actual.shape)}, expected {tuple(expected.shape)}")
    norm = expected.double().norm().clamp_min(1e-12)
    return float((actual.double() - expected.double()).norm() / norm)
