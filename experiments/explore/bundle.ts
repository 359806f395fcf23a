import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { pageHtml } from './page-html.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

const withoutLimit = `${folder}worker/match-pattern.ts`;

/**
 * Modules of Node have no place in a browser: the functions that use them (readers of files) must fall away as unused.
 * What is left of them fails the build.
 */
const noNode: Plugin = {
  name: 'no modules of Node',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
    build.onResolve({ filter: /\/match-pattern\.ts$/ }, ({ importer }) =>
      importer === withoutLimit ? undefined : { path: withoutLimit },
    );
    // Messages of the simulator are English: zod's other languages are half a megabyte.
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ resolveDir }) =>
      /[\\/]zod[\\/]/.test(resolveDir) ? { path: join(resolveDir, '..', 'locales', 'en.js') } : undefined,
    );
  },
};

/** One program as the text of a script. */
async function bundle(entry: string, format: 'esm' | 'iife'): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    entryPoints: [`${folder}${entry}`],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format,
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    treeShaking: true,
    logLevel: 'silent',
    plugins: [noNode],
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (outside.length > 0)
    throw new Error(`${entry} needs ${[...new Set(outside)].join(', ')}, which a browser does not have`);
  return outputFiles[0].text;
}

/** The explorer as one file that asks for nothing else: page, style, and the simulator as the text of its worker. */
export async function explorerPage(): Promise<string> {
  const [worker, page] = await Promise.all([bundle('worker/worker.ts', 'iife'), bundle('page/main.ts', 'esm')]);
  return pageHtml({ worker, page });
}
