"""What ships: the wheel, the image, manifests, dashboards, the documentation."""
