/** Where a script prints and what it knows of its surroundings; tests pass their own. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Progress and log. */
  err(text: string): void;
  /** Standard output is a terminal that takes colours. */
  readonly colours: boolean;
  /** Standard error is a terminal: a progress bar may be drawn. */
  readonly progress: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Exit codes of every script. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** Surroundings that keep what was printed. */
export function memoryIo(signal: AbortSignal = new AbortController().signal): Io & { stdout: string; stderr: string } {
  const io = {
    stdout: '',
    stderr: '',
    colours: false,
    progress: false,
    signal,
    out(text: string): void {
      io.stdout += text;
    },
    err(text: string): void {
      io.stderr += text;
    },
  };
  return io;
}
