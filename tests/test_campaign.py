"""Campaign files: what they may say, and one sentence for whatever they may not."""

import importlib.util
import re
from pathlib import Path

import pytest
from ase.io import write

from potash.campaign import Campaign, load
from potash.errors import BadInput, near
from potash.structures.phases import phase
from potash.studies.common import File
from potash.studies.crystals import BulkStudy
from potash.studies.hopping import BarrierStudy
from potash.workflows.build import benches, build
from tests.cif import CIF

HEAD = "campaign: t\nengine: emt\nstudies:\n"
BULK = "  - {kind: bulk, phase: Cu}\n"

#: What pydantic, YAML and Python say of themselves, and no user understands.
JARGON = re.compile(
    r"input should|valid (string|dictionary|integer|tuple|number)|validation|pydantic|NoneType|Traceback|\bTrue\b|\bNone\b"
    r"|literal|tuple|discriminator|constructor|<class|stream end>'\)|\n"
)


def study(text: str, *, engine: str = "emt") -> str:
    """A campaign of one study, its keys on lines 4 and after."""
    return f"campaign: t\nengine: {engine}\nstudies:\n  - " + text.replace("\n", "\n    ")


BAD: dict[str, tuple[str, int, str]] = {
    # what: (the file, the line that must be named, what must be said)
    "unknown phase": (study("kind: bulk\nphase: K3Sb"), 5, "unknown phase 'K3Sb' (did you mean K3Sb-cubic or K3Sb-hexagonal?)"),
    "unknown phase in a list": (study("kind: bulk\nphase: [Cu, Aluminum]"), 5, "unknown phase 'Aluminum'"),
    "unknown kind": (study("kind: barier\nhost: Cu"), 4, "unknown kind 'barier' (did you mean barrier?)"),
    "a kind that is a number": (study("kind: 3"), 4, "unknown kind '3' (known: adsorption, amorphous, barrier"),
    "no kind": (study("phase: Cu"), 4, "a study needs the key 'kind' (known: bulk"),
    "misspelt key": (study("kind: bulk\nphase: Cu\npionts: 7"), 6, "unknown key 'pionts' (did you mean points?)"),
    "misspelt key and one that is missed": (study("kind: bulk\nphse: Cu"), 5, "unknown key 'phse' (did you mean phase?)"),
    "misspelt key above": ("campain: t\nstudies:\n" + BULK, 1, "unknown key 'campain' (did you mean campaign?)"),
    "a key that potash keeps for itself": ("campaign: t\npath: x\nstudies:\n" + BULK, 2, "unknown key 'path'"),
    "a key that is no text": ("campaign: t\n3: x\nstudies:\n" + BULK, 2, "unknown key '3'"),
    "a key that is no text in a study": (study("kind: bulk\nphase: Cu\n3: x"), 6, "unknown key '3'"),
    "a key that is a list": ("campaign: t\n[1, 2]: x\nstudies:\n" + BULK, 2, "a key must be a word"),
    "duplicate keys": ("campaign: t\nengine: emt\nengine: gpaw\nstudies:\n" + BULK, 3, "'engine' stands twice (first on line 2)"),
    "duplicate keys on one line": (study("{kind: bulk, phase: Cu, phase: Al}"), 4, "the key 'phase' stands twice"),
    "duplicate keys deep down": (study("kind: bulk\nphase: Cu\nsettings:\n  a: 1\n  a: 2"), 8, "the key 'a' stands twice"),
    "not YAML": ("campaign: t\nstudies: [\n", 3, "not YAML"),
    "a tab": ("campaign: t\n\tstudies: 3\n", 2, "a tab stands where spaces are needed"),
    "two documents": (HEAD + BULK + "---\nmore\n", 5, "a second YAML document begins here"),
    "an alias to nothing": ("campaign: t\nstudies: *b\n", 2, "not YAML: found undefined alias 'b'"),
    "a list": ("- a\n- b\n", 1, "a campaign file is a mapping with the keys campaign and studies, not a list"),
    "a text": ("hello\n", 1, "not a text"),
    "a number": ("3\n", 1, "not a number"),
    "missing studies": ("campaign: t\n", 1, "a campaign file needs the key 'studies'"),
    "missing campaign": ("studies:\n" + BULK, 1, "a campaign file needs the key 'campaign'"),
    "missing phase": (study("kind: bulk"), 4, "a study of kind bulk needs the key 'phase'"),
    "studies that are nothing": ("campaign: t\nstudies:\n", 2, "studies must be a list of at least one study, not nothing"),
    "studies that are none": ("campaign: t\nstudies: []\n", 2, "studies must be a list of at least one study, not []"),
    "studies that are a mapping": ("campaign: t\nstudies: {kind: bulk}\n", 2, "studies must be a list of at least one study, not {kind: bulk}"),
    "a study that is a text": ("campaign: t\nstudies:\n  - bulk\n", 3, "a study must be a mapping with the key 'kind', not bulk"),
    "a study that is a list": ("campaign: t\nstudies:\n  - [kind, bulk]\n", 3, "a study must be a mapping with the key 'kind', not [kind, bulk]"),
    "studies within themselves": ("campaign: t\nstudies: &s\n  - *s\n", 2, "an alias stands within what it stands for"),
    "a list for a mapping": ("campaign: t\nsettings: [1, 2]\nstudies:\n" + BULK, 2, "settings must be a mapping of the engine's settings, as {spacing: 0.2}, not [1, 2]"),
    "a name that is a number": ("campaign: 3\nstudies:\n" + BULK, 1, "campaign must be a name"),
    "an empty name": ("campaign: ''\nstudies:\n" + BULK, 1, "campaign must be a name"),
    "points: many": (study("kind: bulk\nphase: Cu\npoints: many"), 6, "points must be a whole number from 5 to 13, not many"),
    "points: 4": (study("kind: bulk\nphase: Cu\npoints: 4"), 6, "points must be a whole number from 5 to 13, not 4"),
    "points: 7.5": (study("kind: bulk\nphase: Cu\npoints: 7.5"), 6, "points must be a whole number from 5 to 13, not 7.5"),
    "points: yes": (study("kind: bulk\nphase: Cu\npoints: yes"), 6, "points must be a whole number from 5 to 13, not yes"),
    "points: a list": (study("kind: bulk\nphase: Cu\npoints: [5, 7]"), 6, "points must be a whole number from 5 to 13, not [5, 7]"),
    "a phase that is a number": (study("kind: bulk\nphase: 7"), 5, "phase must be the name of a phase, {file: my.cif}, or a list of these, not 7"),
    "a phase that YAML reads as no": (study("kind: bulk\nphase: No"), 5, "not No"),
    "no phases at all": (study("kind: bulk\nphase: []"), 5, "phase must be the name of a phase"),
    "a misspelt file": (study("kind: bulk\nphase: {fle: a.cif}"), 5, "{file: my.cif}, or a list of these, not {fle: a.cif}"),
    "a missing file": (study("kind: bulk\nphase: {file: gone.cif}"), 4, "no structure file at"),
    "overlapping atoms": (study("kind: bulk\nphase: {file: near.cif}"), 4, "near.cif has overlapping atoms: Cu (atom 1) and Cu (atom 2) are 0.40 Å apart"),
    "partial occupancies": (study("kind: bulk\nphase: {file: half.cif}"), 4, "half.cif has partial occupancies (Cu 0.5 on one site)"),
    "one polymorph": (study("kind: polymorphs\nphases: [Sb]"), 5, "phases must be a list of at least two phases, not [Sb]"),
    "one polymorph twice": (study("kind: polymorphs\nphases: [Cu, cu]"), 4, "two of the phases have one name (Cu, Cu)"),
    "polymorphs of two compositions": (study("kind: polymorphs\nphases: [Cu, Al]"), 4, "polymorphs have one composition; these have Cu: Cu, Al: Al"),
    "an ion that the host lacks": (study("kind: barrier\nhost: Cu\nion: K"), 4, "the host Cu has no ion K that could hop"),
    "an ion that is a list": (study("kind: barrier\nhost: Cu\nion: [K, Se]"), 6, "ion must be the symbol of an element, not [K, Se]"),
    "a hop that is not there": (study("kind: barrier\nhost: Cu\nion: Cu\nhop: 99"), 4, "there are 4 distinct vacancy hops of Cu in Cu up to 6 Å, no hop 99"),
    "a supercell in words": (study("kind: barrier\nhost: Cu\nion: Cu\nsupercell: big"), 7, "supercell must be conventional, three whole numbers of at least 1 as [2, 2, 2] (two for a surface), three rows of three whole numbers, or a least length in Å, not big"),
    "a supercell of nothing": (study("kind: barrier\nhost: Cu\nion: Cu\nsupercell: [2, 2, 0]"), 7, "supercell must be conventional"),
    "a negative length": (study("kind: barrier\nhost: Cu\nion: Cu\nsupercell: -3"), 7, "not -3"),
    "a charge in words": (study("kind: barrier\nhost: Cu\nion: Cu\ncharge: minus"), 7, "charge must be a number, in units of e, not minus"),
    "a charge that is yes": (study("kind: barrier\nhost: Cu\nion: Cu\ncharge: yes"), 7, "charge must be a number, in units of e, not yes"),
    "a charge that is no number": (study("kind: barrier\nhost: Cu\nion: Cu\ncharge: .nan"), 7, "charge must be a number, in units of e, not .nan"),
    "an endless cutoff": (study("kind: barrier\nhost: Cu\nion: Cu\ncutoff: .inf"), 7, "cutoff must be a number greater than 0, in Å, not .inf"),
    "a mechanism": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: jump"), 7, "mechanism must be vacancy"),
    "neither host nor ends": (study("kind: barrier\nion: Cu"), 4, "needs the key 'host' (a phase) or the key 'ends' (two structures), not both"),
    "host and ends": (study("kind: barrier\nion: Cu\nhost: Cu\nends: [{file: a.xyz}, {file: b.xyz}]"), 4, "not both"),
    "one end": (study("kind: barrier\nion: Cu\nends: [{file: a.xyz}]"), 6, "ends must be two structures, as [{file: before.xyz}, {file: after.xyz}]"),
    "two ions between two structures": (study("kind: barrier\nion: Cu\nends: [{file: a.xyz}, {file: b.xyz}]\nmechanism: interstitialcy"), 4, "mechanism: between the two structures in 'ends' one ion hops"),
    "a hop between two structures": (study("kind: barrier\nion: Cu\nends: [{file: a.xyz}, {file: b.xyz}]\nhop: 2"), 4, "hop: the two structures in 'ends' say it already"),
    "a facet of a vacancy": (study("kind: barrier\nhost: Cu\nion: Cu\nfacet: [1, 1, 1]"), 4, "facet: a vacancy hops in a crystal; a facet is for the mechanism adatom"),
    "a charged adatom": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: adatom\nfacet: [1, 1, 1]\ncharge: 1"), 4, "a surface between vacuum cannot be charged"),
    "k-points across the vacuum": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: adatom\nfacet: [1, 1, 1]\nkpoints: [2, 2, 2]"), 4, "kpoints: across the vacuum of a surface one is enough, as [2, 2, 1]"),
    "an adatom without a facet": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: adatom"), 4, "Cu is a crystal: name its facet, [1, 1, 1] say"),
    "a surface in three directions": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: adatom\nfacet: [1, 1, 1]\nsupercell: [3, 3, 3]"), 4, "the supercell of a surface needs two whole numbers, as [3, 3], not [3, 3, 3]"),
    "a crystal in two directions": (study("kind: barrier\nhost: Cu\nion: Cu\nsupercell: [2, 2]"), 4, "the supercell of a crystal needs three whole numbers, as [2, 2, 2], not [2, 2]"),
    "a site that is not there": (study("kind: barrier\nhost: Cu\nion: Cu\nmechanism: adatom\nfacet: [1, 1, 1]\nsupercell: [3, 3]\nsites: [holow]"), 4, "there is no site 'holow' (did you mean hollow"),
    "too small a cell": (study("kind: barrier\nhost: Cu\nion: Cu\nhop: 2"), 4, "the cell is too small for hop 2 (3.61 Å): a shorter way leads to an image of its end; a supercell of [2, 1, 1] would do"),
    "too small a cell for two": (study("kind: barrier\nmechanism: interstitialcy\nhost: Cu\nion: Cu\nhop: 2"), 4, "the cell is too small for hop 2 (3.00 Å)"),
    "a network in too small a cell": (study("kind: network\nhost: Cu\nion: Cu"), 4, "the cell is too small for hop 2"),
    "no hop so short": (study("kind: barrier\nhost: Cu\nion: Cu\ncutoff: 2"), 4, "Cu has no vacancy hop of Cu within 2 Å; give a longer cutoff"),
    "another band": (study("kind: barrier\nhost: Cu\nion: Cu\nband: neb"), 7, "band must be surrogate or plain, not neb"),
    "a prior": (study("kind: barrier\nhost: Cu\nion: Cu\nprior: gpaw"), 7, "prior must be chgnet or emt, or left out, not gpaw"),
    "a shell of nothing": (study("kind: barrier\nhost: Cu\nion: Cu\nshell: 0"), 7, "shell must be ion, neighbours, cell or a radius in Å, or left out, not 0"),
    "a network without a host": (study("kind: network\nion: Cu"), 4, "a network study needs the key 'host'"),
    "a network at nothing": (study("kind: network\nhost: Cu\nion: Cu\ntemperature: 0"), 7, "temperature must be a number greater than 0, in K, not 0"),
    "one hop of a network": (study("kind: network\nhost: Cu\nion: Cu\nhop: 2"), 7, "unknown key 'hop'"),
    "facet (0, 0, 0)": (study("kind: adsorption\nphase: Cu\nion: Al\nfacets: [[1, 1, 1], [0, 0, 0]]"), 4, "(0, 0, 0) is no plane; at least one Miller index must differ from 0"),
    "a facet of two indices": (study("kind: adsorption\nphase: Cu\nion: Al\nfacets:\n  - [1, 1, 1]\n  - [1, 1]"), 9, "three whole numbers each, as [[1, 1, 1], [1, 0, 0]], not [1, 1]"),
    "a facet without its list": (study("kind: adsorption\nphase: Cu\nion: Al\nfacets: [1, 1, 1]"), 7, "facets must be a list of facets"),
    "a site": (study("kind: adsorption\nphase: Cu\nion: Al\nsites: [atop]"), 7, "sites must be a list of top, bridge and hollow, or of some of them, not atop"),
    "a crystal without facets": (study("kind: adsorption\nphase: Cu\nion: Al"), 4, "Cu is a crystal: name its facet, [1, 1, 1] say"),
    "a polar facet": (study("kind: adsorption\nphase: K2Se\nion: K\nfacets: [[1, 0, 0]]", engine="gpaw"), 4, "every termination of K2Se (1 0 0) is polar; name the one that you mean (it has: K, Se, K-half, Se-half)"),
    "no such termination": (study("kind: adsorption\nphase: K2Se\nion: K\nfacets: [[1, 1, 1]]\ntermination: K-3", engine="gpaw"), 4, "K2Se (1 1 1) has no termination 'K-3'"),
    "no element": (study("kind: adsorption\nphase: graphene\nion: Kx", engine="gpaw"), 4, "'Kx' is no element"),
    "unknown molecule": (study("kind: orbitals\nmolecules: [ECC]", engine="gpaw"), 4, "unknown molecule 'ECC' (did you mean EC"),
    "a difference of one": (study("kind: orbitals\nmolecules: [EC]\ndifference: [EC]", engine="gpaw"), 6, "difference must be two molecules' names"),
    "a difference with another": (study("kind: orbitals\nmolecules: [EC]\ndifference: [EC, PC]", engine="gpaw"), 4, "the difference names PC, which is not among the study's molecules"),
    "another element": (study("kind: capacity\nhost: Sb\nproduct: K2Se\nion: K", engine="gpaw"), 4, "K2Se is not Sb with more K"),
    "a capacity backwards": (study("kind: capacity\nhost: K3Sb-cubic\nproduct: Sb\nion: K", engine="gpaw"), 4, "Sb is not K3Sb-cubic with more K"),
    "unknown engine": ("campaign: t\nengine: vasp\nstudies:\n" + BULK, 2, "unknown engine 'vasp' (known: chgnet, emt, espresso, gpaw, openmm, pyscf, tblite)"),
    "unknown engine of a study": (study("kind: bulk\nphase: Cu\nengine: gpau"), 6, "unknown engine 'gpau' (did you mean gpaw"),
    "protocol": ("campaign: t\nprotocol: quick\nstudies:\n" + BULK, 2, "protocol must be fast, standard or strict, not quick"),
    "negative spacing": (study("kind: bulk\nphase: Cu\nsettings:\n  spacing: -0.2", engine="gpaw"), 7, "the setting 'spacing' must be greater than 0, not -0.2"),
    "negative spacing above": ("campaign: t\nsettings:\n  spacing: -0.2\nstudies:\n" + BULK, 3, "the setting 'spacing' must be greater than 0, not -0.2"),
    "spacing in words": ("campaign: t\nsettings: {spacing: wide}\nstudies:\n" + BULK, 2, "the setting 'spacing' must be a number"),
    "spacing that is no number": ("campaign: t\nsettings: {spacing: .nan}\nstudies:\n" + BULK, 2, "the setting 'spacing' must be a number"),
    "misspelt setting": ("campaign: t\nsettings: {spacin: 0.2}\nstudies:\n" + BULK, 2, "unknown setting 'spacin' of the engine gpaw (did you mean spacing"),
    "an id with blanks": (study("kind: bulk\nphase: Cu\nid: a b"), 6, "id must be letters, digits, dots, dashes and underscores, no dot or dash first, not a b"),
    "an id that leads elsewhere": (study("kind: bulk\nphase: Cu\nid: ../x"), 6, "id must be letters"),
    "unknown published value": (study("kind: bulk\nphase: Cu\npublished: [Z99]"), 6, "Z99"),
    "published as a text": (study("kind: bulk\nphase: Cu\npublished: A007"), 6, "published must be a list of ids of published values, as [A007], not A007"),
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "t.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "near.cif").write_text(CIF + "Cu1 Cu 0 0 0 1\nCu2 Cu 0.1 0 0 1\n")
    (folder / "half.cif").write_text(CIF + "Cu1 Cu 0 0 0 0.5\nCu2 Cu 0.5 0 0 1\n")
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        build(load(path))
    sentence = str(caught.value)
    assert sentence.count(str(path)) == 1
    assert not JARGON.search(sentence), sentence
    return sentence


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_sentence_with_file_line_and_key(what: str, tmp_path: Path) -> None:
    text, line, says = BAD[what]
    path = written(tmp_path, text)
    sentence = refused(path)
    assert sentence.startswith(f"{path}:{line}: "), sentence
    assert says in sentence


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "---\n", "null\n"])
def test_an_empty_file(text: str, tmp_path: Path) -> None:
    assert "is empty; a campaign file has at least the keys campaign and studies" in refused(written(tmp_path, text))


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch {}']",
        "!!python/object/new:os.system ['touch {}']",
        "!!python/object/apply:subprocess.check_output [['touch', '{}']]",
        "!!python/name:os.system",
        "!!python/module:antigravity",
        "!own x",
    ],
)
@pytest.mark.parametrize("key", ["campaign", "engine", "studies", "settings"])
def test_tags_that_build_objects_are_refused_and_do_nothing(value: str, key: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = written(tmp_path, f"first: 1\n{key}: {value.format(trace)}\n")
    sentence = refused(path)
    assert sentence.startswith(f"{path}:2: the tag {value.split()[0].split('[')[0]} asks to build an object")
    assert not trace.exists()


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"campaign: caf\xe9\n")
    assert "is no text in UTF-8" in refused(path)


