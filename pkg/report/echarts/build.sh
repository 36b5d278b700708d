#!/usr/bin/env bash
# Builds echarts.min.js and gathers the licenses that go with it. Needs Node.js with npm; nothing else of this repository does.
# package.json names the versions, package-lock.json the hash of every package. docs/CHARTS.md says more.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json entry.js "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund
modules=$work/node_modules
for name in echarts:LICENSE:LICENSE echarts:NOTICE:NOTICE echarts:licenses/LICENSE-d3:LICENSE-d3 zrender:LICENSE:LICENSE-zrender tslib:LICENSE.txt:LICENSE-tslib; do
	IFS=: read -r package from to <<<"$name"
	tr -d '\r' <"$modules/$package/$from" >"$here/$to"
done
version() { node -p "require('$modules/$1/package.json').version"; }
banner="/* Apache ECharts $(version echarts), Copyright 2017-2026 The Apache Software Foundation, Apache License 2.0; contains ZRender $(version zrender), Copyright (c) 2017, Baidu Inc., BSD 3-Clause; parts of d3, Copyright 2010-2016 Mike Bostock, BSD 3-Clause; and tslib $(version tslib), Copyright (c) Microsoft Corporation, 0BSD. A part of the library, bundled and minified: entry.js names which. */"
"$modules/.bin/esbuild" entry.js --bundle --minify --format=iife --global-name=echarts --target=es2017 --charset=ascii \
	--legal-comments=none --banner:js="$banner" --outfile="$here/echarts.min.js"
sha256sum "$here/echarts.min.js"
