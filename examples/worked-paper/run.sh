#!/usr/bin/env bash
# Everything of docs/worked-paper.md, from the raw panel to main.pdf; files are written beside this script.
# Needs dirigiste with `pip install 'dirigiste[regressions]'`, and pdflatex.
set -euo pipefail
cd "$(dirname "$0")"

# 1. The raw panel
dirigiste sample-firms --rows 8000 --asif --details --flaws 0.01 --privatise 0.08 --seed 1 --out raw.csv

# 2. Firms over years
dirigiste link raw.csv --by 法人代码 --by 企业名称 --by 法人代表姓名,省地县码:2,行业代码:3 \
    --by 电话号码,行业代码:2 --year 年份 --out linked.parquet

# 3. Real capital
dirigiste capital linked.parquet --original 固定资产原价合计 --prices raw-prices.csv --year 年份 \
    --founded 开工时间年 --province 省地县码:2 --industry 行业代码:2 --out real.parquet

# 4. The sample
choices=(--preset asif --id panel_id --capital real_capital --drop "employment < 8" \
    --alpha own-corrected --min-cell 5 --reference private)
dirigiste measure real.parquet "${choices[@]}" --table sample

# 5. Misallocation
dirigiste measure real.parquet "${choices[@]}" --bootstrap 100 --seed 1 --table summary --table groups

# 6. State and private firms, year by year
dirigiste measure real.parquet "${choices[@]}" --cluster id --table regress --out by-year --format csv,tex \
    --regress "ln_tfpr + ln_mrpk + ln_mrpl ~ i(year, state) + collective + foreign + hmt | industry^year" \
    --regress-title "State firms against private ones, by year" --regress-label by-year

# 7. Regressions
gap="state + collective + foreign + hmt"
formulas=(--regress "ln_tfpr + ln_mrpk + ln_mrpl ~ $gap | industry^year" \
    --regress "ln_tfpr ~ state*I(year >= 2003) + collective + foreign + hmt | industry^year" \
    --regress "ln_tfpr ~ state | id + industry^year")
dirigiste measure real.parquet "${choices[@]}" --cluster id --table regress "${formulas[@]}"

# 8. Firms that turn private
dirigiste measure real.parquet "${choices[@]}" --event-study '!state' --event-window -3,3 \
    --table event_study

# 9. Tables, figures, wedges and moments as files
dirigiste measure real.parquet "${choices[@]}" --by year --cluster id "${formulas[@]}" \
    --event-study '!state' --event-window -3,3 --bootstrap 100 --seed 1 --out results --format csv,tex \
    --figures --firms wedges.parquet --moments moments.yaml --report report.html --quiet

# 10. The paper
pdflatex -interaction=batchmode -halt-on-error main.tex
pdflatex -interaction=batchmode -halt-on-error main.tex

# 11. The truth
python truth.py
dirigiste measure checked.parquet "${choices[@]}" --trim 0 --cluster id --table regress --table gains_by_year \
    --regress "ln_tfpr + true_ln_tfpr + ln_mrpk + true_ln_mrpk ~ $gap | industry^year" \
    --regress "ln_tfpr + true_ln_tfpr ~ state | id + industry^year"
