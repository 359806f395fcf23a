import { createHash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What was written. */
export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** A file that is written piece by piece and is there all at once, synced and renamed, when it is committed. */
export class AtomicFile {
  private readonly file: string;
  private readonly temporary: string;
  private readonly hash = createHash('sha256');
  private readonly descriptor: number;
  private bytes = 0;
  private pending = '';
  private isOpen = true;

  constructor(file: string) {
    this.file = file;
    this.temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
    rmSync(this.temporary, { force: true });
    this.descriptor = openSync(this.temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  }

  write(text: string): void {
    this.pending += text;
    if (this.pending.length > 1 << 16) this.flush();
  }

  private flush(): void {
    const bytes = Buffer.from(this.pending, 'utf8');
    this.pending = '';
    this.hash.update(bytes);
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
  }

  /** The content is complete: from now on readers see it. */
  commit(): WrittenFile {
    this.flush();
    fsyncSync(this.descriptor);
    this.isOpen = false;
    closeSync(this.descriptor);
    renameSync(this.temporary, this.file);
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  /** Nothing of it stays, unless it was committed. */
  abandon(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    closeSync(this.descriptor);
    rmSync(this.temporary, { force: true });
  }
}
