"""Training of dsvt-mini: a LiDAR simulator, a PyTorch twin of DSVT with a CenterHead, and what evaluates and exports it."""
