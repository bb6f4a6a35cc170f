"""What a campaign file may say; every error names its file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from potash.errors import BadInput, near
from potash.reading import Page, read


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # YAML reads yes and no as truth values, pydantic those as 1 and 0
        raise ValueError("yes and no are no numbers")
    return value


Protocol = Literal["fast", "standard", "strict"]
Whole = Annotated[int, BeforeValidator(_number)]
Real = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_number)]
Positive = Annotated[Real, Field(gt=0)]
Natural = Annotated[Whole, Field(ge=1)]
Divisions = tuple[Natural, Natural, Natural]
Row = tuple[Whole, Whole, Whole]
Matrix = tuple[Row, Row, Row]


class _Model(BaseModel):
    """The description of a field says what it must be, in the words of an error: 'KEY must be …'."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Model):
    """A structure of the user's: CIF, POSCAR, extended XYZ or pymatgen JSON."""

    file: str


PhaseName = str | File
#: One phase, or a list that makes one study an entry.
Phases = Annotated[
    PhaseName | Annotated[tuple[PhaseName, ...], Field(min_length=1)],
    Field(description="the name of a phase, {file: my.cif}, or a list of these"),
]
Ion = Annotated[str, Field(min_length=1, description="the symbol of an element")]
KPoints = Annotated[Divisions | None, Field(description="three whole numbers of at least 1, as [2, 2, 2], or left out")]


class _Study(_Model):
    """What every study may say."""

    id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]+$", description="letters, digits, dots, dashes and underscores"
    )
    engine: str | None = Field(default=None, description="the name of an engine")
    protocol: Protocol | None = Field(default=None, description="fast, standard or strict")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="a mapping of the engine's settings, as {spacing: 0.2}"
    )
    published: tuple[str, ...] = Field(default=(), description="a list of ids of published values, as [A007]")


class BulkStudy(_Study):
    """Relaxed cell and equation of state of a crystal."""

    kind: Literal["bulk"]
    phase: Phases
    points: Annotated[Whole | None, Field(ge=5, le=13, description="a whole number from 5 to 13")] = None
    strain: Annotated[Real | None, Field(gt=0, le=0.05, description="a number greater than 0, at most 0.05")] = None


class PolymorphsStudy(_Study):
    """Energy differences of phases with one composition."""

    kind: Literal["polymorphs"]
    phases: Annotated[tuple[PhaseName, ...], Field(min_length=2, description="a list of at least two phases")]


Facet = Annotated[
    tuple[Whole, Whole, Whole] | None, Field(description="three whole numbers, as [1, 1, 0], or left out")
]
Layers = Annotated[Whole, Field(ge=1, le=20, description="a whole number from 1 to 20")]
Thickness = Annotated[Positive | None, Field(description="a number greater than 0, in Å, or left out")]
TerminationName = Annotated[
    str | None,
    Field(min_length=1, description="the name of a termination, as potash structure --terminations lists them"),
]
Substrate = Annotated[Literal["relaxed", "frozen"], Field(description="relaxed or frozen")]


class _Slabs(_Study):
    """What studies on slabs have in common."""

    layers: Layers = 4
    thickness: Thickness = None
    termination: TerminationName = None
    substrate: Substrate = "relaxed"

    @model_validator(mode="after")
    def _one_thickness(self) -> _Slabs:
        if self.thickness is not None and "layers" in self.model_fields_set:
            raise ValueError("thickness: 'layers' says it already; give one of the two")
        return self


