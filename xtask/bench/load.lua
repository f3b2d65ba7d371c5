-- The load that `cargo xtask bench` puts on a server, for wrk.
--
-- Arguments: method, path, content type, authorization, file. The file has a
-- body on each line, and they are sent in turn. An `@` in a body becomes a
-- number that no other request of the run has. `-` is for what is not sent.

local requests, template, turn = {}, nil, 0
local method, path, headers

local function given(argument)
  return argument ~= "-" and argument or nil
end

function init(arguments)
  method, path = arguments[1], arguments[2]
  headers = { ["Content-Type"] = given(arguments[3]), ["Authorization"] = given(arguments[4]) }
  if not given(arguments[5]) then
    requests[1] = wrk.format(method, path, headers)
    return
  end
  for body in io.lines(arguments[5]) do
    if body:find("@", 1, true) then
      template = body
    else
      requests[#requests + 1] = wrk.format(method, path, headers, body)
    end
  end
end

function request()
  turn = turn + 1
  if template then
    return wrk.format(method, path, headers, (template:gsub("@", turn)))
  end
  return requests[(turn - 1) % #requests + 1]
end

-- One line for programs; times are in microseconds.
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"took":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
