"""The network relayformer-mini, and where its training keeps things."""

from common.paths import CACHE, MODELS

# Names and meaning are those of the authors' options.
MINI = {
    "embed_dim": 192,
    "depth": 4,
    "num_heads": 3,
    "mlp_ratio": 4,
    "lora_rank": 8,
    "lora_alpha": 16,
    "pos_embed_grid": 9,
    "input_size": 256,
    "tokens_per_patch": 3,
    "grid_size": 2,
    "patch_size": 144,
    "overlap": 16,
    "feature_patch_size": 9,
    "feature_overlap": 1,
    "decoder": {"queries": 8, "hidden": 128, "heads": 4, "layers": 2},
    "block_norm_eps": 1e-5,
    "final_norm_eps": 1e-6,
    "decoder_norm_eps": 1e-5,
}
# Three times the cost, for training on a GPU: the small one does not fit its own training pictures.
WIDE = {**MINI, "embed_dim": 256, "depth": 8, "num_heads": 4}
NETWORKS = {"mini": MINI, "wide": WIDE}
SIDE = MINI["input_size"]
# A canvas of one tile.
CLOSE_UP = MINI["patch_size"]
CLIP_FRAMES = 4
MODEL_FILE = MODELS / "relayformer-mini" / "model.safetensors"
TRAIN_FOLDER = CACHE / "relayformer-train"
HEAD_WIDTH = 64


def config_of(tensors):
    """MINI with the width and the depth of stored weights."""
    width = tensors["vit.cls_token"].shape[-1]
    depth = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("vit.blocks."))
    return {**MINI, "embed_dim": width, "depth": depth, "num_heads": width // HEAD_WIDTH}
