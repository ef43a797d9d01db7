# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts && npm cache clean --force
COPY tsconfig.json ./
COPY bin/ bin/
COPY src/ src/
COPY transforms/ transforms/
COPY test/support/ test/support/
COPY schema/ schema/
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="dockmend" \
      org.opencontainers.image.licenses="Apache-2.0"
# git is for `dockmend pr` alone.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/package.json /app/package.json
COPY --from=build /src/node_modules /app/node_modules
COPY --from=build /src/schema /app/schema
COPY --from=build /src/bin/dockmend.js /app/bin/dockmend.js
COPY --from=build /src/dist /app/dist
# Work trees that are mounted belong to others.
RUN git config --system --add safe.directory '*'
WORKDIR /work
USER 1000:1000
ENTRYPOINT ["node", "/app/bin/dockmend.js"]
