"""What studies may say: one model a kind."""

from __future__ import annotations

from potash.studies.amorphous import AmorphousStudy
from potash.studies.crystals import BulkStudy, CapacityStudy, PhononsStudy, PolymorphsStudy
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.studies.interfaces import InterfaceStudy, PassageStudy
from potash.studies.liquids import LiquidStudy
from potash.studies.molecules import SolvationStudy
from potash.studies.orbitals import OrbitalsStudy
from potash.studies.others import OrderingStudy
from potash.studies.slabs import AdsorptionStudy, CoverageStudy, SurfaceStudy
from potash.studies.trajectories import TrajectoryStudy

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
    | LiquidStudy
    | TrajectoryStudy
    | SolvationStudy
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
    "liquid": LiquidStudy,
    "trajectory": TrajectoryStudy,
    "solvation": SolvationStudy,
}
