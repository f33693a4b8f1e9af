"""Compare the PyTorch twin with the golden files: python3 -m relayformer.test_twin [GOLDEN_FOLDER]."""

import json
import sys
from pathlib import Path

import torch

from common.golden import run_checks, weights_of
from common.paths import REPOSITORY
from common.tensor_file import read_tensors

from .edge_loss import EDGE_WEIGHT, edge_band, edge_loss
from .filled_weights import fill
from .mask_decoder import MaskDecoder
from .relayformer import RelayFormer, normalise, on_canvas

DEFAULT_FOLDER = REPOSITORY / "fixtures" / "golden" / "relayformer"


def model_of(meta, folder):
    """The network of a case with its weights."""
    model = RelayFormer(json.loads(meta["config"]))
    if meta["weights"] == "fill_rule":
        fill(model, int(meta["fill_seed"]))
    else:
        stored, _ = read_tensors(folder / meta["weights"])
        model.load_state_dict(weights_of(stored))
    return model.eval()


def network_input(frames, side):
    """Arguments of the network for the frames of one sample, uint8 [frames, h, w, 3]."""
    return normalise(on_canvas(frames, side)), len(frames), tuple(frames.shape[1:3])


def check_forward(tensors, meta, folder):
    model = model_of(meta, folder)
    side, first = model.config["input_size"], 0
    resized = tensors.get("mid.resized")
    for sample, length in enumerate(json.loads(meta["clip_len"])):
        names = range(first, first + length)
        if resized is None:
            frames = torch.stack([tensors[f"input.frame{index}"] for index in names])
        else:
            frames = resized.view(-1, side, side, 3)[first : first + length]
        kept = {}
        scores = model(*network_input(frames, side), keep=kept.__setitem__)
        yield scores, tensors["output.logits"][first : first + length]
        yield kept["decoder_out"], torch.cat([tensors[f"mid.decoder_out.{index}"] for index in names])
        for name, value in kept.items():
            expected = tensors.get(f"mid.{name}")
            if expected is None:
                continue
            if name.endswith("relay"):
                yield value[0], expected[sample, : value.shape[1]]
            else:
                yield value.flatten(0, 1), expected
        first += length


def check_decoder(tensors, meta, folder):
    channels, queries, hidden, heads, layers = (
        int(meta[name]) for name in ("in_channels", "num_queries", "hidden_dim", "num_heads", "num_layers")
    )
    decoder = MaskDecoder(channels, queries, hidden, heads, layers, 1e-5)
    if meta["weights"] == "inline":
        decoder.load_state_dict(weights_of(tensors, "weight.mask_decoder."))
    else:
        fill(decoder, int(meta["fill_seed"]), "mask_decoder.")
    yield decoder.eval()(tensors["input.x"].permute(0, 2, 3, 1)), tensors["output.mask"]


def check_edge(tensors, meta, folder):
    masks, scores = tensors["input.mask"][:, None].float(), tensors["input.logits"].requires_grad_()
    for width in (3, 7):
        yield edge_band(masks, width)[:, 0].byte(), tensors[f"output.edge_k{width}"]
    with torch.enable_grad():
        parts = edge_loss(scores, masks)
        sum(parts).backward()
    assert EDGE_WEIGHT == float(meta["edge_lambda"])
    yield parts[0][None], tensors["output.bce"]
    yield parts[1][None], tensors["output.edge_loss"]
    yield scores.grad * 1000, tensors["output.grad_logits_x1000"]


def check_step(tensors, meta, folder):
    model = model_of(meta, folder)
    masks = tensors["input.mask"].float()
    named = dict(model.named_parameters())
    options = {"lr": float(meta["lr"]), "betas": json.loads(meta["betas"]), "eps": float(meta["eps"])}
    decay = float(meta["weight_decay"])
    groups = [
        {"params": [each for each in named.values() if (each.ndim > 1) == decayed], "weight_decay": decay * decayed}
        for decayed in (True, False)
    ]
    optimiser = torch.optim.AdamW(groups, **options)
    frames = tensors["input.frame0"][None]
    with torch.enable_grad():
        parts = edge_loss(model(*network_input(frames, model.config["input_size"])), masks)
        sum(parts).backward()
    yield parts[0][None], tensors["output.loss_bce"]
    yield parts[1][None], tensors["output.loss_edge"]
    for key, expected in tensors.items():
        if key.startswith("output.grad."):
            yield named[key.removeprefix("output.grad.")].grad, expected
    optimiser.step()
    for key, expected in tensors.items():
        if key.startswith("output.after_adamw."):
            yield named[key.removeprefix("output.after_adamw.")], expected


CHECKS = {
    "relayformer.forward": check_forward,
    "relayformer.decoder": check_decoder,
    "relayformer.loss_edge": check_edge,
    "relayformer.train_step": check_step,
}


def main():
    """Run every case; exit status 1 when one fails."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER

    def check_of(_, meta):
        check = CHECKS.get(meta.get("kind"))
        return check and (lambda tensors, meta: check(tensors, meta, folder))

    sys.exit(run_checks(folder, check_of) > 0)


if __name__ == "__main__":
    main()
