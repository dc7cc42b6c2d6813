"""Random economies with every kind of arc, and random decisions on them: what linear operators must not care
about.
"""

import json

import numpy as np

from dirigiste.economy import loads
from dirigiste.numerics.operators.policy import Policy
from dirigiste.numerics.setup.arrays import compile_economy

ABILITIES = 4

LAWS = ("fixed", "redraw", "markov", "diffusion", "one point")

NAMES = ("first", "second", "third", "fourth")


def law_of(name, rng):
    """A law of ability with that many points, all but one of them random."""
    weights = rng.dirichlet(np.ones(ABILITIES))
    values = np.sort(rng.uniform(0.8, 2.0, ABILITIES))
    points = {"points": {"values": values.tolist(), "weights": weights.tolist()}}
    if name == "one point":
        return {"law": "fixed", "distribution": {"points": {"values": [1.2], "weights": [1.0]}}}
    if name == "fixed":
        return {"law": "fixed", "distribution": points}
    if name == "redraw":
        return {"law": "redraw", "rate": rng.uniform(0.05, 2.0), "distribution": points}
    if name == "diffusion":
        return {"law": "diffusion", "reversion": 0.2, "sd": 0.3, "points": ABILITIES, "width": 2.0}
    generator = rng.uniform(0.01, 0.5, (ABILITIES, ABILITIES))
    np.fill_diagonal(generator, 0.0)
    generator -= np.diag(generator.sum(axis=1))
    return {"law": "markov", "values": values.tolist(), "generator": generator.tolist()}


def edges_of(rng, abilities):
    """Edges of every kind between statuses in a random order: with and without fines and fees, kept and
    redrawn ability, weights, sizes, tastes, several origins, and doors abroad.
    """
    a, b, c, d = (str(name) for name in rng.permutation(NAMES))
    rate = lambda: float(rng.uniform(0.05, 0.6))  # noqa: E731
    size = lambda of: {"of": of, "ref": float(rng.uniform(1, 5)), "power": float(rng.uniform(0.5, 2))}  # noqa: E731
    weight = rng.uniform(0.1, 1.0, abilities).tolist()
    forced = {"kind": "enforcement", "actual": rate(), "perceived": rate()}
    return [
        {"name": "moved", "from": a, "to": b, "kind": "rate", "rate": rate()},
        {"name": "fined", "from": b, "to": c, "kind": "rate", "rate": rate(), "fine": 0.3, "burnt": True},
        {"name": "drawn", "from": c, "to": a, "kind": "rate", "rate": rate(), "ability": "redraw"},
        {"name": "weighed", "from": d, "to": a, "kind": "rate", "rate": rate(), "fee": 0.4,
         "ability": "redraw", "weight": weight},
        {"name": "hit", "from": [a, b, d], "to": c, **forced, "size": size("capital"), "fine": 0.1},
        {"name": "seen", "from": b, "to": d, **forced, "size": size("wealth")},
        {"name": "sold", "from": c, "to": d, **forced, "size": size("revenue"), "ability": "redraw"},
        {"name": "like", "from": a, "to": d, "kind": "choice", "rate": rate(), "cost": 0.02, "scale": 0.05},
        {"name": "pay", "from": [b, d], "to": a, "kind": "choice", "rate": rate(), "scale": 0.1, "fee": 0.2},
        {"name": "sharp", "from": c, "to": b, "kind": "choice", "rate": rate(), "cost": 0.01},
        {"name": "flee", "from": [a, c], "to": "abroad", "kind": "choice", "rate": rate(), "scale": 0.2,
         "fine": 0.2},
        {"name": "expelled", "from": d, "to": "abroad", "kind": "enforcement", "actual": rate() / 10},
    ]  # fmt: skip