def test_a_file_of_zeros(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"campaign: t\0\n")
    assert "is no text" in refused(path)


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    assert refused(tmp_path).endswith("is a folder; give the campaign file in it")
    assert refused(tmp_path / "gone.yaml").startswith("no campaign file at ")


def test_nested_without_end(tmp_path: Path) -> None:
    assert "nested too deeply" in refused(written(tmp_path, "campaign: " + "[" * 5000))


def test_aliases_that_multiply_are_read_in_no_time(tmp_path: Path) -> None:
    layers = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "its aliases written out, has endlessly many values; at most 2000000 are taken" in refused(
        written(tmp_path, "\n".join(layers))
    )


@pytest.mark.skipif(importlib.util.find_spec("chgnet") is not None, reason="chgnet is installed")
def test_an_engine_that_is_not_installed_comes_with_the_line_that_installs_it(tmp_path: Path) -> None:
    path = written(tmp_path, study("kind: bulk\nphase: Cu\nengine: chgnet"))
    sentence = refused(path)
    assert sentence.startswith(f"{path}:6: ")
    assert "chgnet is not installed" in sentence
    assert "pip install" in sentence
    path = written(tmp_path, study("kind: barrier\nhost: Cu\nion: Cu\nprior: chgnet"))
    assert refused(path).startswith(f"{path}:7: the engine chgnet is not installed: pip install")


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    path = written(tmp_path, study(f"kind: bulk\nphase: Cu\npoints: {'x' * 500}"))
    assert len(refused(path)) < len(str(path)) + 150


