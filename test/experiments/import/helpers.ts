import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { InputError } from '../../../experiments/lib/input-error.ts';

const folders: string[] = [];

/** A temporary folder with the given files; removed when the process ends. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'replisim-import-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The path of a temporary file with this content. */
export function fileWith(name: string, content: string | Uint8Array): string {
  return join(folderWith({ [name]: content }), name);
}

/** Runs an action that must refuse its input, and returns the one line it says, without the folder. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, InputError, `not a refusal: ${error instanceof Error ? error.stack : error}`);
    const { message } = error as InputError;
    assert.not.match(message, /[\n\r]/, 'more than one line');
    return message.replace(/^.*\//, '');
  }
  assert.unreachable('accepted, although it must be refused');
  return '';
}
