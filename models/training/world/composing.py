"""The notes of the starter world's tunes: phrases of four bars over chords that lead home, with bass and drums."""

from __future__ import annotations

import random
from dataclasses import dataclass

from models.reader.tune import TONICS, Tune
from models.reader.voices import VOICES

# Degrees of the scale (0 is the tonic) that the bars of a phrase stand on; the last phrase ends at home.
_PHRASES = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (0, 2, 3, 4)),
    "minor": ((0, 5, 3, 4), (0, 3, 0, 4), (0, 5, 2, 4), (0, 3, 5, 4)),
}
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_LEADING = 11  # in minor, too, the note below the tonic is raised where the harmony leads home
# Lengths in beats of a bar's notes: lively ones and calm ones.
_RHYTHMS = {
    (4, True): ((1, 1, 0.5, 0.5, 1), (1, 0.5, 0.5, 1, 1), (0.5, 0.5, 1, 1, 1), (1.5, 0.5, 1, 1)),
    (4, False): ((2, 1, 1), (1, 1, 2), (1.5, 0.5, 2), (1, 1, 1, 1)),
    (3, True): ((1, 1, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1), (1.5, 0.5, 1)),
    (3, False): ((2, 1), (1, 1, 1), (1, 2), (1.5, 0.5, 1)),
}


@dataclass(frozen=True)
class Note:
    """`start` and `length` in seconds, `pitch` as MIDI counts (69 is 440 Hz), how hard from 0 to 1, and who plays."""

    start: float
    length: float
    pitch: int
    force: float
    voice: str


def compose(tune: Tune, seconds: float) -> list[Note]:
    """The notes of a tune of that length: whole bars, the last of which stays on the tonic chord."""
    rng = random.Random(f"notes {tune.seed}")
    beat = 60 / tune.tempo
    bar = beat * tune.metre
    bars = max(2, int((seconds - 0.25) / bar))
    chords = _chords(tune, bars, rng)
    notes = _melody(tune, chords, beat, rng)
    for k, degree in enumerate(chords):
        last = k == bars - 1
        notes += _chord(tune, degree, k * bar, beat, last)
        if tune.bass:
            notes += _bass(tune, degree, k * bar, beat, last)
        if tune.drums:
            notes += _drums(tune, k * bar, beat, last)
    return notes


def _chords(tune: Tune, bars: int, rng: random.Random) -> list[int]:
    first, second = rng.sample(_PHRASES[tune.mode], 2)
    line = [*first, *first, *second, *first]
    chords = [line[k % len(line)] for k in range(bars)]
    chords[0] = chords[-1] = 0
    if bars > 2:
        chords[-2] = 4
    return chords


def _semitones(tune: Tune, step: int, home: bool = False) -> int:
    """Of the scale's step above the tonic; steps go on into other octaves. `home`: in a chord that leads home."""
    scale = _SCALES[tune.mode]
    octave, degree = divmod(step, 7)
    return octave * 12 + (_LEADING if home and degree == 6 else scale[degree])


def _tonic(tune: Tune, lowest: int) -> int:
    """The tonic's lowest pitch from there on."""
    return lowest + (TONICS.index(tune.tonic) - lowest) % 12


def _melody(tune: Tune, chords: list[int], beat: float, rng: random.Random) -> list[Note]:
    """A motif a phrase: the second phrase says it again, the third another one."""
    voice = VOICES[tune.lead]
    tonic = _tonic(tune, max(62, voice.lowest - 3))
    lively = tune.mood in ("cheerful", "restless")
    motifs = [[rng.choice(_RHYTHMS[tune.metre, lively]) for _ in range(3)] for _ in range(2)]
    turns = [[rng.choice((-1, 1, 1, 2, -2)) for _ in range(32)] for _ in range(2)]
    notes: list[Note] = []
    step, bar = 2, beat * tune.metre
    for k, degree in enumerate(chords):
        phrase, place = (k // 4) % 4, k % 4
        motif = 1 if phrase == 2 else 0
        if place == 0:
            turn = iter(turns[motif])
            step = 4 if motif else 2
        last = k == len(chords) - 1
        ends = place == 3 or last
        rhythm = motifs[motif][place] if not ends else (float(tune.metre),) if last else (1.0, tune.metre - 1.0)
        at = k * bar
        for j, beats in enumerate(rhythm):
            if j == 0 or (beats >= 1 and (at - k * bar) / beat % 2 == 0):
                step = _nearest(step, degree, last)
            else:
                step += next(turn, 1)
            step = step - 7 if step > 9 else step + 7 if step < -2 else step
            force = 0.85 if j == 0 else 0.7
            pitch = tonic + _semitones(tune, step, degree == 4)
            held = beats * beat * (0.95 if not ends else 1.0)
            notes.append(Note(at, held, pitch, force, tune.lead))
            at += beats * beat
    return notes


def _nearest(step: int, degree: int, home: bool) -> int:
    """The chord's note nearest to a step of the scale; at the very end the tonic."""
    tones = (0,) if home else (0, 2, 4)
    return min((o * 7 + degree + t for o in (-1, 0, 1) for t in tones), key=lambda tone: (abs(tone - step), tone))


def _chord(tune: Tune, degree: int, start: float, beat: float, last: bool) -> list[Note]:
    """Three notes: struck on the beats by a piano, held by strings."""
    low = _tonic(tune, 48)
    steps = [degree + t for t in (0, 2, 4)]
    pitches = [low + _semitones(tune, s, degree == 4) for s in steps]
    pitches = [p - 12 if p > 66 else p for p in pitches]
    whole = beat * tune.metre
    if last or tune.backing == "strings":
        # Bowed chords stay below the melody.
        force = 0.28 if tune.backing == "strings" else 0.42
        return [Note(start, whole * (1.0 if last else 0.98), p, force, tune.backing) for p in pitches]
    notes = [Note(start, beat * 0.95, pitches[0], 0.55, tune.backing)]
    for k in range(1, tune.metre):
        force = 0.48 if k % 2 == 0 and tune.metre == 4 else 0.42
        notes += [Note(start + k * beat, beat * 0.8, p, force, tune.backing) for p in pitches[1:]]
    return notes


def _bass(tune: Tune, degree: int, start: float, beat: float, last: bool) -> list[Note]:
    root = _tonic(tune, 33) + _semitones(tune, degree)
    root = root - 12 if root > 45 else root
    if last:
        return [Note(start, beat * tune.metre, root, 0.8, "bass")]
    fifth = root + 7
    line = (root, fifth, fifth) if tune.metre == 3 else (root, root, fifth, root)
    return [Note(start + k * beat, beat * 0.9, p, 0.8 if k == 0 else 0.6, "bass") for k, p in enumerate(line)]


def _drums(tune: Tune, start: float, beat: float, last: bool) -> list[Note]:
    """A low drum (pitch 0) on one, a snare (1) after it, a hat (2) on every half beat."""
    if last:
        return [Note(start, beat, 0, 0.9, "drums")]
    notes = [Note(start, beat, 0, 0.9, "drums")]
    notes += [Note(start + k * beat, beat, 0 if tune.metre == 4 and k == 2 else 1, 0.6, "drums")
              for k in range(1, tune.metre)]  # fmt: skip
    return notes + [Note(start + k * beat / 2, beat / 2, 2, 0.35 if k % 2 else 0.5, "drums")
                    for k in range(2 * tune.metre)]  # fmt: skip
