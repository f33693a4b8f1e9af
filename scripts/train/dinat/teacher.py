"""A residual convnet that learns Fashion-MNIST in a few epochs and then teaches dinat-fashion."""

from torch import nn
from torch.nn.functional import avg_pool2d

CHANNELS = 64


def convolution(inputs, outputs, stride=1):
    """3x3 convolution, batch norm, ReLU."""
    conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(convolution(channels, channels), convolution(channels, channels))

    def forward(self, x):
        return x + self.body(x)


class Teacher(nn.Module):
    """Takes the same pictures as its pupil, [n, 3, 56, 56]; works on 28x28."""

    def __init__(self, classes):
        super().__init__()
        self.stem = convolution(1, CHANNELS // 2)
        self.middle = nn.Sequential(convolution(CHANNELS // 2, CHANNELS, 2), Residual(CHANNELS))
        self.deep = nn.Sequential(convolution(CHANNELS, 2 * CHANNELS, 2), Residual(2 * CHANNELS))
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(2 * CHANNELS, classes)

    def forward(self, x):
        grey = avg_pool2d(x[:, :1], 2)
        maps = self.deep(self.middle(self.stem(grey)))
        return self.head(self.drop(maps.float().amax(dim=(2, 3))))
