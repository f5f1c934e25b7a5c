"""Outlines and spectra: at every zoom what the samples themselves say, and the stretch in sight within its bounds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from desktop.sound import spectrum
from desktop.sound.peaks import Peaks
from desktop.sound.timeline import FEWEST, Timeline
from tests.desktop.sound.conftest import tone


@pytest.mark.parametrize("channels", [1, 2])
def test_bars_are_the_extremes_of_their_samples(channels: int) -> None:
    chance = np.random.default_rng(1)
    samples = chance.integers(-32768, 32767, (200_003, channels), dtype=np.int16)
    peaks, pick = Peaks(samples), random.Random(2)
    assert peaks.loudest == pytest.approx(np.abs(samples.astype(int)).max() / 32768, abs=1e-4)
    for step in [2**k for k in range(18)]:
        first = pick.randrange(max(len(samples) // step, 1))
        low, high = peaks.bars(first, 50, step)
        spans = [samples[at * step : (at + 1) * step] for at in range(first, first + 50)]
        spans = [span for span in spans if len(span)]
        assert len(low) == len(high) == len(spans)
        assert np.allclose(low, [span.min() / 32768 for span in spans])
        assert np.allclose(high, [span.max() / 32768 for span in spans])
    assert len(peaks.bars(10**6, 5, 64)[0]) == 0


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 3000.0])
@pytest.mark.parametrize("level", [0, 4, 9])
def test_a_tone_is_a_line_at_its_pitch(hertz: float, level: int) -> None:
    rate = 16_000
    samples = (tone(8.0, hertz, rate).T * 32767).astype(np.int16)
    picture = spectrum.tile(samples, rate, level, 0)
    assert picture.shape == (spectrum.ROWS, spectrum.COLUMNS) and picture.dtype == np.uint8
    column = picture[:, min(spectrum.COLUMNS, len(samples) // spectrum.hop(level)) // 2]  # with its window in the sound
    row = int(np.argmax(column))
    low, high = spectrum.mel(spectrum.LOWEST_HZ), spectrum.mel(rate / 2)
    found = spectrum.hertz(low + (high - low) * row / (spectrum.ROWS - 1))
    assert found == pytest.approx(hertz, abs=max(0.05 * hertz, 1.3 * rate / spectrum.WINDOW))
    assert column.max() > 200 and np.median(column) < 80


def test_beyond_the_end_is_silence() -> None:
    samples = (tone(0.5, rate=16_000).T * 32767).astype(np.int16)
    ends = len(samples) // spectrum.hop(5)
    picture = spectrum.tile(samples, 16_000, 5, 0)
    assert picture[:, : ends - 1].max() > 200 and not picture[:, ends + 2 :].any()
    assert not spectrum.tile(samples, 16_000, 5, 7).any()


@pytest.mark.parametrize(("per_pixel", "level"), [(0.01, 0), (31, 0), (33, 1), (64, 2), (100_000, 12)])
def test_columns_are_about_as_wide_as_pixels(per_pixel: float, level: int) -> None:
    assert spectrum.level_for(per_pixel) == level


def test_the_stretch_in_sight_stays_within_the_sound() -> None:
    view, pick = Timeline(), random.Random(3)
    view.set_length(60.0, 48_000)
    assert view.whole and (view.begin, view.end) == (0.0, 60.0)
    for _ in range(400):
        {
            0: lambda: view.zoom(pick.uniform(0.2, 6), pick.uniform(view.begin, view.end)),
            1: lambda: view.pan(pick.uniform(-20, 20)),
            2: lambda: view.show(pick.uniform(-5, 65), pick.uniform(-5, 65)),
            3: lambda: view.follow(pick.uniform(0, 60)),
        }[pick.randrange(4)]()
        assert -1e-9 <= view.begin < view.end <= 60 + 1e-9
        assert view.span >= FEWEST / 48_000 * 0.999
    view.show(20.0, 30.0)
    view.zoom(2.0, 22.0)
    assert (view.begin, view.end) == pytest.approx((21.0, 26.0)), "the moment under the pointer stays"
    view.set_length(90.0, 48_000, keep=True)
    assert (view.begin, view.end) == pytest.approx((21.0, 26.0))
