"""Check that a deepened network gives what it gave: python3 -m relayformer.test_grow."""

import torch

from .config import MINI
from .grow import deepened
from .relayformer import RelayFormer


def main():
    torch.manual_seed(0)
    shallow = RelayFormer({**MINI, "depth": 3}).eval()
    for parameter in shallow.parameters():
        # Adapters begin at zero, which would hide a mistake in them.
        torch.nn.init.normal_(parameter, std=0.05)
    deep = RelayFormer({**MINI, "depth": 5}).eval()
    deep.load_state_dict(deepened(shallow.state_dict(), [0, 2]))
    x = torch.randn(2, 3, MINI["input_size"], MINI["input_size"])
    with torch.no_grad():
        before, after = shallow(x, frames=2), deep(x, frames=2)
    assert torch.equal(before, after), (before - after).abs().max()
    print("a deepened network gives the same scores for a clip, to the bit")


if __name__ == "__main__":
    main()
