import type { Answer } from '../lib/scale-answer.ts';
import type { PointSummary } from '../lib/summarise.ts';
import type { Look } from './palette.ts';
import type { Folder } from './read-folder.ts';
import type { TableCell } from './read-table.ts';

/** One entry of the key beside a figure. */
export interface KeyEntry {
  readonly name: string;
  readonly look: Look;
}

/** Where the figures of a figure stand: a file and its columns. */
export interface Source {
  readonly folder: Folder;
  readonly file: string;
  readonly columns: readonly string[];
}

/** The numbers of a figure as a table. */
export interface FigureData {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
}

/** Widths in which each figure is drawn: a screen or a sheet, and a telephone [px]. */
export const widths = { wide: 760, narrow: 350 } as const;

/** A figure of a report. */
export interface Figure {
  /** Anchor, unique in the page. */
  readonly id: string;
  /** What to see. */
  readonly title: string;
  /** What is drawn: quantity, unit, interval, conditions. */
  readonly about: string;
  readonly key: readonly KeyEntry[];
  /** The wide figure names its lines itself: the key is for narrow screens only. */
  readonly namesItsLines: boolean;
  /** @returns the text of one svg. */
  readonly draw: (width: number, id: string) => string;
  readonly sources: readonly Source[];
  readonly data: FigureData;
  /** Another table below the figure. */
  readonly more?: { readonly label: string; readonly data: FigureData };
}

/** A figure for which there are no data. */
export interface Missing {
  readonly id: string;
  /** What it would show. */
  readonly title: string;
  readonly why: string;
  /** The command after which it is there. */
  readonly run: string;
}

/** A grid of strategies, balancers, sizes and loads that was swept. */
export interface Sweep {
  readonly folder: Folder;
  readonly summaries: readonly PointSummary[];
  readonly answers: readonly Answer[];
}

/** What figures are made from. */
export interface ReportInputs {
  /** The sweep of the report, or the one beside it. */
  readonly sweep: Sweep | undefined;
  /** The folder of an experiment: the one of the report, or one beside it. */
  sibling(name: string): Folder | undefined;
}

/** One figure, or why there is none. */
export type FigureOf = (inputs: ReportInputs) => Promise<Figure | Missing>;

/** A figure of a sweep, or why there is none. */
export type SweepFigureOf = (sweep: Sweep) => Promise<Figure | Missing>;

/** Draws a figure of the sweep where there is one. */
export function ofSweep(figure: SweepFigureOf, id: string, title: string): FigureOf {
  const missing = {
    id,
    title,
    why: 'there is no scale-sweep beside these results',
    run: 'replisim sweep',
  };
  return async ({ sweep }) => (sweep ? figure(sweep) : missing);
}

/** True when there is something to draw. */
export function isDrawn(figure: Figure | Missing): figure is Figure {
  return 'draw' in figure;
}
