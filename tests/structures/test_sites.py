"""Sites known by hand: lattice sites by orbit, holes of close-packed and ionic crystals, surfaces."""

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii
from ase.geometry import get_distances

from potash.errors import BadInput
from potash.structures.adsorption import adsorb
from potash.structures.adsorption import sites as distinct_sites
from potash.structures.phases import names, phase
from potash.structures.sites import WIDE, Site, interstitial_sites, lattice_sites, surface_sites
from potash.structures.supercells import supercell


def counted(sites: tuple[Site, ...]) -> dict[str, int]:
    return {name: sum(site.name == name for site in sites) for name in dict.fromkeys(site.name for site in sites)}


def distances(host: Atoms, sites: tuple[Site, ...]) -> np.ndarray:
    """Of each site to each atom, by the nearest image."""
    places = np.array([site.position for site in sites]) @ host.cell.array
    found: np.ndarray = get_distances(places, host.positions, host.cell, host.pbc)[1]
    return found


def moved(host: Atoms, seed: int) -> Atoms:
    """Turn, shift and shuffle a crystal."""
    random = np.random.default_rng(seed)
    turned = host[random.permutation(len(host))]
    turned.rotate(random.uniform(0, 360), random.normal(size=3), rotate_cell=True)
    turned.positions += random.normal(size=3)
    turned.wrap()
    return turned


def test_lattice_sites_are_the_ions_in_their_order() -> None:
    host = phase("K3Sb-hexagonal")
    sites = lattice_sites(host, "K")
    assert counted(sites) == {"K1": 2, "K2": 4}  # 2b and 4f
    assert [site.orbit for site in sites] == [0, 0, 1, 1, 1, 1]
    assert np.allclose(
        [site.position for site in sites], host.get_scaled_positions(wrap=False)[host.symbols.search("K")]
    )


def test_the_orbits_are_the_crystals_in_a_cell_that_breaks_its_symmetry() -> None:
    assert counted(lattice_sites(supercell(phase("K2Se"), (3, 1, 1)), "K")) == {"K1": 24}
    assert counted(lattice_sites(supercell(phase("K3Sb-cubic"), (2, 1, 1)), "K")) == {"K1": 8, "K2": 16}


def test_the_hole_of_antifluorite_is_the_octahedron() -> None:
    sites = interstitial_sites(phase("K2Se"), "K")
    expected = [[0, 0, 0.5], [0, 0.5, 0], [0.5, 0, 0], [0.5, 0.5, 0.5]]
    assert counted(sites) == {"i1": 4}
    assert np.allclose([site.position for site in sites], expected, atol=1e-6)


def test_the_holes_of_fcc_are_octahedra_and_tetrahedra() -> None:
    sites = interstitial_sites(phase("Cu"), "H")
    assert counted(sites) == {"i1": 4, "i2": 8}
    edge = phase("Cu").cell[0, 0]
    nearest = distances(phase("Cu"), sites).min(axis=1)
    assert nearest == pytest.approx([edge / 2] * 4 + [edge * 3**0.5 / 4] * 8)


def test_the_holes_of_bcc_are_tetrahedra() -> None:
    sites = interstitial_sites(phase("K"), "K")
    assert counted(sites) == {"i1": 12}
    assert distances(phase("K"), sites).min(axis=1) == pytest.approx(phase("K").cell[0, 0] * 5**0.5 / 4)


def test_the_hole_of_simple_cubic_is_its_middle() -> None:
    (site,) = interstitial_sites(Atoms("Po", [[0.3, 0, 0]], cell=[3.35] * 3, pbc=True), "H")
    assert site.position == pytest.approx((0.3 / 3.35 + 0.5, 0.5, 0.5))


@pytest.mark.parametrize("name", ["K2Se", "K3Sb-hexagonal", "graphite", "K3P"])
@pytest.mark.parametrize("seed", range(2))
def test_holes_do_not_depend_on_cell_and_orientation(name: str, seed: int) -> None:
    host = phase(name)
    known = interstitial_sites(host, "K")
    apart = np.sort(distances(host, known).min(axis=1))
    turned = moved(host, seed)
    assert np.allclose(np.sort(distances(turned, interstitial_sites(turned, "K")).min(axis=1)), apart, atol=1e-3)
    double = supercell(host, (2, 1, 1))
    twice = interstitial_sites(double, "K")
    assert counted(twice) == {hole: 2 * count for hole, count in counted(known).items()}
    assert np.allclose(np.sort(distances(double, twice).min(axis=1)), np.repeat(apart, 2), atol=1e-3)


