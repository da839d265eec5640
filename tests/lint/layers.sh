#!/usr/bin/env bash
# Checks that includes point one way (server → storage → planner → proto → base), that gRPC stays in server/ and libpq in
# storage/.  Prints each include that does not, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/../.."

layers=(base proto planner storage server)
failed=0

# refuse FOLDER PATTERN WHY: no file of FOLDER may include what PATTERN matches.
refuse() {
  local found
  found=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2" "$1"/*.[ch] /dev/null || true)
  [ -n "$found" ] || return 0
  echo "$found"
  echo "  $1/: $3"
  failed=1
}

for i in "${!layers[@]}"; do
  layer=${layers[$i]}
  for upper in "${layers[@]:i+1}"; do
    refuse "$layer" "[\"<]$upper/" "$upper/ stands above it"
  done
  refuse "$layer" '["<]\.\.?/' "includes name the folder from the top"
  [ "$layer" = server ] || refuse "$layer" '["<]grpc/' "gRPC is for server/ alone"
  [ "$layer" = storage ] || refuse "$layer" '["<](postgresql/)?libpq' "libpq is for storage/ alone"
done
exit "$failed"
