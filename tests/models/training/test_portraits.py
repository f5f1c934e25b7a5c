"""The people of the starter world: the same each time, at any size, and every attribute can be seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.training import portrait_codes
from models.training.portraits import draw_portraits, met
from models.training.world.people import SHARES, VALUES, Portrait, goes_with, sample_portrait
from models.training.world.portrait import render_portraits

PLAIN = replace(
    sample_portrait(5), hair="bob", hair_colour="black", hat="none", glasses="none", beard="none", turn="ahead",
    time="day", backdrop="wall", clothes="t-shirt", clothes_colour="blue", skin="fair", eyes="brown", expression="calm",
)  # fmt: skip


@lru_cache(maxsize=128)
def drawn(person: Portrait, size: int = 64) -> Tensor:
    return render_portraits([person], size).picture[0]


def change(**attributes: str) -> Tensor:
    """(64, 64): how much each pixel changes when the plain person is someone with these attributes."""
    return (drawn(replace(PLAIN, **attributes)) - drawn(PLAIN)).abs().amax(0)


def test_a_seed_is_one_person_and_one_picture_alone_or_in_a_batch() -> None:
    people = [sample_portrait(seed) for seed in range(20)]
    assert people == [sample_portrait(seed) for seed in range(20)]
    together = render_portraits(people, 64).picture
    assert torch.equal(render_portraits(people, 64).picture, together)
    for k in (0, 7, 19):
        assert torch.allclose(together[k], drawn(people[k]), atol=2e-6)


@pytest.mark.parametrize("size", [32, 96, 512])
def test_sizes(size: int) -> None:
    picture = render_portraits([sample_portrait(1)], size).picture
    assert picture.shape == (1, 3, size, size)
    assert picture.isfinite().all() and picture.min() >= 0 and picture.max() <= 1


@pytest.mark.parametrize("size", [16, 1024])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 to 512"):
        render_portraits([sample_portrait(1)], size)


def test_sizes_show_the_same_people() -> None:
    people = [sample_portrait(seed) for seed in range(6)]
    small, large = render_portraits(people, 64).picture, render_portraits(people, 256).picture
    assert (F.avg_pool2d(large, 4) - small).abs().mean() < 0.02


@pytest.mark.parametrize("attribute", sorted(VALUES))
def test_every_value_of_every_attribute_is_seen(attribute: str) -> None:
    shown = [drawn(replace(PLAIN, **{attribute: value})) for value in VALUES[attribute]]
    for k, one in enumerate(shown):
        for other in shown[:k]:
            assert ((one - other).abs().amax(0) > 0.08).sum() >= 3, attribute


def test_changes_are_where_they_belong() -> None:
    hair, eyes = change(hair_colour="blond"), change(eyes="blue")
    clothes, mouth = change(clothes_colour="red"), change(expression="smiling")
    assert hair[13:20, 26:38].mean() > 0.3 and hair[56:].max() < 0.02, "hair is above, not on the clothes"
    assert clothes[58:, 22:42].mean() > 0.2 and clothes[:45].max() < 0.02
    assert eyes[:26].max() < 0.02 and eyes[40:].max() < 0.02 and eyes.max() > 0.08
    assert mouth[36:46].max() > 0.2 and mouth[48:].max() < 0.02


def test_light_comes_from_its_side() -> None:
    left, right = (drawn(replace(PLAIN, hair="bald", light_from=side)) for side in ("left", "right"))
    face = slice(24, 38)
    assert left[:, face, 24:29].mean() > right[:, face, 24:29].mean() + 0.05
    assert left[:, face, 36:41].mean() < right[:, face, 36:41].mean() - 0.03


def test_people_are_as_frequent_as_said_and_hold_together() -> None:
    people = [sample_portrait(seed) for seed in range(4000)]
    for attribute in ("expression", "time", "glasses", "hat"):
        seen = Counter(getattr(p, attribute) for p in people)
        shares = SHARES[attribute]
        for value, share in zip(VALUES[attribute], shares, strict=True):
            assert seen[value] / 4000 == pytest.approx(share / sum(shares), abs=0.03)
    for person in people:
        chosen = {attribute: getattr(person, attribute) for attribute in VALUES}
        assert all(goes_with(attribute, value, chosen) for attribute, value in chosen.items())


def test_a_code_says_who_it_is_of() -> None:
    people = [sample_portrait(seed) for seed in range(100)]
    codes = torch.tensor([portrait_codes.encode(person, 128) for person in people])
    said, numbers = portrait_codes.named(codes)
    for attribute, values in VALUES.items():
        assert [values[k] for k in said[attribute]] == [getattr(person, attribute) for person in people]
    assert numbers.shape == (100, len(portrait_codes.NUMBERS))
    assert codes.mean().abs() < 0.04 and abs(codes.std() - 1) < 0.04, "as a whole they are Gaussian"


def test_any_code_is_someone_as_likely_as_people_are() -> None:
    said, _ = portrait_codes.named(torch.randn(8000, 128, generator=torch.Generator().manual_seed(1)))
    people = [sample_portrait(seed) for seed in range(4000)]
    for attribute in ("hair", "beard", "hat", "hair_colour"):
        seen = Counter(getattr(p, attribute) for p in people)
        for k, value in enumerate(VALUES[attribute]):
            assert (said[attribute] == k).float().mean().item() == pytest.approx(seen[value] / 4000, abs=0.025)


def test_variety_is_who_was_met() -> None:
    people = draw_portraits(range(40), 32, "cpu")
    assert met(people, people) == 40
    assert met(people[:1].expand(40, -1, -1, -1), people) == 1