@pytest.mark.parametrize("name", [name for name in names() if len(phase(name)) < 20 and phase(name).pbc.all()])
def test_holes_are_wide_enough_and_apart(name: str) -> None:
    host = phase(name)
    sites = interstitial_sites(host, "Li")
    radii = covalent_radii[host.numbers] + covalent_radii[3]
    assert (distances(host, sites) / radii).min() > WIDE
    places = np.array([site.position for site in sites]) @ host.cell.array
    between = get_distances(places, cell=host.cell, pbc=True)[1] + 9 * np.eye(len(places))
    assert between.min() > 0.4
    # Every step away leads nearer to some atom: a hole is where the distance to the nearest one is greatest.
    steps = np.random.default_rng(0).normal(size=(20, 3))
    for step in 0.5 * steps / np.linalg.norm(steps, axis=1)[:, None]:
        nearer = get_distances(places + step, host.positions, host.cell, True)[1].min(axis=1)
        assert (nearer < distances(host, sites).min(axis=1) + 0.1).all()


@pytest.mark.parametrize("digits", [4, 5])
@pytest.mark.parametrize("name", ["K2Se", "K3Sb-hexagonal"])
def test_coordinates_of_few_digits_make_no_new_holes(name: str, digits: int) -> None:
    written = phase(name)
    written.set_scaled_positions(np.round(written.get_scaled_positions(), digits))
    assert counted(interstitial_sites(written, "K")) == counted(interstitial_sites(phase(name), "K"))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["NiO", "KF"])
def test_rounding_makes_no_holes_in_rock_salt(name: str, seed: int) -> None:
    """The only hole is the cube's middle: eight atoms are as near, so that its vertex may be parted in many ways."""
    host = phase(name)
    host.positions += np.random.default_rng(seed).normal(scale=1e-10, size=(len(host), 3))
    sites = interstitial_sites(host, "Li")
    assert {site.name for site in sites} == {"i1"}
    assert distances(host, sites).min(axis=1) == pytest.approx(
        host.get_volume() ** (1 / 3) / 2 * 3**0.5 / len(host) ** (1 / 3), rel=1e-3
    )


def test_what_has_no_holes() -> None:
    with pytest.raises(BadInput, match="C is not periodic in all three directions"):
        interstitial_sites(phase("graphene"), "K")
    with pytest.raises(BadInput, match="Cu has no empty place that is wide enough for Cs"):
        interstitial_sites(phase("Cu"), "Cs")
    with pytest.raises(BadInput, match="there is no element 'Xx'"):
        interstitial_sites(phase("Cu"), "Xx")
    with pytest.raises(BadInput, match="the host K2Se has no ion Li"):
        lattice_sites(phase("K2Se"), "Li")


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 2, 1)])
def test_sites_on_graphene(size: tuple[int, int, int]) -> None:
    layer = supercell(phase("graphene"), size)
    sites = surface_sites(layer, "K")
    cells = int(np.prod(size))
    assert counted(sites) == {"top": 2 * cells, "bridge": 3 * cells, "hollow": cells}
    reach = covalent_radii[19] + covalent_radii[6]
    assert distances(layer, sites).min(axis=1) == pytest.approx(reach, abs=1e-6)


def test_an_adatom_is_where_adsorb_puts_it() -> None:
    layer = phase("antimonene")
    sites = surface_sites(layer, "K")
    for kind in distinct_sites(layer):
        put = adsorb(layer, kind.position, "K").positions[-1]
        ours = np.array([site.position for site in sites if site.name == kind.name]) @ layer.cell.array
        assert get_distances([put], ours, layer.cell, layer.pbc)[1].min() < 1e-4
    assert counted(sites) == {"top": 1, "bridge": 3, "hollow-1": 1, "hollow-2": 1}  # two hollows: the layer is buckled


def test_crystals_have_no_surface() -> None:
    with pytest.raises(BadInput, match="K2Se is no layer"):
        surface_sites(phase("K2Se"), "K")
