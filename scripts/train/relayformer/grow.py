"""
Deepen a training state: python3 -m relayformer.grow OLD NEW --after 1 3. A copy of each named block is put behind it, with nothing
coming out of it yet, so that the network gives what it gave; training goes on from there.
"""

import argparse

import torch

from common.training import Schedule, Trainer

from .config import config_of
from .relayformer import RelayFormer

# What adds a block's results to the tokens.
LAST_LAYERS = ("attn.proj.weight", "attn.proj.bias", "mlp.fc2.weight", "mlp.fc2.bias")
LAST_ADAPTERS = ("proj_lora_loc.lora_B", "proj_lora_glo.lora_B", "lora2_loc.lora_B", "lora2_glo.lora_B")
PREFIX = "vit.blocks."


def deepened(tensors, after):
    """The tensors with the silent copies among them."""
    depth = config_of(tensors)["depth"]
    places = [place for index in range(depth) for place in ([(index, False), (index, True)] if index in after else [(index, False)])]
    grown = {name: value for name, value in tensors.items() if not name.startswith(PREFIX)}
    for number, (index, silent) in enumerate(places):
        own = f"{PREFIX}{index}."
        for name, value in tensors.items():
            if name.startswith(own):
                rest = name[len(own) :]
                ends = silent and rest.endswith(LAST_LAYERS + LAST_ADAPTERS)
                grown[f"{PREFIX}{number}.{rest}"] = torch.zeros_like(value) if ends else value.clone()
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new", help="a file that does not exist yet")
    parser.add_argument("--after", type=int, nargs="+", required=True, help="blocks, from 0, that get a copy")
    args = parser.parse_args()
    old = torch.load(args.old, map_location="cpu")
    model = RelayFormer(config_of(deepened(old["average"], args.after)))
    # As in training.
    model.vit.patch_embed.requires_grad_(False)
    # The moments of the optimiser begin anew, and so does the average.
    trainer = Trainer(model, Schedule(steps=1, rate=1e-3, last_rate=0, muon=True), args.new, "cpu")
    for network, part in ((trainer.model, "model"), (trainer.average, "average")):
        network.load_state_dict(deepened(old[part], args.after))
    trainer.seconds = old["seconds"]
    trainer.save()
    print(f"{args.new}: {len(model.vit.blocks)} blocks after {old['steps']} steps")


if __name__ == "__main__":
    main()
