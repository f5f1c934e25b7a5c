"""Denoising networks run by OpenVINO on processors."""
