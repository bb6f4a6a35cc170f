"""Known and guessed energies of hops: how they are put on one scale, and when nothing is missing."""

import numpy as np
import pytest

from potash.analysis.landscape import Level, merged, missing, ways
from potash.structures.hops import Hops
from tests.structures.test_region import place, upon_itself


def four_layers() -> Hops:
    return place(upon_itself(periodic=False)).hops


def levels(hops: Hops, in_plane: float, across: float) -> Level:
    """Deeper layers are lower."""
    sites = {site.orbit: -0.1 * abs(site.orbit - 1.5) for site in hops.sites}
    return Level(sites, {k: in_plane if hop.start == hop.end else across for k, hop in enumerate(hops.kinds)})


def test_along_and_across() -> None:
    hops = four_layers()
    found = ways(hops, levels(hops, 0.5, 0.8), ([0], [3]))
    barriers = {name: passage.barrier for name, passage in found.passages.items() if passage}
    assert barriers["along"] == barriers["along both directions"] == pytest.approx(0.65), "from the lowest layer"
    assert barriers["across"] == pytest.approx(0.95)
    assert [{hops.kinds[k].start, hops.kinds[k].end} for k in found.kinds["across"]] == [{0, 1}, {1, 2}, {2, 3}]


def test_no_way_across_without_the_hop_in_the_middle() -> None:
    hops = four_layers()
    energies = levels(hops, 0.5, 0.8)
    middle = next(k for k, hop in enumerate(hops.kinds) if (hop.start, hop.end) == (1, 2))
    found = ways(hops, Level(energies.sites, {**energies.saddles, middle: None}), ([0], [3]))
    assert found.passages["across"] is None
    assert found.passages["along"] is not None


def test_guesses_are_put_on_the_scale_of_what_is_known() -> None:
    hops = four_layers()
    guess = levels(hops, 0.5, 0.8)
    known = Level({orbit: energy - 100 for orbit, energy in guess.sites.items() if orbit < 2}, {})
    both = merged(hops, known, guess, 0.0)
    assert np.array(list(both.sites.values())) == pytest.approx(np.array(list(guess.sites.values())) - 100)
    for kind, saddle in both.saddles.items():
        assert saddle == pytest.approx((guess.saddles[kind] or 0) - 100)
    lowered = merged(hops, known, guess, 0.1)
    assert all((lowered.saddles[k] or 0) == pytest.approx((both.saddles[k] or 0) - 0.1) for k in both.saddles)
    huge = merged(hops, known, guess, 5.0)
    assert all(
        huge.saddles[k] == max(huge.sites[hop.start], huge.sites[hop.end]) for k, hop in enumerate(hops.kinds)
    ), "no saddle below its ends"


def test_asking_for_what_is_missing_finds_the_true_ways() -> None:
    """Whatever the search has, within its margin: what is left in the end is what all hops give, and fewer were asked for."""
    hops = four_layers()
    rng = np.random.default_rng(7)
    asked = 0
    for _ in range(20):
        sites = {site.orbit: float(rng.uniform(-0.1, 0)) for site in hops.sites}
        true = Level(sites, {kind: float(rng.uniform(0.2, 1.0)) for kind in range(len(hops.kinds))})
        guess = Level(
            {orbit: energy + 3 for orbit, energy in sites.items()},
            {kind: (saddle or 0) + 3 + float(rng.uniform(-0.1, 0.1)) for kind, saddle in true.saddles.items()},
        )
        known = Level({}, {})
        while True:
            found = ways(hops, merged(hops, known, guess, 0.1), ([0], [3]))
            kinds, orbits = missing(hops, known, found)
            if not kinds and not orbits:
                break
            ends = {hops.sites[site].orbit for k in kinds for site in (hops.kinds[k].start, hops.kinds[k].end)}
            known = Level(
                {**known.sites, **{orbit: true.sites[orbit] for orbit in ends | set(orbits)}},
                {**known.saddles, **{k: true.saddles[k] for k in kinds}},
            )
        asked += len(known.saddles)
        every = ways(hops, true, ([0], [3]))
        for name, passage in every.passages.items():
            assert found.passages[name] is not None
            assert found.passages[name].barrier == pytest.approx(passage.barrier)  # type: ignore[union-attr]
    assert asked < 0.9 * 20 * len(hops.kinds)
