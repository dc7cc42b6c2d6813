"""The closure of an economy: markets, budget, directed credit, life abroad, newborns for those who leave."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from dirigiste.documents.fields import Declaration, Real, exactly_one, parameter


class OpenAccount(Declaration):
    """Terms on which the world lends and borrows."""

    interest: Real = parameter(
        "World interest rate", unit="per year", symbol="r", enters="interest rate of an open economy"
    )


class OpenCapital(Declaration):
    """An open capital account: the interest rate is given, and net foreign assets are the residual."""

    open: OpenAccount = Field(description="An open capital account")


def _capital(data: object) -> str:
    return "=open" if isinstance(data, dict | OpenCapital) else "=closed" if data == "closed" else "=?"


Capital = Annotated[
    Annotated[Literal["closed"], Tag("=closed")] | Annotated[OpenCapital, Tag("=open")],
    Discriminator(
        _capital,
        custom_error_type="choice_value",
        custom_error_message="must be closed or open",
        custom_error_context={"allowed": "`closed` or `{open: {interest: ...}}`", "words": "closed"},
    ),
]


class Labor(Declaration):
    """Labour market: either workers from outside the model's owners, or a given wage."""

    outside: Real | None = parameter(
        "Workers who are not owners and consume what they earn",
        unit="workers",
        symbol="L0",
        enters="labour supply",
        default=None,
        ge=0,
    )
    wage: Real | None = parameter(
        "Given wage; outside labour is then what clears the market",
        unit="goods per year",
        symbol="w",
        enters="labour market",
        default=None,
        gt=0,
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "outside", "wage")
        return self


class Directed(Declaration):
    """A share of credit or capital that named statuses must receive at least."""

    to: tuple[str, ...] = Field(min_length=1, description="Statuses that the share goes to")
    share: Real = parameter(
        "Share that they must receive at least", unit="share", enters="directed", gt=0, le=1
    )
    of: Literal["credit", "capital"] = Field(description="Of what it is a share")
    by: Literal["spread", "limit"] = Field(
        description="What meets it when it binds: a spread on all others, or a factor on their credit limit"
    )


class Closure(Declaration):
    """Markets and the budget."""

    capital: Capital = Field(default="closed", description="Closed economy, or an open capital account")
    foreign_capital: Real = parameter(
        "Foreign or state funds that are paid the interest rate, in a closed economy",
        unit="goods",
        symbol="B",
        enters="capital market",
        default=0.0,
    )
    labor: Labor = Field(default_factory=lambda: Labor(outside=0.0), description="Labour market")
    fiscal: Literal["rebate", "spend"] = Field(
        default="rebate",
        description="What balances the budget: the transfer (rebate) or public spending (spend)",
    )
    spending: Real = parameter(
        "Public spending; given with `rebate`, the unknown with `spend`",
        unit="goods per year",
        symbol="G",
        enters="budget",
        default=0.0,
    )
    transfer: Real = parameter(
        "Transfer to every owner; given with `spend`, the unknown with `rebate`",
        unit="goods per year",
        symbol="T",
        enters="budget and income of owners",
        default=0.0,
    )
    directed: Directed | None = Field(default=None, description="Directed credit or capital")


class Abroad(Declaration):
    """Life of those who have left: on wealth and labour income, with free access to credit."""

    interest: Real = parameter("Interest rate abroad", unit="per year", symbol="r*", enters="value abroad V*")
    wage: Real = parameter(
        "Wage abroad of a full worker",
        unit="goods per year",
        symbol="w*",
        enters="value abroad V*",
        default=0.0,
        ge=0,
    )


class Entry(Declaration):
    """The newborn who replaces an owner who leaves."""

    status: str = Field(description="Status of a newborn")
    wealth: Real = parameter(
        "Wealth of a newborn, paid by the budget", unit="goods", enters="entry and budget", ge=0
    )
    ability: Literal["stationary"] = Field(
        default="stationary", description="What a newborn's ability is drawn from: the stationary law"
    )
