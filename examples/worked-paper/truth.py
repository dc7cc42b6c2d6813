"""What the synthetic panel was made from, beside what was estimated.

The rows of raw-truth.csv are those of raw.csv in the same order; the last rows of raw.csv are repeated ones.
Writes checked.parquet: the rows of real.parquet with the columns true_firm, true_capital, true_ln_tfpr and
true_ln_mrpk.
"""

import sys

import polars as pl

from dirigiste.measurement import synthetic

real, truth = pl.read_parquet("real.parquet"), pl.read_csv("raw-truth.csv")
ln_k, ln_y = (1 + pl.col("tau_k")).log(), (1 - pl.col("tau_y")).log()
truth = truth.select(
    true_firm="firm",
    true_capital="real_capital",
    true_ln_tfpr=pl.col("alpha") * ln_k - ln_y,
    true_ln_mrpk=ln_k - ln_y,
)
checked = pl.concat([real.head(truth.height), truth], how="horizontal")
checked.write_parquet("checked.parquet")

true = checked.group_by("true_firm").agg(pl.col("panel_id").n_unique())
made = checked.group_by("panel_id").agg(pl.col("true_firm").n_unique())
error = (checked["real_capital"] / checked["true_capital"]).log().abs().drop_nulls()
panel = synthetic(8000, asif=True, details=True, flaws=0.01, privatise=0.08, seed=1)
gains = pl.read_csv("results/gains_by_year.csv")
lines = [
    f"true firms in one piece, %       {100 * (true['panel_id'] == 1).mean():.1f}",
    f"firms made of one true firm, %   {100 * (made['true_firm'] == 1).mean():.1f}",
    f"error of capital, median, %      {100 * error.quantile(0.5):.1f}",
    f"error of capital, 90th, %        {100 * error.quantile(0.9):.1f}",
    "",
    "year   true gain, %   measured, %",
]
for year, gain in panel.truth.gains.items():
    measured = gains.filter(pl.col("year") == str(year))["gain"].item()
    lines.append(f"{year}   {100 * gain:12.1f}   {measured:11.1f}")
sys.stdout.write("\n".join(lines) + "\n")
