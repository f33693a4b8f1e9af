"""Training batches of clips, out of a folder of photographs or of the crop cache."""

from pathlib import Path
from typing import NamedTuple

from .clips import ROOM, ClipBatches
from .config import TRAIN_FOLDER
from .corpus import fetch_packages
from .crops import build_crops
from .picture_store import load_crops, load_photos
from .resize import resize

CROPS = TRAIN_FOLDER / "crops.npy"


class Mix(NamedTuple):
    """A kind of batch and how often it comes; crops are multiples of 8 * scale."""

    scale: int
    crop: int
    batch: int
    share: float


# About the same cost each.
CROP_MIXES = (Mix(2, 64, 6, 0.45), Mix(3, 96, 3, 0.15), Mix(4, 128, 2, 0.4))

# Two windows of the sparse attention along a side, so that there is another one to attend to.
PHOTO_MIXES = (Mix(2, 128, 24, 0.5), Mix(3, 144, 16, 0.1), Mix(4, 128, 24, 0.4))


def to_batch(scale, hr, lr):
    """uint8 clips -> (hr, lr, bicubic base) in [-1, 1]."""
    hr, lr = hr.float() / 127.5 - 1, lr.float() / 127.5 - 1
    base = resize(lr, hr.shape[3:]).clamp(-1, 1)
    assert hr.shape[3] == lr.shape[3] * scale
    return hr, lr, base


class BatchSource:
    """The store of pictures and the mixes that suit it; photos: a folder, or nothing for the crop cache."""

    def __init__(self, photos, batch_scale, device):
        mixes = PHOTO_MIXES if photos else CROP_MIXES
        self.mixes = [mix._replace(batch=max(1, round(mix.batch * batch_scale))) for mix in mixes]
        if photos:
            self.store = load_photos(Path(photos), max(mix.crop for mix in mixes) + ROOM, device)
        else:
            build_crops(fetch_packages(), CROPS)
            self.store = load_crops(CROPS, device)
        print(f"{len(self.store.sizes)} pictures, {len(self.store.values) / 1e6:.0f} million pixels", flush=True)

    def batches(self, scales, seed):
        """Endless batches of some scales, seeded."""
        # Made between the steps, not ahead of them by another process: that is 3% of the time on one core.
        mixes = [mix for mix in self.mixes if mix.scale in scales]
        return (to_batch(*clips) for clips in ClipBatches(self.store, mixes, seed))
