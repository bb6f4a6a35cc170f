"""What studies may say: one model a kind."""

from __future__ import annotations

from potash.studies.amorphous import AmorphousStudy
from potash.studies.crystals import BulkStudy, CapacityStudy, PhononsStudy, PolymorphsStudy
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.studies.interfaces import InterfaceStudy, PassageStudy
from potash.studies.others import OrbitalsStudy, OrderingStudy
from potash.studies.slabs import AdsorptionStudy, CoverageStudy, SurfaceStudy

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