def good(folder: Path, text: str) -> Campaign:
    return load(written(folder, text))


def test_what_is_given_and_what_is_left_out(tmp_path: Path) -> None:
    campaign = good(
        tmp_path, HEAD + "  - {kind: bulk, phase: Cu, points: 9}\n  - {kind: barrier, host: {file: a.cif}, ion: Cu}\n"
    )
    bulk, barrier = campaign.studies
    assert isinstance(bulk, BulkStudy)
    assert isinstance(barrier, BarrierStudy)
    assert (bulk.phase, bulk.points, bulk.strain) == ("Cu", 9, None)
    assert barrier.host == File(file="a.cif")
    assert (barrier.supercell, barrier.images, barrier.charge) == ("conventional", 7, 0.0)
    assert (campaign.engine, campaign.protocol) == ("emt", "fast")
    assert campaign.lines == (4, 5)
    assert campaign.folder == tmp_path


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("[2, 1, 3]", (2, 1, 3)),
        ("[3, 2]", (3, 2)),
        ("[[1, 1, 0], [-1, 1, 0], [0, 0, 2]]", ((1, 1, 0), (-1, 1, 0), (0, 0, 2))),
        ("12", 12.0),
        ("12.5", 12.5),
        ("conventional", "conventional"),
    ],
)
def test_supercells(given: str, read: object, tmp_path: Path) -> None:
    (study_read,) = good(tmp_path, study(f"kind: barrier\nhost: Cu\nion: Cu\nsupercell: {given}")).studies
    assert isinstance(study_read, BarrierStudy)
    assert study_read.supercell == read


