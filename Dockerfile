FROM node:24-slim AS build
WORKDIR /build
COPY . .
RUN npm ci && npm run build && npm pack ./dist --pack-destination /tmp

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 TURNOUT_DATA_DIR=/data
WORKDIR /app
RUN --mount=type=bind,from=build,source=/tmp,target=/packed \
    npm install --omit=dev --no-audit --no-fund /packed/turnout-*.tgz \
    && npm cache clean --force \
    && install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/node_modules/.bin/turnout"]
CMD ["start"]
