# The hosted service, and nothing else of this repository: docs/operating.md says how it is run.
FROM node:24-bookworm-slim AS build
WORKDIR /corvus
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /corvus
ENV NODE_ENV=production CORVUSLLM_BACKEND_HOST=0.0.0.0 CORVUSLLM_BACKEND_PORT=4480
COPY --from=build /corvus/package.json ./
COPY --from=build /corvus/node_modules ./node_modules
COPY --from=build /corvus/bin ./bin
COPY --from=build /corvus/out ./out
COPY --from=build /corvus/resources ./resources
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4480
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:4480/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "bin/corvusllm-backend.mjs", "serve"]
