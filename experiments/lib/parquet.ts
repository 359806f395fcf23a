import { createReadStream, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { invariant } from '../../sim/invariant.ts';

/** A field of datapackage.json. */
interface Field {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number';
  readonly unit?: string;
  readonly description: string;
}

interface Resource {
  readonly path: string;
  readonly schema: { readonly fields: readonly Field[] };
}

/** Rows of one row group: as many as are held in memory at a time. */
const GROUP_ROWS = 50_000;

const types = { string: 'STRING', integer: 'INT64', number: 'DOUBLE' } as const;

type Value = string | number | bigint | null;

function typedValue(text: string, type: Field['type']): Value {
  if (text === '') return null;
  if (type === 'string') return text;
  return type === 'integer' ? BigInt(text) : Number(text);
}

const schemaElements = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
} as const;

async function writeTable(folder: string, { path, schema: { fields } }: Resource): Promise<string> {
  const name = path.replace(/\.csv$/, '.parquet');
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  const units = fields.flatMap(({ name: field, unit }) => (unit ? [{ key: `unit.${field}`, value: unit }] : []));
  try {
    const file = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: [
        { name: 'root', num_children: fields.length },
        ...fields.map(({ name: field, type }) => ({
          name: field,
          repetition_type: 'OPTIONAL' as const,
          ...schemaElements[type],
        })),
      ],
      kvMetadata: units,
      createdBy: 'replisim',
    });
    let columns: Value[][] = fields.map(() => []);
    const flush = async (): Promise<void> => {
      if (columns[0].length === 0) return;
      const columnData = fields.map(({ name: field, type }, at) => ({
        name: field,
        data: columns[at],
        type: types[type],
      }));
      await file.write({ columnData, rowGroupSize: GROUP_ROWS });
      columns = fields.map(() => []);
    };
    let isHeader = true;
    for await (const cells of createReadStream(join(folder, path)).pipe(parse()) as AsyncIterable<string[]>) {
      if (isHeader) {
        invariant(
          cells.every((cell, at) => cell === fields[at].name),
          () => `${path}: columns that datapackage.json does not have`,
        );
        isHeader = false;
        continue;
      }
      for (const [at, { type }] of fields.entries()) columns[at].push(typedValue(cells[at], type));
      if (columns[0].length >= GROUP_ROWS) await flush();
    }
    await flush();
    await file.finish();
    renameSync(temporary, join(folder, name));
    return name;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes each table of a results folder as Parquet beside its CSV, with the types and units of `datapackage.json`.
 *
 * @returns names of the files written; each is whole or was not written.
 */
export async function writeParquet(folder: string): Promise<string[]> {
  const { resources } = JSON.parse(readFileSync(join(folder, 'datapackage.json'), 'utf8')) as { resources: Resource[] };
  const names: string[] = [];
  for (const resource of resources) names.push(await writeTable(folder, resource));
  return names;
}
