import type { Column, Table } from './columns.ts';
import { lineEnd } from './csv.ts';

/** Version of the columns; it grows when a column changes its meaning. */
const schemaVersion = '1.0.0';

interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

function field({ name, type, unit, description, emptyWhen }: Column): object {
  return {
    name,
    type,
    ...(unit === null ? {} : { unit }),
    description: emptyWhen ? `${description}; empty when ${emptyWhen}` : description,
    constraints: { required: emptyWhen === undefined },
  };
}

function resource(table: Table, { bytes, sha256 }: WrittenFile): object {
  return {
    name: table.file.replace(/\.csv$/, ''),
    path: table.file,
    profile: 'tabular-data-resource',
    description: table.description,
    mediatype: 'text/csv',
    format: 'csv',
    encoding: 'utf-8',
    bytes,
    hash: `sha256:${sha256}`,
    dialect: { delimiter: ',', lineTerminator: lineEnd, quoteChar: '"', doubleQuote: true, header: true },
    schema: { fields: table.columns.map(field), missingValues: [''], primaryKey: table.key },
  };
}

/** Content of `datapackage.json` (Frictionless): type, unit and description of every field. It holds no time. */
export function datapackage(
  experiment: string,
  question: string,
  tables: readonly Table[],
  files: ReadonlyMap<string, WrittenFile>,
): string {
  const content = {
    profile: 'tabular-data-package',
    name: `replisim-${experiment}`,
    title: `Replisim ${experiment}`,
    description: question,
    version: schemaVersion,
    resources: tables.map((table) => resource(table, files.get(table.file)!)),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
