"""Quality metrics on uint8 frames [T, H, W, 3]; one value per frame."""

import torch
import torch.nn.functional as F

LUMA = (65.481, 128.553, 24.966)
GMSD_CONSTANT = 170.0


def luma(frames):
    """Studio-range luma, float64 [T, 1, H, W]."""
    weights = torch.tensor(LUMA, dtype=torch.float64) / 255
    return (16 + frames.double() @ weights)[:, None]


def psnr_rgb(test, reference):
    """Decibels over all channels of a frame."""
    error = (test.double() - reference.double()).square().mean(dim=(1, 2, 3)).clamp_min(1e-10)
    return 10 * torch.log10(255**2 / error)


def ssim_y(test, reference):
    """Mean structural similarity of luma; 11-tap Gaussian, valid region."""
    taps = torch.exp(-0.5 * (torch.arange(-5, 6, dtype=torch.float64) / 1.5).square())
    taps = taps / taps.sum()

    def blur(image):
        return F.conv2d(F.conv2d(image, taps.view(1, 1, -1, 1)), taps.view(1, 1, 1, -1))

    x, y = luma(test), luma(reference)
    mean_x, mean_y = blur(x), blur(y)
    var_x = blur(x * x) - mean_x**2
    var_y = blur(y * y) - mean_y**2
    cov = blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = (2 * mean_x * mean_y + c1) * (2 * cov + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return score.mean(dim=(1, 2, 3))


def gradient(image):
    """Prewitt gradient magnitude after a 2x2 mean and decimation; zeros outside."""
    small = F.avg_pool2d(F.pad(image, (0, 1, 0, 1)), 2, stride=1)[:, :, ::2, ::2]
    kernel = torch.tensor([[1.0, 0, -1]] * 3, dtype=torch.float64)[None, None] / 3
    horizontal = F.conv2d(small, kernel, padding=1)
    vertical = F.conv2d(small, kernel.transpose(2, 3), padding=1)
    return (horizontal.square() + vertical.square()).sqrt()


def gmsd_y(test, reference):
    """Gradient magnitude similarity deviation of luma; lower is better."""
    x, y = gradient(luma(test)), gradient(luma(reference))
    similarity = (2 * x * y + GMSD_CONSTANT) / (x**2 + y**2 + GMSD_CONSTANT)
    return similarity.flatten(1).std(dim=1, unbiased=False)
