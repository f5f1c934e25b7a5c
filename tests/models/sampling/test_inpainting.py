"""Start pictures and masks: fitted alike, kept apart in latents, and put together again to the pixel."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from models.protocol import BadInput
from models.sampling.inpainting import Blend, Fitted, fitted, latent_mask, pasted


def halves(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Left black, right white."""
    image = Image.new(mode, (width, height))
    image.paste("white", (width // 2, 0, width, height))
    return image


def test_what_hangs_over_is_cut_off_evenly() -> None:
    made = fitted(halves(200, 50), None, 64, 64)
    assert made.picture.size == (64, 64) and made.mask is None
    assert made.picture.getpixel((20, 32)) == (0, 0, 0)
    assert made.picture.getpixel((44, 32)) == (255, 255, 255)
    same = halves(64, 64)
    assert fitted(same, None, 64, 64).picture.tobytes() == same.tobytes()


def test_a_mask_of_another_size_follows_its_picture() -> None:
    made = fitted(halves(200, 100), halves(100, 50, "L"), 64, 64)
    assert made.mask is not None
    assert set(made.mask.tobytes()) == {0, 255}
    assert [made.mask.getpixel((x, 9)) for x in (30, 33)] == [0, 255]


def test_what_is_transparent_is_paper_in_a_picture_and_black_in_a_mask() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert fitted(clear, None, 8, 8).picture.getpixel((0, 0)) == (255, 255, 255)
    painted = clear.copy()
    painted.paste((255, 255, 255, 255), (0, 0, 4, 8))
    mask = fitted(halves(8, 8), painted, 8, 8).mask
    assert mask is not None and mask.getbbox() == (0, 0, 4, 8)
    with pytest.raises(BadInput, match="paint white"):
        fitted(halves(8, 8), clear, 8, 8)


def test_a_latent_is_made_again_where_any_of_its_pixels_is() -> None:
    mask = Image.new("L", (32, 16))
    mask.putpixel((9, 15), 255)
    assert latent_mask(mask, 8).tolist() == [[[[0, 0, 0, 0], [0, 1, 0, 0]]]]


class Schedule:
    """A scheduler with two steps that adds noise by its time."""

    timesteps = torch.tensor([10.0, 4.0])
    init_noise_sigma = 3.0

    def add_noise(self, clean: torch.Tensor, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return clean + noise * times.view(-1, 1, 1, 1)


def test_the_outside_is_at_the_same_level_of_noise() -> None:
    mask = torch.tensor([[[[1.0, 0.0]]]])
    clean, noise = torch.full((1, 2, 1, 2), 5.0), torch.ones(1, 2, 1, 2)
    made = torch.full((1, 2, 1, 2), -1.0)
    blend = Blend(mask, from_noise=True)
    assert blend.start(clean + 10 * noise, noise, Schedule())[0, 0, 0].tolist() == [3.0, 15.0]
    assert Blend(mask, from_noise=False).start(made, noise, Schedule()) is made
    assert blend.step(made, clean, noise, Schedule(), 1)[0, 1, 0].tolist() == [-1.0, 9.0]
    assert blend.step(made, clean, noise, Schedule(), 2)[0, 1, 0].tolist() == [-1.0, 5.0]


def test_the_seam_is_narrow_and_outside() -> None:
    original = Fitted(Image.new("RGB", (128, 128), "black"), halves(128, 128, "L"))
    made = pasted(Image.new("RGB", (128, 128), "white"), original)
    row = [made.getpixel((x, 64))[0] for x in range(128)]  # type: ignore[index]
    assert row[:60] == [0] * 60
    assert row[64:] == [255] * 64
    assert row == sorted(row)
