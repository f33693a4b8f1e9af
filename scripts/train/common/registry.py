"""The registry of shipped models, models/registry.json."""

import hashlib
import json

from .paths import MODELS

REGISTRY = MODELS / "registry.json"


def register(entry, path):
    """Replace or append the entry of a model file; size and checksum are taken from the file."""
    content = path.read_bytes()
    entry = dict(entry, file=str(path.relative_to(REGISTRY.parent)), bytes=len(content))
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    registry = json.loads(REGISTRY.read_text())
    kept = [other for other in registry["models"] if other["id"] != entry["id"]]
    place = next((at for at, other in enumerate(registry["models"]) if other["id"] == entry["id"]), len(kept))
    registry["models"] = kept[:place] + [entry] + kept[place:]
    REGISTRY.write_text(json.dumps(registry, indent=2) + "\n")