def economy_of(seed, law="redraw", **changes):
    """A random economy; `changes` with `__` for the dots of a path."""
    rng = np.random.default_rng(seed)
    statuses = {
        name: {
            "collateral": float(rng.uniform(1, 3)),
            "spread": float(rng.uniform(-0.02, 0.05)),
            "productivity": float(rng.uniform(0.8, 1.1)),
            "labor_efficiency": float(rng.uniform(0.5, 1)),
            "amenity": float(rng.uniform(-0.1, 0.1)),
        }
        for name in NAMES
    }
    made = {
        "name": "drawn",
        "preferences": {"rho": 0.06, "sigma": 1.0},
        "technology": {"alpha": 0.4, "eta": 0.8, "delta": 0.06},
        "ability": law_of(law, rng),
        "statuses": statuses,
        "edges": edges_of(rng, 1 if law == "one point" else ABILITIES),
        "abroad": {"interest": 0.03, "wage": 0.3},
        "entry": {"status": str(rng.choice(NAMES)), "wealth": 1.3, "ability": "stationary"},
        "numerics": {"wealth": {"points": 20, "max": 200, "scale": 0.5}},
    }
    changes = {path.replace("__", "."): value for path, value in changes.items()}
    result = loads(json.dumps(made))
    return result.with_(changes) if changes else result


def compiled_of(seed, law="redraw", **changes):
    """The same, compiled."""
    return compile_economy(economy_of(seed, law, **changes))


def decisions(m, rng, fitted=True):
    """Random decisions (owners save or run wealth down, some of both, some neither) and rates of arcs."""
    N, S, J, E = m.wealth.size, m.status.size, m.ability.size, m.arcs.size
    shape = N, S, J
    right = rng.choice([0.0, 0.0, 0.3, 1.0], shape)
    left = rng.choice([0.0, 1.0], shape) * (1.0 - right)
    right[-1] = left[0] = 0.0
    theta = rng.uniform(0.5, 1.0, (2, *shape)) if fitted else np.ones((2, *shape))
    speeds = rng.exponential(2.0, (2, *shape))
    tangents = rng.exponential(2.0, (2, *shape))
    zero = np.zeros(shape)
    policy = Policy(
        ahead=right * (1 - theta[0]),
        behind=left * (1 - theta[1]),
        speed_right=right * speeds[0],
        speed_left=left * speeds[1],
        tangent_right=right * tangents[0],
        tangent_left=left * tangents[1],
        right=right,
        left=left,
        consumption=zero,
        residual=zero,
        scale=zero,
    )
    return policy, rng.uniform(0.0, 0.5, (N, E, J)), rng.uniform(0.0, 0.5, (N, E, J))


def declared(m, op, births):
    """The matrix of an operator of values (`linear.Operator`), entry by entry from what arcs, law of
    ability and newborns are declared to do; `births`: who leaves the country reaches what newborns have.
    """
    N, S, J = op.exits.shape
    Q = np.zeros((N, S, J, N, S, J))
    newborn = m.entry[:, :, None] * m.stationary
    for n in range(N):
        for s in range(S):
            Q[n, s, :, n, s, :] += m.switching - np.diag(np.diag(m.switching))
        for e in range(m.arcs.size):
            o, d, b, share = m.origin[e], m.destination[e], m.below[e, n], m.above[e, n]
            for j in range(J):
                if m.leaves[e]:
                    if births:
                        Q[n, o, j] += op.rate[n, e, j] * newborn
                    continue
                law = m.draws[e] if m.redraws[e] else np.eye(J)[j]
                Q[n, o, j, b, d] += op.rate[n, e, j] * (1 - share) * law
                Q[n, o, j, b + 1, d] += op.rate[n, e, j] * share * law
    M, D = (np.zeros((N, S, J, N, S, J)) for _ in range(2))
    for i in np.ndindex(N, S, J):
        n, s, j = i
        a, b, r, le = op.ahead[i], op.behind[i], op.right[i], op.left[i]
        M[i][i], D[i][i] = 1 - a - b, -r - le
        if n < N - 1:
            M[i][n + 1, s, j], D[i][n + 1, s, j] = a, r
        if n > 0:
            M[i][n - 1, s, j], D[i][n - 1, s, j] = b, le
    size = N * S * J
    Q, M, D = (x.reshape(size, size) for x in (Q, M, D))
    return M @ (np.diag(op.exits.reshape(-1)) - Q) - D
