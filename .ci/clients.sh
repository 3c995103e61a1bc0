# The stage `clients` of .ci/run: clients that the usual generators make of the OpenAPI documents compile, and get a server's answers.

LANGUAGES=(go java rust typescript)
OAPI_CODEGEN=github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
OPENAPI_GENERATOR=org.openapitools:openapi-generator-cli:7.25.0
CLIENTS=$CACHE/clients
PROGRAMS=$REPOSITORY/test/generated-clients

stage_clients() {
  local language
  ensure_toolchains
  mkdir -p "$CLIENTS"
  # Two runs on one machine take turns: they build in the same folders.
  exec 8>"$CLIENTS/lock"
  flock 8
  npm run --silent build
  NPM_TOOLS=$(npm_tools)
  lint_documents
  # It holds what starts each program, once that was built.
  mkdir "$scratch/built"
  download_openapi_generator
  for language in "${LANGUAGES[@]}"; do build "$language"; done
  call_server
}

ensure_toolchains() {
  ensure_command go golang-go
  ensure_command cargo cargo
  ensure_command javac default-jdk-headless
  ensure_command mvn maven
}

# Prints the folder of the tools that npm has, and of the TypeScript client: in the name is what it depends on.
npm_tools() {
  local folder
  folder=$CLIENTS/npm-$(sha256sum <"$PROGRAMS/typescript/package.json" | cut -c1-16)
  if [[ ! -e $folder/complete ]]; then
    rm -rf "$CLIENTS/npm-"*
    mkdir -p "$folder"
    cp "$PROGRAMS/typescript/package.json" "$folder"
    (cd "$folder" && npm install --loglevel=error --no-package-lock >&2)
    touch "$folder/complete"
  fi
  printf '%s\n' "$folder"
}

# One rule of Redocly is left out, which wants `kind` required: Rust's client takes `kind` for the choice between models, and then no longer
# finds it for the model.
lint_documents() {
  REDOCLY_SUPPRESS_UPDATE_NOTICE=true REDOCLY_TELEMETRY=off \
    "$NPM_TOOLS/node_modules/.bin/redocly" lint --skip-rule no-illogical-composition-keywords openapi.yaml openapi-3.0.yaml
  "$NPM_TOOLS/node_modules/.bin/spectral" lint --fail-severity=hint openapi.yaml openapi-3.0.yaml
}

download_openapi_generator() {
  local parts
  IFS=: read -ra parts <<<"$OPENAPI_GENERATOR"
  GENERATOR_JAR=$CLIENTS/${parts[1]}-${parts[2]}.jar
  if [[ -e $GENERATOR_JAR ]]; then return; fi
  maven dependency:copy "-Dartifact=$OPENAPI_GENERATOR" "-DoutputDirectory=$CLIENTS"
}

# Builds in a process of its own, so that the other languages are tried after one that fails; the calls then fail for want of its program.
build() {
  local began=$SECONDS
  "build_$1" >"$scratch/build-$1" 2>&1 &
  if wait $!; then
    printf '%s was built in %d s\n' "$1" $((SECONDS - began))
  else
    printf '%s was NOT BUILT:\n' "$1"
    tail -n 60 "$scratch/build-$1"
  fi
}

build_go() {
  renew_program go
  GOBIN=$CLIENTS/go-bin go install "$OAPI_CODEGEN"
  mkdir -p api
  "$CLIENTS/go-bin/oapi-codegen" --config oapi-codegen.yaml "$REPOSITORY/openapi-3.0.yaml"
  go build -o program .
  starter go "$PWD/program"
}

build_java() {
  renew_program java
  rm -rf client
  generate java client
  mkdir -p client/src/main/java
  cp Main.java client/src/main/java
  cd client
  maven compile dependency:build-classpath -Dmdep.outputFile=classpath
  starter java java -cp "$PWD/target/classes:$(cat classpath)" Main
}

build_rust() {
  renew_program rust
  rm -rf client
  generate rust client
  cargo build --quiet
  starter rust "$PWD/target/debug/steplease-example"
}

build_typescript() {
  cp "$PROGRAMS/typescript/"* "$NPM_TOOLS"
  cd "$NPM_TOOLS"
  node_modules/.bin/openapi-typescript "$REPOSITORY/openapi.yaml" --output api.ts
  node_modules/.bin/tsc
  starter typescript node "$PWD/built/main.js"
}

# Goes to the folder in which a language's program is built. What was compiled there before stays.
renew_program() {
  mkdir -p "$CLIENTS/$1"
  cp -R "$PROGRAMS/$1/." "$CLIENTS/$1"
  cd "$CLIENTS/$1"
}

# The language, and the folder for its client.
generate() {
  java -jar "$GENERATOR_JAR" generate --generator-name "$1" --input-spec "$REPOSITORY/openapi.yaml" --output "$2" \
    --global-property apiTests=false,modelTests=false
}

maven() { mvn --quiet --batch-mode "$@"; }

# Writes how a program is started: the language, and the command.
starter() {
  printf 'exec' >"$scratch/starter-$1"
  printf ' %q' "${@:2}" >>"$scratch/starter-$1"
  printf ' "$@"\n' >>"$scratch/starter-$1"
  mv "$scratch/starter-$1" "$scratch/built/$1"
}

# Ends with the number of languages whose program got the right answers, alone on a line.
call_server() {
  local status=0
  node --test-reporter=spec dist/test/generated-clients/calls.js "$scratch/built" "${LANGUAGES[@]}" >"$scratch/calls" || status=$?
  cat "$scratch/calls"
  printf 'clients: %d passed, %d failed\n' "$(count pass)" "$(count fail)"
  return "$status"
}

count() { sed -nE "s/^ℹ $1 ([0-9]+)$/\1/p" "$scratch/calls"; }
