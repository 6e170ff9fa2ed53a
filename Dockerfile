# One image for all of Freight. What it runs is the argument:
#
#   docker build -t freight:0.1.0 .
#   docker run freight:0.1.0 services/gateway/dist/main.js
#   docker run freight:0.1.0 packages/cli/dist/main.js migrate

# What decides which packages are needed: as long as it stays the same, the installation below is not done again.
FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /app
COPY . .
RUN find packages services test -type f ! -name package.json -delete


FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app

# The package manager that package.json names.
COPY package.json ./
RUN npm install --global "$(node -p 'require("./package.json").packageManager')"

COPY pnpm-lock.yaml pnpm-workspace.yaml .npmrc tsconfig.base.json ./
COPY --from=manifests /app/packages packages
COPY --from=manifests /app/services services
COPY --from=manifests /app/test test
RUN pnpm install --frozen-lockfile --ignore-scripts

COPY packages packages
COPY services services
RUN node node_modules/typescript-native/bin/tsc -b packages/cli services/gateway services/tenants services/jobs services/workers

# What runs: compiled files and the packages that they need.
COPY LICENSE ./
COPY migrations migrations
RUN rm -rf node_modules packages/*/node_modules services/*/node_modules test \
  && pnpm install --frozen-lockfile --ignore-scripts --prod --offline --filter '{./services/*}...' --filter '@freight/cli...' \
  && rm -rf packages/*/src services/*/src packages/*/tsconfig* services/*/tsconfig* tsconfig.base.json \
  && find packages services -path '*/node_modules' -prune -o \( -name '*.d.ts' -o -name '*.d.ts.map' \) -exec rm {} +


FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Owned by root and run by another: a service cannot change its own program.
COPY --from=build /app ./
USER 10001:10001
EXPOSE 8080 9090
ENTRYPOINT ["node"]
CMD ["packages/cli/dist/main.js", "help"]
