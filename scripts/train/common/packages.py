"""Debian packages as a source of training data: fetched and unpacked, never installed."""

import subprocess

from .paths import CACHE


def suite_options(suite):
    """Options that let apt-get look into another suite of the mirror that it is set up for, and there alone."""
    folder = CACHE / "apt" / suite
    lists, source = folder / "lists", folder / "sources.list"
    options = ["-o", f"Dir::Etc::SourceList={source}", "-o", "Dir::Etc::SourceParts=/dev/null", "-o", f"Dir::State::Lists={lists}"]
    if not source.exists():
        command = ["apt-get", "indextargets", "--format", "$(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        mirror = next(line.split()[1] for line in listed if line.startswith("main ") and "security" not in line)
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        source.write_text(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {suite} main\n")
        subprocess.run(["apt-get", "update", *options], check=True)
    return options


def fetch_packages(packages):
    """
    Download and unpack packages; what is already there is kept. A name may have a suite before it, "sid/name"; others are
    of the release that runs. Returns the folder that holds one folder for each.
    """
    unpacked = CACHE / "x"
    for package in packages:
        target = unpacked / package
        if target.exists():
            continue
        suite, _, name = package.rpartition("/")
        archives = CACHE / "deb" / suite
        archives.mkdir(parents=True, exist_ok=True)
        if not list(archives.glob(f"{name}_*.deb")):
            options = suite_options(suite) if suite else []
            subprocess.run(["apt-get", "download", *options, name], cwd=archives, check=True)
        partial = unpacked / f"{package}.partial"
        archive = next(archives.glob(f"{name}_*.deb"))
        partial.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", str(archive), str(partial)], check=True)
        partial.rename(target)
    return unpacked
