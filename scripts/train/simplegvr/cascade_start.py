"""Start values of the network between the latents: a ridge regression written into its last layer.

From random weights it settles at predicting nothing. Here the low-resolution latent passes through the
upsampler and the token embedding unchanged, and the last layer is fitted to the missing latent.
"""

import torch
from torch import nn

from start import quiet_branches, residual_latent

CONSTANT = 2.0
CONSTANT_CHANNELS = 16
QUIET = 0.1
RIDGE = 1e-3


def pass_latent(net, latent_std):
    """Upsampler: bilinear interpolation of the latent, its channels scaled to unit variance."""
    out = net.upsampler.conv_out
    nn.init.zeros_(out.bias)
    out.weight[:, :, 0, 0, 0] = torch.diag(1 / latent_std)


def pass_tokens(net):
    """Embedding: the condition of each position of a token in channels of its own, and constants.

    The layer norms in front of every layer would throw amplitudes away without the constants.
    """
    z_dim = net.config["z_dim"]
    embedding = net.patch_embedding
    nn.init.normal_(embedding.weight, 0, 0.02)
    nn.init.zeros_(embedding.bias)
    _, rows, cols = net.config["patch_size"]
    for place in range(rows * cols):
        first = place * z_dim
        embedding.weight[first : first + z_dim] = 0
        row, col = divmod(place, cols)
        embedding.weight[first : first + z_dim, z_dim : 2 * z_dim, 0, row, col] = torch.eye(z_dim)
    embedding.bias[-CONSTANT_CHANNELS:] = CONSTANT


def quiet_blocks(net):
    """Blocks that start as small corrections."""
    for block in net.blocks:
        block.self_attn.o.weight.mul_(QUIET)
        block.ffn[2].weight.mul_(QUIET)


def patches(latent, patch):
    """[B, z, F, h, w] -> [B*F*rows*cols, ph*pw*z], in the order that the last layer writes."""
    _, rows, cols = patch
    cut = latent.unflatten(3, (-1, rows)).unflatten(5, (-1, cols))  # B, z, F, r, ph, c, pw
    return cut.permute(0, 2, 3, 5, 4, 6, 1).flatten(4).flatten(0, 3)


def fit_head(model, batches):
    """Ridge regression from the features before the last layer to the missing latent."""
    net, vae = model.net, model.vae
    features, targets = [], []
    hook = net.head.head.register_forward_pre_hook(lambda _, inputs: features.append(inputs[0].flatten(0, 1)))
    for hr, lr, base in batches:
        model.estimate_latent(lr, (hr.shape[3] // vae.stride, hr.shape[4] // vae.stride))
        targets.append(patches(residual_latent(vae, base, hr), net.config["patch_size"]))
    hook.remove()
    inputs = torch.cat(features).double()
    inputs = torch.cat((inputs, torch.ones(len(inputs), 1, dtype=torch.double)), dim=1)
    wanted = -torch.cat(targets).double()  # one step from zero noise gives minus the velocity
    normal = inputs.T @ inputs / len(inputs) + RIDGE * torch.eye(inputs.shape[1], dtype=torch.double)
    solution = torch.linalg.solve(normal, inputs.T @ wanted / len(inputs)).float()
    net.head.head.weight.copy_(solution[:-1].T)
    net.head.head.bias.copy_(solution[-1])


@torch.no_grad()
def initialise_cascade(model, batches):
    """Write the start into the network between the latents; the autoencoder is trained already."""
    quiet_branches(model.net)
    encoded = torch.cat([model.vae.encode(lr).transpose(0, 1).flatten(1) for _, lr, _ in batches[:4]], dim=1)
    pass_latent(model.net, encoded.std(dim=1))
    pass_tokens(model.net)
    quiet_blocks(model.net)
    fit_head(model, batches)
