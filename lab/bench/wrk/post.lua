-- A POST whose body has as many bytes as the argument says.
dofile("/src/lab/bench/wrk/report.lua")

function init(args)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(args[1]))
  wrk.headers["Content-Type"] = "application/octet-stream"
end
