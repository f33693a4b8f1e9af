"""Places that the trainings share."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = REPOSITORY / ".cache"
MODELS = REPOSITORY / "models"
