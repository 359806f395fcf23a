import { allowed, type JsonSchema, members } from '../../models/scenario/explain.ts';
import { rootSchema } from './vocabulary.ts';

/** JSON Schema (draft-07) of a scenario, as editors want it. */
export function editorSchema(): string {
  const { properties, ...rest } = rootSchema() as JsonSchema & Record<string, unknown>;
  const schema = {
    ...rest,
    title: 'Replisim scenario',
    description: 'A cluster that replicates HTTP sessions, its clients and what goes wrong.',
    properties: {
      $schema: { type: 'string', description: 'where this schema is' },
      ...properties,
      calibration: {
        anyOf: [
          { type: 'string', description: 'a profile: measured-2core, or a file of calibrate.ts' },
          properties!.calibration,
        ],
      },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function defaultText(schema: JsonSchema, isRequired: boolean): string {
  if (!('default' in schema)) return isRequired ? 'required' : '';
  const value = schema.default;
  return value === '' ? '``' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function row(path: string, schema: JsonSchema, isRequired = true): string {
  const { description = '', source = '', unit = '' } = schema;
  const meaning = description
    .replace(/ Source: .*$/, '')
    .replace(/ \[[^\]]*\]\.?$/, '')
    .replace(/\.$/, '');
  const range = allowed(schema).replace(/ from 0 to 1000000000000| from 0 to 1000000000$/, '');
  const cells = [`\`${path}\``, defaultText(schema, isRequired), range, unit, meaning, source];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function isSection(schema: JsonSchema): boolean {
  const parts = members(schema);
  return parts.length === 1 && parts[0].properties !== undefined;
}

function rows(path: string, schema: JsonSchema, isRequired = true): string[] {
  if (path === 'replication') return strategyRows(schema);
  if (path === 'faults') return [row(path, schema), ...faultRows(schema)];
  if (isSection(schema)) {
    return Object.entries(schema.properties!).flatMap(([key, inner]) =>
      rows(`${path}.${key}`, inner, schema.required?.includes(key) ?? false),
    );
  }
  const own = row(path, schema, isRequired);
  if (schema.items && isSection(schema.items)) return [own, ...rows(`${path}[]`, schema.items)];
  return [own];
}

function strategyRows(schema: JsonSchema): string[] {
  const names = members(schema).map(({ properties }) => String(properties!.strategy.const));
  const strategy = { type: 'string', enum: names, default: 'delta', description: 'replication strategy' };
  const options = members(schema).flatMap(({ properties }) =>
    Object.entries(properties!)
      .filter(([key]) => key !== 'strategy')
      .map(([key, inner]) =>
        row(`replication.${key}`, {
          ...inner,
          description: `${properties!.strategy.const}: ${inner.description ?? ''}`,
        }),
      ),
  );
  return [row('replication.strategy', strategy), ...options];
}

function faultRows(schema: JsonSchema): string[] {
  return members(schema.items!).map(({ properties, description = '' }) => {
    const keys = Object.keys(properties!);
    const kind = keys.find((key) => key !== 'atS' && key !== 'forS')!;
    const named = {
      packetLoss: '0.05',
      partition: '[[node-1], [node-2]]',
      partitionStore: '[n1, node-1]',
      slowStore: 'n1, factor: 10',
      crashTogether: '[node-2, n1]',
    }[kind];
    const example = named ?? (kind.endsWith('Store') ? 'n1' : 'node-2');
    const duration = keys.includes('forS') ? ', forS: 10' : '';
    return `| \`faults[].${kind}\` |  | \`{ atS: 30, ${kind}: ${example}${duration} }\` | s | ${cell(description)} |  |`;
  });
}

/** The table of every key of a scenario, in Markdown. */
export function scenarioTable(): string {
  const heads = ['key', 'default', 'allowed', 'unit', 'meaning', 'source of the default'];
  const body = Object.entries(rootSchema().properties!).flatMap(([key, schema]) => rows(key, schema));
  return [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---').join('|')}|`, ...body].join('\n');
}
