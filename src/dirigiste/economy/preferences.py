"""Preferences of owners and the technology of firms."""

from dirigiste.documents.fields import Declaration, Real, parameter


class Preferences(Declaration):
    """Time preference and curvature of utility; the same for all owners."""

    rho: Real = parameter(
        "Rate of time preference",
        unit="per year",
        symbol="ρ",
        enters="objective of owners and value equation; ρ - (1-σ) g where technology grows",
        gt=0,
    )
    sigma: Real = parameter(
        "Relative risk aversion, inverse of the elasticity of intertemporal substitution; 1 is log utility",
        unit="1",
        symbol="σ",
        enters="utility u(c) = c^(1-σ)/(1-σ)",
        gt=0,
    )


class Technology(Declaration):
    """Production of a firm, A (k^α l^(1-α))^η, and growth."""

    alpha: Real = parameter(
        "Weight of capital among inputs", unit="share", symbol="α", enters="output of a firm", gt=0, lt=1
    )
    eta: Real = parameter(
        "Returns to scale: the span of control; 1 is constant returns",
        unit="1",
        symbol="η",
        enters="output of a firm; 1-η is the share of profit",
        gt=0,
        le=1,
    )
    delta: Real = parameter(
        "Depreciation of capital", unit="per year", symbol="δ", enters="cost of capital r + δ", ge=0, le=1
    )
    growth: Real = parameter(
        "Growth of technology on the balanced path, in units of output",
        unit="per year",
        symbol="g",
        enters="discounting ρ - (1-σ) g and the drift of wealth, which has - g a",
        default=0.0,
        gt=-1,
        lt=1,
    )
