"""Check the optimiser: python3 -m common.test_muon."""

import copy

import torch

from .muon import Muon, orthogonalise


def check_singular_values():
    """All of them come near 1, whatever they were, and the singular vectors stay."""
    for shape in ((72, 1944), (144, 576), (576, 144)):
        matrix = torch.randn(shape) * torch.logspace(0, -2, shape[1])
        made = orthogonalise(matrix)
        assert made.shape == matrix.shape
        values = torch.linalg.svdvals(made)
        assert 0.5 < values.min() and values.max() < 1.3, (shape, values.min(), values.max())
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        along = torch.diagonal(left.mT @ made @ right.mT)
        assert along.min() > 0.4, (shape, along.min())


def small_model():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.SiLU(), torch.nn.Conv2d(8, 3, 1))


def train(model, optimiser, steps, seed):
    """Losses of learning to turn a picture upside down in value."""
    losses = []
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        x = torch.randn(4, 3, 12, 12, generator=generator)
        loss = (model(x) + x).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(float(loss))
    return losses


def check_learning():
    """The loss falls, and a copy that was saved and restored goes on in the same way."""
    model = small_model()
    optimiser = Muon(model.parameters(), lr=2e-2)
    losses = train(model, optimiser, 200, 0)
    assert losses[-1] < 0.2 * losses[0], (losses[0], losses[-1])
    other = copy.deepcopy(model)
    restored = Muon(other.parameters(), lr=2e-2)
    restored.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert train(model, optimiser, 5, 1) == train(other, restored, 5, 1)


if __name__ == "__main__":
    torch.manual_seed(0)
    check_singular_values()
    check_learning()
    print("2 passed, 0 failed")
