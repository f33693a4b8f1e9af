"""Debian packages as a source of training data: fetched and unpacked, never installed."""

import subprocess

from .paths import CACHE


def fetch_packages(packages):
    """Download and unpack packages; what is already there is kept. Returns the folder that holds one folder for each."""
    archives, unpacked = CACHE / "deb", CACHE / "x"
    archives.mkdir(parents=True, exist_ok=True)
    for package in packages:
        target = unpacked / package
        if target.exists():
            continue
        if not list(archives.glob(f"{package}_*.deb")):
            subprocess.run(["apt-get", "download", package], cwd=archives, check=True)
        partial = unpacked / f"{package}.partial"
        archive = next(archives.glob(f"{package}_*.deb"))
        partial.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", str(archive), str(partial)], check=True)
        partial.rename(target)
    return unpacked