class _Hopping(_Slabs):
    """What studies of hops have in common."""

    host: Annotated[
        PhaseName | Annotated[tuple[PhaseName, ...], Field(min_length=1)] | None,
        Field(description="the name of a phase, {file: my.cif}, or a list of these"),
    ] = None
    ion: Ion
    mechanism: Annotated[
        Literal["vacancy", "interstitial", "interstitialcy", "adatom"],
        Field(description="vacancy, interstitial, interstitialcy or adatom"),
    ] = "vacancy"
    facet: Facet = None
    sites: Annotated[
        tuple[str, ...],
        Field(
            description="a list of names of sites, as [hollow] or [bridge-2]; potash plan names those that it relaxes"
        ),
    ] = ()
    supercell: Annotated[
        Literal["conventional"] | tuple[Natural, Natural] | Divisions | Matrix | Positive,
        Field(
            description="conventional, three whole numbers of at least 1 as [2, 2, 2] (two for a surface), "
            "three rows of three whole numbers, or a least length in Å"
        ),
    ] = "conventional"
    cutoff: Annotated[Positive, Field(description="a number greater than 0, in Å")] = 6.0
    images: Annotated[Whole, Field(ge=1, le=15, description="a whole number from 1 to 15")] = 7
    band: Annotated[Literal["surrogate", "plain"], Field(description="surrogate or plain")] = "surrogate"
    prior: Annotated[Literal["chgnet", "emt"] | None, Field(description="chgnet or emt, or left out")] = None
    shell: Annotated[
        Literal["ion", "neighbours", "cell"] | Positive | None,
        Field(description="ion, neighbours, cell or a radius in Å, or left out"),
    ] = None
    sensitivities: Annotated[bool | None, Field(description="true or false, or left out")] = None
    charge: Annotated[Real, Field(description="a number, in units of e")] = 0.0
    kpoints: KPoints = None

    @model_validator(mode="after")
    def _surface(self) -> _Hopping:
        if self.facet == (0, 0, 0):
            raise ValueError("facet: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.termination and not self.facet:
            raise ValueError(f"termination: '{self.termination}' is one of a facet; name the facet, as [1, 1, 1]")
        if self.facet and self.mechanism != "adatom":
            raise ValueError(f"facet: a {self.mechanism} hops in a crystal; a facet is for the mechanism adatom")
        if self.mechanism == "adatom" and self.charge:
            raise ValueError("charge: a surface between vacuum cannot be charged against a uniform background")
        if self.mechanism == "adatom" and self.kpoints and self.kpoints[2] != 1:
            raise ValueError("kpoints: across the vacuum of a surface one is enough, as [2, 2, 1]")
        return self


class BarrierStudy(_Hopping):
    """Migration barrier of one hop of an ion, in a crystal or on a surface."""

    kind: Literal["barrier"]
    hop: Annotated[Natural, Field(description="a whole number of at least 1 (1 is the shortest hop)")] = 1
    ends: Annotated[
        tuple[File, File] | None,
        Field(description="two structures, as [{file: before.xyz}, {file: after.xyz}], or left out"),
    ] = None

    @model_validator(mode="after")
    def _from(self) -> BarrierStudy:
        if (self.host is None) == (self.ends is None):
            raise ValueError(
                "a barrier study needs the key 'host' (a phase) or the key 'ends' (two structures), not both"
            )
        if self.ends is not None:
            said = ("hop", "supercell", "facet", "layers", "thickness", "termination", "substrate", "sites", "cutoff")
            for key in said:
                if key in self.model_fields_set:
                    raise ValueError(f"{key}: the two structures in 'ends' say it already; leave it out")
        return self


class NetworkStudy(_Hopping):
    """All distinct hops of an ion in a host: where they lead at which barrier, and how fast."""

    kind: Literal["network"]
    temperature: Annotated[Positive, Field(description="a number greater than 0, in K")] = 300.0

    @model_validator(mode="after")
    def _in(self) -> NetworkStudy:
        if self.host is None:
            raise ValueError("a network study needs the key 'host'")
        return self


Cells = tuple[Natural, Natural]


class SiteSearch(_Model):
    """A cheaper engine that tries everything first, and how much of it the study's own engine sees."""

    engine: str
    keep: Annotated[Whole, Field(ge=1, le=20)] = 2


class AdsorptionStudy(_Slabs):
    """Adsorption of an atom on a layer or a facet."""

    kind: Literal["adsorption"]
    phase: Phases
    ion: Ion
    facets: Annotated[
        tuple[tuple[Whole, Whole, Whole], ...],
        Field(description="a list of facets of three whole numbers each, as [[1, 1, 1], [1, 0, 0]]"),
    ] = ()
    supercell: Annotated[
        Cells | Annotated[tuple[Cells, ...], Field(min_length=2)],
        Field(description="two whole numbers of at least 1, as [3, 3], or a list of at least two such pairs"),
    ] = (3, 3)
    sites: Annotated[
        tuple[Literal["top", "bridge", "hollow"], ...],
        Field(min_length=1, description="a list of top, bridge and hollow, or of some of them"),
    ] = ("hollow", "bridge", "top")
    search: Annotated[
        SiteSearch | None,
        Field(
            description="a mapping of engine (a cheaper one) and keep (1 to 20), as {engine: chgnet, keep: 2}, or left out"
        ),
    ] = None
    kpoints: KPoints = None
    charges: Annotated[bool, Field(description="true or false")] = True

    @model_validator(mode="after")
    def _facets(self) -> AdsorptionStudy:
        if (0, 0, 0) in self.facets:
            raise ValueError("facets: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.termination and not self.facets:
            raise ValueError(f"termination: '{self.termination}' is one of a facet; name the facet, as [[1, 1, 1]]")
        return self

    @model_validator(mode="after")
    def _series(self) -> AdsorptionStudy:
        several = [size for size in self.supercell if isinstance(size, tuple)]
        if len(set(several)) < len(several):
            raise ValueError("supercell: one of the list stands in it twice")
        if several and self.kpoints:
            raise ValueError("kpoints: one grid is not as dense in all supercells; leave it out, or set 'spacing'")
        return self


class SurfaceStudy(_Study):
    """Surface energies of a crystal's facets, and its equilibrium shape."""

    kind: Literal["surface"]
    phase: Phases
    facets: Annotated[
        tuple[tuple[Whole, Whole, Whole], ...],
        Field(description="a list of facets of three whole numbers each, as [[1, 1, 1], [1, 0, 0]]"),
    ] = ()
    max_index: Annotated[Whole, Field(ge=1, le=3, description="a whole number from 1 to 3")] = 1
    terminations: Annotated[Literal["first", "all"], Field(description="first or all")] = "first"
    thicknesses: Annotated[
        tuple[Natural, ...] | None,
        Field(min_length=3, description="a list of at least three whole numbers, as [3, 5, 7], or left out"),
    ] = None
    cut_molecules: Annotated[bool, Field(description="true or false")] = False

    @model_validator(mode="after")
    def _which(self) -> SurfaceStudy:
        if (0, 0, 0) in self.facets:
            raise ValueError("facets: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        if self.facets and "max_index" in self.model_fields_set:
            raise ValueError("max_index: 'facets' says already which; give one of the two")
        if self.thicknesses and len(set(self.thicknesses)) < len(self.thicknesses):
            raise ValueError(f"thicknesses: {list(self.thicknesses)} has one of them twice; a line needs three")
        return self


class OrbitalsStudy(_Study):
    """HOMO and LUMO of molecules, the vacuum level as zero."""

    kind: Literal["orbitals"]
    molecules: Annotated[tuple[str, ...], Field(min_length=1, description="a list of molecules' names, as [EC, PC]")]
    geometry: Annotated[Literal["relaxed", "given"], Field(description="relaxed or given")] = "relaxed"
    difference: Annotated[tuple[str, str] | None, Field(description="two molecules' names, as [FEC, PC]")] = None


class CapacityStudy(_Study):
    """Theoretical capacity and volume change of a host on full uptake of an ion."""

    kind: Literal["capacity"]
    host: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    product: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    ion: Ion


class PhononsStudy(_Study):
    """Vibrations of a crystal, and whether it is a minimum."""

    kind: Literal["phonons"]
    phase: Phases
    supercell: Annotated[
        Divisions | Matrix | Positive,
        Field(
            description="three whole numbers of at least 1 as [2, 2, 2], three rows of three whole numbers, "
            "or a least length in Å"
        ),
    ] = (2, 2, 2)
    path: Annotated[
        tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] | None,
        Field(min_length=1, description="a list of pieces of at least two points each, as [[G, X, W], [K, G]]"),
    ] = None


class OrderingStudy(_Study):
    """Which of several studies has the lower value: the claims of papers that give no number."""

    kind: Literal["ordering"]
    quantity: Annotated[str, Field(min_length=1, description="the name of a quantity, as 'adsorption energy'")]
    order: Annotated[
        tuple[str, ...],
        Field(min_length=2, description="a list of at least two ids of studies above, the lowest expected value first"),
    ]


class CoverageStudy(_Study):
    """Adsorption energies of one ion on one surface over its coverage, from adsorption studies above."""

    kind: Literal["coverage"]
    studies: Annotated[
        tuple[str, ...],
        Field(min_length=2, description="a list of at least two ids of adsorption studies above"),
    ]


class Scan(_Model):
    """Which lateral shifts and gaps of an interface are tried, and with which engine."""

    grid: Annotated[Whole, Field(ge=1, le=12)] = 3
    gaps: Annotated[tuple[Real, ...], Field(min_length=1)] = (0.0, 0.3)
    engine: str | None = None


#: One facet, or a list of them; none for a layer.
Faces = Annotated[
    tuple[Whole, Whole, Whole] | Annotated[tuple[tuple[Whole, Whole, Whole], ...], Field(min_length=1)] | None,
    Field(description="three whole numbers, as [1, 1, 0], a list of such facets, or left out for a layer"),
]
Depth = Annotated[Positive, Field(le=100, description="a number greater than 0, at most 100, in Å")]
Ordinal = Annotated[Natural, Field(description="a whole number of at least 1")]


class Coherent(_Study):
    """What studies of coherent interfaces have in common."""

    film: Phases
    film_facet: Faces = None
    film_termination: Ordinal = 1
    film_thickness: Depth = 8.0
    substrate: Annotated[PhaseName, Field(description="the name of a phase, or {file: my.cif}")]
    substrate_facet: Faces = None
    substrate_termination: Ordinal = 1
    substrate_thickness: Depth = 8.0
    match: Ordinal = 1
    max_area: Annotated[Positive, Field(le=400, description="a number greater than 0, at most 400, in Å²")] = 200.0
    max_strain: Annotated[Real, Field(gt=0, le=0.2, description="a number greater than 0, at most 0.2")] = 0.05
    share: Annotated[
        Real, Field(ge=0, le=1, description="a number from 0 (all strain on the film) to 1 (all on the substrate)")
    ] = 0.0
    geometry: Annotated[Literal["slab", "superlattice"], Field(description="slab or superlattice")] = "slab"
    frozen: Annotated[
        Whole, Field(ge=0, description="how many of the substrate's lowest atomic planes are frozen: a whole number")
    ] = 0
    scan: Annotated[
        Scan,
        Field(description="a mapping of grid (1 to 12), gaps (a list of numbers, in Å) and engine, or of some of them"),
    ] = Scan()
    keep: Annotated[Natural, Field(le=10, description="a whole number from 1 to 10")] = 2


class InterfaceStudy(Coherent):
    """A coherent interface of a film on a substrate."""

    kind: Literal["interface"]
    charges: Annotated[bool, Field(description="true or false")] = True
    electrons: Annotated[
        bool, Field(description="true (states by layer, potential, band offsets; where the engine has them) or false")
    ] = True


class WaySearch(_Model):
    """With which engine the easiest ways are looked for, and by how much it is believed to err."""

    engine: Literal["chgnet", "emt"]
    margin: Annotated[Real, Field(ge=0)] = 0.1


class _Banded(_Model):
    """What studies say of the bands of hops that are found on the way."""

    images: Annotated[Whole, Field(ge=1, le=15, description="a whole number from 1 to 15")] = 7
    band: Annotated[Literal["surrogate", "plain"], Field(description="surrogate or plain")] = "surrogate"
    prior: Annotated[Literal["chgnet", "emt"] | None, Field(description="chgnet or emt, or left out")] = None
    shell: Annotated[
        Literal["ion", "neighbours"] | Positive | None,
        Field(description="ion, neighbours or a radius in Å, or left out"),
    ] = None
    charge: Annotated[Real, Field(description="a number, in units of e")] = 0.0
    kpoints: KPoints = None


class PassageStudy(Coherent, _Banded):
    """The ways of an ion along a coherent interface and across it."""

    kind: Literal["passage"]
    ion: Ion
    mechanism: Annotated[Literal["vacancy", "interstitial"], Field(description="vacancy or interstitial")] = "vacancy"
    region: Annotated[Positive, Field(description="a number greater than 0, in Å from the middle of the interface")] = (
        4.0
    )
    cutoff: Annotated[Positive, Field(description="a number greater than 0, in Å")] = 5.0
    supercell: Annotated[
        tuple[Natural, Natural], Field(description="two whole numbers of at least 1, as [2, 2]: along the interface")
    ] = (1, 1)
    search: Annotated[
        WaySearch | None,
        Field(
            description="a mapping of engine (chgnet or emt) and margin (a number of at least 0, in eV), or left out"
        ),
    ] = None
    beside: Annotated[
        tuple[str, ...], Field(description="a list of ids of studies above whose barrier stands beside, as [bulk]")
    ] = ()

    @model_validator(mode="after")
    def _between_vacuum(self) -> PassageStudy:
        if self.geometry == "slab" and self.charge:
            raise ValueError("charge: a slab between vacuum cannot be charged; take geometry superlattice")
        if self.geometry == "slab" and self.kpoints and self.kpoints[2] != 1:
            raise ValueError("kpoints: across the vacuum of a slab one is enough, as [2, 2, 1]")
        return self


class AmorphousStudy(_Study, _Banded):
    """Amorphous samples from the melt, alone or on a substrate."""

    kind: Literal["amorphous"]
    formula: Annotated[str, Field(min_length=1, description="a formula, as Bi or K3Sb")]
    atoms: Annotated[Whole, Field(ge=8, le=1000, description="a whole number from 8 to 1000")]
    density: Annotated[Positive, Field(description="a number greater than 0, in g/cm³")]
    melt: Annotated[Real, Field(gt=300, le=10000, description="a number above 300, at most 10000, in K")]
    hold: Annotated[Positive, Field(description="a number greater than 0, in ps")] = 5.0
    rate: Annotated[Positive, Field(description="a number greater than 0, in K/ps")] = 100.0
    timestep: Annotated[Positive, Field(le=10, description="a number greater than 0, at most 10, in fs")] = 2.0
    seed: Annotated[Whole, Field(ge=0, description="a whole number of at least 0")] = 0
    samples: Annotated[Natural, Field(le=20, description="a whole number from 1 to 20")] = 1
    ion: Annotated[str | None, Field(min_length=1, description="the symbol of an element, or left out")] = None
    mechanism: Annotated[Literal["vacancy", "interstitial"], Field(description="vacancy or interstitial")] = (
        "interstitial"
    )
    cutoff: Annotated[Positive, Field(description="a number greater than 0, in Å")] = 3.5
    hops: Annotated[Natural, Field(description="a whole number of at least 1: so many hops of each sample")] = 8
    substrate: Annotated[
        PhaseName | None, Field(description="the name of a phase, {file: my.cif}, or left out: samples alone")
    ] = None
    substrate_facet: Facet = None
    substrate_termination: Ordinal = 1
    substrate_thickness: Depth = 8.0
    cells: Annotated[
        tuple[Natural, Natural],
        Field(description="two whole numbers of at least 1, as [3, 3]: the substrate's surface cells"),
    ] = (1, 1)
    gaps: Annotated[tuple[Real, ...], Field(min_length=1, description="a list of numbers, in Å")] = (0.0, 0.3)
    frozen: Annotated[
        Whole, Field(ge=0, description="how many of the substrate's lowest atomic planes are frozen: a whole number")
    ] = 0

    @model_validator(mode="after")
    def _upon(self) -> AmorphousStudy:
        for key in ("substrate_facet", "substrate_termination", "substrate_thickness", "cells", "gaps", "frozen"):
            if self.substrate is None and key in self.model_fields_set:
                raise ValueError(f"{key}: there is no substrate; name one, or leave it out")
        for key in ("mechanism", "cutoff", "hops", *_Banded.model_fields):
            if self.ion is None and key in self.model_fields_set:
                raise ValueError(f"{key}: there is no ion that hops; name one, or leave it out")
        return self


Study = (
    BulkStudy
    | PolymorphsStudy
    | BarrierStudy
    | NetworkStudy
    | AdsorptionStudy
    | OrbitalsStudy
    | CapacityStudy
    | PhononsStudy
    | OrderingStudy
    | CoverageStudy
    | SurfaceStudy
    | InterfaceStudy
    | PassageStudy
    | AmorphousStudy
)
KINDS: dict[str, type[Study]] = {
    "bulk": BulkStudy,
    "polymorphs": PolymorphsStudy,
    "barrier": BarrierStudy,
    "network": NetworkStudy,
    "adsorption": AdsorptionStudy,
    "orbitals": OrbitalsStudy,
    "capacity": CapacityStudy,
    "phonons": PhononsStudy,
    "ordering": OrderingStudy,
    "coverage": CoverageStudy,
    "surface": SurfaceStudy,
    "interface": InterfaceStudy,
    "passage": PassageStudy,
    "amorphous": AmorphousStudy,
}


class Campaign(_Model):
    """A whole campaign file.

    Attributes
    ----------
    path
        The file itself; structure files are found relative to its folder.
    lines
        The line of each study in it.
    places
        The line of every key, by its path: ``studies.0.phase``, say.
    """

    campaign: str = Field(min_length=1, description="a name: a text that is not empty (in quotes where it is a number)")
    engine: str = Field(default="gpaw", description="the name of an engine")
    protocol: Protocol = Field(default="fast", description="fast, standard or strict")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="a mapping of the engine's settings, as {spacing: 0.2}"
    )
    studies: Annotated[
        tuple[Annotated[Study, Field(discriminator="kind")], ...],
        Field(min_length=1, description="a list of at least one study"),
    ]
    path: Path = Field(exclude=True)
    lines: tuple[int, ...] = Field(exclude=True)
    places: dict[str, int] = Field(default_factory=dict, exclude=True)

    @property
    def folder(self) -> Path:
        """Where paths in the file start from."""
        return self.path.parent

    def line(self, number: int, key: str) -> int:
        """Give the line of a study's key; that of the campaign's own, or of the study, where it has none."""
        return self.places.get(f"studies.{number}.{key}") or self.places.get(key) or self.lines[number]


#: What is not read from the file, but told about it.
OWN = frozenset({"path", "lines", "places"})


def load(path: Path) -> Campaign:
    """Read a campaign file.

    Raises
    ------
    BadInput
        In one sentence with file, line and key.
    """
    page = read(path, "campaign file", "campaign and studies")
    known = set(Campaign.model_fields) - OWN
    for key in page.content:
        if key not in known:
            raise BadInput(f"{path}:{page.line([str(key)])}: unknown key '{key}'{near(str(key), known)}")
    studies = page.content.get("studies")
    count = len(studies) if isinstance(studies, list) else 0
    about = {"path": path, "lines": [page.line(["studies", index]) for index in range(count)], "places": page.lines()}
    try:
        return Campaign.model_validate({**page.content, **about})
    except ValidationError as error:
        raise BadInput(_sentence(error, page)) from None


def _sentence(error: ValidationError, page: Page) -> str:
    """Say what is wrong first, in the words of a campaign file."""
    faults = error.errors(include_url=False)
    # A misspelt key is missed as well: say that it is misspelt.
    first = next((fault for fault in faults if fault["type"] in ("extra_forbidden", "invalid_key")), faults[0])
    where, kind = list(first["loc"]), str(first["type"])
    around: list[str | int] = []
    model: type[BaseModel] = Campaign
    needs = "a campaign file"
    if where[0] == "studies" and len(where) > 1:
        around = where[:2]
        study = str(where[2]) if len(where) > 2 else ""
        where = where[3:]
        model = KINDS.get(study, _Study)
        needs = f"a study of kind {study}"
    start = f"{page.path}:{page.line(around)}: "
    if not where:
        return start + _of_study(first, page, around)
    key = str(where[0])
    field = model.model_fields.get(key)
    if kind == "missing" and len(where) == 1:
        return f"{start}{needs} needs the key '{key}'"
    if field is None:
        start = f"{page.path}:{page.line([*around, key])}: "
        return f"{start}unknown key '{key}'{near(key, model.model_fields)}"
    # Of pydantic's own steps only the positions in lists count; the rest are names of types.
    place = [*around, key, *(step for step in where[1:] if isinstance(step, int))]
    return f"{page.path}:{page.line(place)}: {key} must be {field.description}, not {page.written(place)}"


def _of_study(fault: Any, page: Page, around: list[str | int]) -> str:
    """Say what is wrong with a study as a whole, or with its kind."""
    kind = fault["type"]
    if kind == "union_tag_invalid":
        given = page.written([*around, "kind"])
        return f"unknown kind '{given}'{near(given, KINDS)}"
    if kind == "union_tag_not_found":
        return f"a study needs the key 'kind' (known: {', '.join(KINDS)})"
    if kind == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ")
    return f"a study must be a mapping with the key 'kind', not {page.written(around)}"
