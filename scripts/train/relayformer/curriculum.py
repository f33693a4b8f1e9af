"""What training sees at what time, and how scores are compared."""

import numpy as np

# Share of batches that are whole canvases, at the beginning and at the end.
CANVAS_SHARES = (0.3, 0.8)
# Splices teach what to look for: between these two the other kinds come in.
BASIC_UNTIL, ALL_FROM = 0.2, 0.5
# From this progress on every CLIP_PERIOD-th batch is one of clips.
CLIPS_FROM, CLIP_PERIOD = 0.8, 5
CROPPED_SHARE, LEAST_SIDE = 0.1, 96
# Scores are compared with masks at every fourth pixel: tokens are 16 pixels wide.
STRIDE = 4


def basic_share(progress):
    """Share of pictures drawn from splices and untouched ones only."""
    return float(np.interp(progress, (BASIC_UNTIL, ALL_FROM), (1, 0)))
