"""Political statuses: productivity, credit, taxes, mandates and costs of firms in each."""

from typing import Literal

from pydantic import Field

from dirigiste.documents.fields import Declaration, ExtendedReal, Flag, Real, parameter


class Mandates(Declaration):
    """Mandates to employ or invest: shares of a factor's cost that the decision about it leaves out."""

    labor: Real = parameter(
        "Share of the wage that the decision about labour leaves out",
        unit="share",
        symbol="m_l",
        enters="perceived wage (1-m_l) w",
        default=0.0,
        ge=0,
        lt=1,
    )
    capital: Real = parameter(
        "Share of the cost of capital that the decision about capital leaves out",
        unit="share",
        symbol="m_k",
        enters="perceived cost of capital (1-m_k)(r + δ)",
        default=0.0,
        ge=0,
        lt=1,
    )


class SizeTax(Declaration):
    """A tax on what a firm uses of a factor above a threshold, at which firms then bunch.

    After Guner, Ventura and Xu (2008). A rate of 0 is no tax, but one that a chronicle can raise.
    """

    on: Literal["capital", "labor"] = Field(description="Which factor: capital, or labour")
    above: Real = parameter(
        "How much of the factor a firm may use untaxed",
        unit="goods (capital) or workers (labor)",
        symbol="x̄",
        enters="tax t (r+δ) max(k - x̄, 0), or t w max(l - x̄, 0); the budget receives it",
        ge=0,
    )
    rate: Real = parameter(
        "Tax on the rental value r+δ of the capital above, or on the wages of the labour above",
        unit="share of the cost of the factor",
        symbol="t",
        enters="cost of a unit above the threshold, (1+t) times the untaxed one",
        ge=0,
    )


class Status(Declaration):
    """One political status."""

    title: str = Field(default="", description="Short name for tables and figures")
    description: str = Field(default="", description="What the status stands for")
    operates: Flag = Field(default=True, description="Whether owners in this status may run a firm")
    productivity: Real = parameter(
        "Productivity of firms in this status, relative",
        unit="1",
        symbol="q",
        enters="A = q z",
        default=1.0,
        gt=0,
    )
    wedge: Real = parameter(
        "Share of revenue that is taken; negative is a subsidy",
        unit="share of revenue",
        symbol="τ",
        enters="revenue (1-τ) A (k^α l^(1-α))^η; the budget receives it",
        default=0.0,
        lt=1,
    )
    collateral: ExtendedReal = parameter(
        "Capital that a firm can have per unit of its owner's wealth; .inf is no limit",
        unit="multiple of wealth",
        symbol="λ",
        enters="credit limit b̄ = (λ-1) a + κ k_u(r)",
        default=1.0,
        ge=1,
    )
    data_lending: Real = parameter(
        "Share of the unconstrained capital that is lent on data about the business",
        unit="share",
        symbol="κ",
        enters="credit limit b̄ = (λ-1) a + κ k_u(r)",
        default=0.0,
        ge=0,
        le=1,
    )
    spread: Real = parameter(
        "What borrowed funds cost above the interest rate; negative is subsidised credit",
        unit="per year",
        symbol="s",
        enters="cost of borrowed funds r + s; the budget receives s b",
        default=0.0,
    )
    size_tax: SizeTax | None = Field(
        default=None, description="Tax on what a firm uses of a factor above a threshold; left out, none"
    )
    mandates: Mandates = Field(default_factory=Mandates, description="What the party asks of the firm")
    fixed_cost: Real = parameter(
        "Fixed cost of running a firm", unit="goods per year", symbol="f", enters="profit", default=0.0, ge=0
    )
    labor_efficiency: Real = parameter(
        "Labour that an owner supplies who runs no firm",
        unit="share of a worker",
        symbol="h",
        enters="earnings h w and labour supply",
        default=1.0,
        ge=0,
        le=1,
    )
    amenity: Real = parameter(
        "What being in the status is worth by itself",
        unit="log points of consumption",
        symbol="m",
        enters="utility u(c e^m)",
        default=0.0,
    )
    controlled: Flag = Field(
        default=False, description="Whether output under this status counts as controlled by the party"
    )
    voice: Flag = Field(default=False, description="Whether owners in this status are critics who speak")
    listed: Flag = Field(
        default=False, description="Whether owners have access to public equity (for reporting only)"
    )
    mass: Real | None = parameter(
        "Share of the population; for groups of statuses that no edges connect",
        unit="share",
        enters="mass of each group of statuses",
        default=None,
        gt=0,
        le=1,
    )
