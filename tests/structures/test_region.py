"""Sites and hops near an interface: of one crystal upon itself, of a layer on a crystal, in a gap."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, graphene

from potash.errors import BadInput
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE
from potash.structures.region import Place, hops_near, region_of


def upon_itself(layers: int = 6, *, periodic: bool = True) -> Atoms:
    """Copper (111), the upper half called film."""
    atoms = fcc111("Cu", (1, 1, layers), a=3.6, vacuum=None if periodic else 8.0, periodic=periodic)
    atoms.pbc = (True, True, periodic)
    atoms.set_array(SIDE, np.where(np.arange(layers) < layers / 2, SUBSTRATE, FILM))
    return atoms


D111 = 3.6 / 3**0.5


def place(atoms: Atoms, reach: float = 4.0, cutoff: float = 2.7) -> Place:
    region = region_of(atoms, reach)
    return Place(hops_near(atoms, "Cu", "vacancy", cutoff, region), region, atoms)


def test_the_middle_lies_between_the_facing_layers() -> None:
    atoms = upon_itself()
    region = region_of(atoms, 4.0)
    assert region.middle == pytest.approx(2.5 * D111)
    assert (region.below, region.above) == (4.0, 4.0)
    assert region_of(atoms, 9.0).above == pytest.approx(2.5 * D111 + 0.1), "no farther than the film's own atoms"


def test_a_crystal_upon_itself_has_the_crystals_sites_and_hops() -> None:
    found = place(upon_itself())
    assert found.heights == pytest.approx(D111 * np.array([-1.5, -0.5, 0.5, 1.5]))
    assert {site.name for site in found.hops.sites} == {"Cu1"}
    assert len(found.hops.kinds) == 2, "in a plane, and from plane to plane: what turns z over does not count"
    assert len(found.hops.edges) == 4 * 6 + 2 * 3 * 3
    assert found.shores == ([0], [3])


def test_between_vacuum_sites_differ_by_their_depth() -> None:
    found = place(upon_itself(periodic=False))
    assert [site.name for site in found.hops.sites] == ["Cu1", "Cu2", "Cu3", "Cu4"], "from below"
    assert {(hop.start, hop.end) for hop in found.hops.kinds} == {(i, j) for i in range(4) for j in (i, i + 1) if j < 4}


def test_what_is_too_thin_is_told() -> None:
    with pytest.raises(BadInput, match=r"too thin for a region of 6.4 Å"):
        place(upon_itself(4))
    with pytest.raises(BadInput, match="enlarge the region"):
        place(upon_itself(), reach=0.5)


def test_an_ion_finds_room_between_a_layer_and_a_crystal() -> None:
    """Over hollows of graphene and under hollows of copper; none in the vacuum, none outside the region."""
    sheet = graphene(size=(1, 1, 1), a=3.6 / 2**0.5, vacuum=0)
    metal = fcc111("Cu", (1, 1, 3), a=3.6)
    gap = 5.0
    metal.positions[:, 2] += gap - metal.positions[:, 2].min()
    sheet.positions[:, 2] = 0
    atoms = Atoms(
        [*sheet.symbols, *metal.symbols], np.vstack([sheet.positions, metal.positions]), pbc=(True, True, False)
    )
    atoms.set_cell([*metal.cell.array[:2], [0, 0, 30]])
    atoms.positions[:, 2] += 8
    atoms.set_array(SIDE, np.array([SUBSTRATE] * 2 + [FILM] * 3))
    region = region_of(atoms, 4.0)
    assert (region.middle, region.below) == pytest.approx((10.5, 2.6))
    hops = hops_near(atoms, "K", "interstitial", 3.0, region)
    z = np.array([site.position[2] * 30 for site in hops.sites])
    assert len(z) > 0
    assert ((z > 8) & (z < 8 + gap + 1.5)).all()
    apart = np.linalg.norm(
        atoms.get_positions()[:, None] - (np.array([s.position for s in hops.sites]) @ atoms.cell), axis=2
    )
    assert apart.min() > 1.5