def test_lists_fan_out_and_ids_are_unique(tmp_path: Path) -> None:
    text = (
        HEAD
        + "  - {kind: bulk, phase: [Cu, Al]}\n"
        + "  - {kind: bulk, phase: Cu}\n"
        + "  - {kind: bulk, phase: [Cu, Al], id: mine}\n"
        + "  - {kind: adsorption, phase: Cu, ion: Al, facets: [[1, 1, 1], [1, 0, 0]], id: here}\n"
        + "  - {kind: network, host: [Cu, {file: al.xyz}], ion: Cu, cutoff: 3}\n"
    )
    write(tmp_path / "al.xyz", phase("Cu"))
    names = [bench.name for bench in benches(good(tmp_path, text))]
    assert names == [
        "bulk-Cu",
        "bulk-Al",
        "bulk-Cu-2",
        "mine-Cu",
        "mine-Al",
        "here-111",
        "here-100",
        "network-Cu-Cu",
        "network-al-Cu",
    ]
    assert list(build(good(tmp_path, text))) == names


def test_the_nearer_word_wins(tmp_path: Path) -> None:
    text = (
        "campaign: t\nengine: gpaw\nprotocol: strict\nsettings: {spacing: 0.2, cutoff: 300}\nstudies:\n"
        "  - {kind: bulk, phase: Cu}\n"
        "  - {kind: bulk, phase: Cu, protocol: fast, settings: {cutoff: 500}}\n"
        "  - {kind: bulk, phase: Cu, engine: emt}\n"
    )
    first, second, third = benches(good(tmp_path, text))
    assert (first.protocol, first.settings) == ("strict", {"spacing": 0.2, "cutoff": 300})
    assert (second.protocol, second.settings) == ("fast", {"spacing": 0.2, "cutoff": 500})
    assert (third.engine, third.settings) == ("emt", {})  # another engine's settings say nothing to it


def test_users_files_are_found_beside_the_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    write(folder / "own.cif", phase("Cu"))
    monkeypatch.chdir(tmp_path)
    assert list(build(good(folder, study("kind: bulk\nphase: {file: own.cif}")))) == ["bulk-own"]


def test_anchors_and_merges_serve(tmp_path: Path) -> None:
    campaign = good(tmp_path, HEAD + "  - &x {kind: bulk, phase: Cu, points: 9}\n  - {<<: *x, phase: Al}\n")
    assert [(study.phase, study.points) for study in campaign.studies] == [("Cu", 9), ("Al", 9)]


def test_near_words() -> None:
    known = ["K3Sb-cubic", "K3Sb-hexagonal", "KSb2", "Sb"]
    assert near("K3Sb", known) == " (did you mean K3Sb-cubic or K3Sb-hexagonal?)"
    assert near("ksb", known).startswith(" (did you mean KSb2")
    assert near("zzz", known) == " (known: K3Sb-cubic, K3Sb-hexagonal, KSb2, Sb)"
    assert near("zzz", []) == ""
    assert near("", known).startswith(" (known:")
