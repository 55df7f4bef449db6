dofile("/src/bench/wrk/report.lua")
