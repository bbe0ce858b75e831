"""Records what pymoo's NSGA-II computes on discretised test problems, for test/pymoo.test.ts to compare with.

    pip install pymoo==0.6.2 moocore==0.3.2 numpy==2.4.6
    python test/data/recordPymoo.py test/data/pymoo.json

These versions give the same file to the byte. The script lies beside its result, not in scripts/, because nothing calls it: tests read
only the JSON. It is not part of test/reference/, which is cut from a larger set by a script that removes everything else there.

ZDT1 and DTLZ2 are discretised: a gene is one of `levels` values, evenly spaced from 0 to 1. The operators are glit's: uniform crossover
of every pair of parents, and a mutation that redraws a gene from all its levels. No candidate is evaluated twice. Everything else is
pymoo's: tournaments by rank and crowding, sorting, crowding distances, survival, hypervolume.

Objectives are pymoo's here: smaller is better.
"""

import json
import sys
from importlib.metadata import version

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.problem import Problem
from pymoo.indicators.hv import HV
from pymoo.operators.crossover.ux import UX
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
from pymoo.optimize import minimize
from pymoo.problems.many.dtlz import DTLZ2
from pymoo.problems.multi.zdt import ZDT1
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

SEEDS = range(11)
POPULATION = 60
# The random first one included.
GENERATIONS = 40

CASES = [
    {"name": "zdt1", "continuous": ZDT1(n_var=10), "levels": 17, "reference": [1.1, 1.1]},
    {"name": "dtlz2", "continuous": DTLZ2(n_var=12, n_obj=3), "levels": 9, "reference": [1.1, 1.1, 1.1]},
]


class Discretised(Problem):
    """A problem over genes 0 to levels - 1."""

    def __init__(self, continuous, levels):
        super().__init__(n_var=continuous.n_var, n_obj=continuous.n_obj, xl=0, xu=levels - 1, vtype=int)
        self.continuous, self.levels = continuous, levels

    def _evaluate(self, x, out, *args, **kwargs):
        out["F"] = self.continuous.evaluate(x.astype(float) / (self.levels - 1), return_values_of=["F"])


class RandomReset(Mutation):
    """Redraws each gene with the probability of pymoo's default, 1 / genes, from all levels, the old one included."""

    def _do(self, problem, X, *args, random_state=None, **kwargs):
        drawn = random_state.integers(0, problem.levels, size=X.shape)
        return np.where(random_state.random(X.shape) < 1 / problem.n_var, drawn, X)


class Unseen(DuplicateElimination):
    """Keeps out what equals anything that was evaluated before, or an earlier child of the same generation."""

    def __init__(self):
        super().__init__()
        self.evaluated = set()

    def _do(self, pop, other, is_duplicate):
        before = set(self.evaluated) if other is None else {tuple(each.X) for each in other}
        for index, each in enumerate(pop):
            genes = tuple(each.X)
            is_duplicate[index] = genes in before
            if other is None:
                before.add(genes)
        return is_duplicate


def ranked(objectives):
    """The rank of every point, and its crowding distance within its rank, as pymoo's survival assigns them."""
    crowding_of = get_crowding_function("cd")
    ranks, crowding = np.zeros(len(objectives), int), np.zeros(len(objectives))
    for rank, front in enumerate(NonDominatedSorting().do(objectives)):
        ranks[front], crowding[front] = rank, crowding_of.do(objectives[front])
    # JSON has no infinity.
    return {"ranks": ranks.tolist(), "crowding": [each if np.isfinite(each) else None for each in crowding.tolist()]}


def record(name, continuous, levels, reference):
    problem = Discretised(continuous, levels)
    volume = HV(ref_point=np.array(reference))
    populations, fronts, survivors, evaluated = [], [], [], []
    for seed in SEEDS:
        unseen = Unseen()
        everything = []

        def after(algorithm):
            children = algorithm.off if algorithm.off is not None else algorithm.pop
            everything.append(children.get("F"))
            unseen.evaluated.update(map(tuple, children.get("X")))
            # The first, one that still improves, and the last generation of the first seed; each with its parents.
            if seed == 0 and algorithm.n_gen in (1, 8, GENERATIONS):
                merged = algorithm.merged
                objectives = merged.get("F")
                populations.append({
                    "generation": algorithm.n_gen - 1,
                    "genes": merged.get("X").tolist(),
                    "objectives": objectives.tolist(),
                    **ranked(objectives),
                })
                front = algorithm.opt.get("F")
                corner = objectives.max(axis=0)
                fronts.append({
                    "objectives": front.tolist(),
                    "reference": corner.tolist(),
                    "hypervolume": float(HV(ref_point=corner)(front)),
                })

        algorithm = Recording(
            pop_size=POPULATION,
            sampling=IntegerRandomSampling(),
            crossover=UX(prob=1.0),
            mutation=RandomReset(),
            eliminate_duplicates=unseen,
        )
        algorithm.tournament_type = "comp_by_rank_and_crowding"
        result = minimize(problem, algorithm, ("n_gen", GENERATIONS), seed=seed, callback=after, copy_algorithm=False)
        everything = np.concatenate(everything)
        if len(everything) != POPULATION * GENERATIONS or len(unseen.evaluated) != len(everything):
            raise RuntimeError(f"{name}, seed {seed}: {len(everything)} evaluations of {len(unseen.evaluated)} candidates")
        survivors.append(float(volume(result.pop.get("F"))))
        evaluated.append(float(volume(everything)))
    return {
        "name": name,
        "genes": problem.n_var,
        "levels": levels,
        "objectives": problem.n_obj,
        "population": POPULATION,
        "generations": GENERATIONS,
        "reference": reference,
        "populations": populations,
        "fronts": fronts,
        "hypervolume": {"survivors": survivors, "evaluated": evaluated},
    }


class Recording(NSGA2):
    """Keeps parents and children together, as survival sees them."""

    def _initialize_advance(self, infills=None, **kwargs):
        self.merged = infills
        super()._initialize_advance(infills=infills, **kwargs)

    def _advance(self, infills=None, **kwargs):
        self.merged = type(infills).merge(self.pop, infills)
        super()._advance(infills=infills, **kwargs)


def main(file):
    versions = {name: version(name) for name in ("pymoo", "moocore", "numpy")}
    recorded = {"versions": versions, "cases": [record(**case) for case in CASES]}
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        json.dump(recorded, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
