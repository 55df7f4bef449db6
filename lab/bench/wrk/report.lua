-- What wrk found out, as one line of JSON. Times in microseconds.
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '\n{"seconds":%f,"requests":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,'
      .. '"latency":{"0.5":%f,"0.9":%f,"0.99":%f,"0.999":%f}}\n',
    summary.duration / 1e6, summary.requests, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9)))
end
