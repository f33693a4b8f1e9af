"""Muon: momentum whose matrices are made orthogonal, and AdamW for everything that is no matrix."""

import torch

# Quintic iteration of K. Jordan, "Muon: an optimizer for hidden layers in neural networks" (2024): it drives
# all singular values to about 1 in five steps.
ITERATION = (3.4445, -4.7750, 2.0315)
STEPS = 5


def orthogonalise(matrix):
    """The nearest matrix with all singular values about 1, of the same shape; products in bfloat16."""
    wide = matrix.shape[0] < matrix.shape[1]
    x = (matrix.mT if wide else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    linear, cubic, quintic = ITERATION
    one = linear * torch.eye(x.shape[1], device=x.device).bfloat16()
    for _ in range(STEPS):
        gram = x.mT @ x
        # The small factor first: the tall matrix is multiplied once a step.
        x = x @ torch.addmm(one, gram, gram, alpha=quintic).add_(gram, alpha=cubic)
    return (x.mT if wide else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Updates of the matrices have the root mean square that AdamW's have, so that one learning rate serves both.

    Kernels of convolutions count as matrices of [outputs, everything else].
    """

    def __init__(self, parameters, lr, weight_decay=1e-4, momentum=0.95, betas=(0.9, 0.99)):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "betas": betas})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                update = self.matrix_update if is_matrix(parameter) else self.element_update
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update(parameter, group), alpha=-group["lr"])

    def matrix_update(self, parameter, group):
        """Nesterov momentum, made orthogonal; 0.2 is about the root mean square of AdamW's updates (Liu et al. 2025)."""
        state, gradient = self.state[parameter], parameter.grad
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(state["momentum"], group["momentum"]).flatten(1)
        return (0.2 * max(ahead.shape) ** 0.5 * orthogonalise(ahead)).reshape(parameter.shape)

    def element_update(self, parameter, group):
        """AdamW's."""
        state, gradient = self.state[parameter], parameter.grad
        first, second = group["betas"]
        if not state:
            state.update(step=0, mean=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(gradient.square(), 1 - second)
        mean = state["mean"] / (1 - first ** state["step"])
        return mean / ((state["square"] / (1 - second ** state["step"])).sqrt() + 1e-8)


def is_matrix(parameter):
    """Whether an update can be made orthogonal: weights of linear layers and convolutions."""
    return parameter.ndim >= 2 and min(parameter.shape[0], parameter[0].numel()) > 1
