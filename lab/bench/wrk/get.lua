dofile("/src/lab/bench/wrk/report.lua")
