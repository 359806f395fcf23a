/** Colours of the style sheet, for what is drawn on a canvas. */
export interface Theme {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  readonly ground: string;
  readonly card: string;
  readonly bad: string;
  readonly link: string;
  readonly ok: string;
  readonly waiting: string;
  readonly stale: string;
  readonly lost: string;
  readonly failed: string;
  readonly frozen: string;
  strategy(name: string): string;
}

let now: Theme | null = null;

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('ink'),
    muted: of('muted'),
    grid: of('grid'),
    axis: of('axis'),
    ground: of('ground'),
    card: of('card'),
    bad: of('bad'),
    link: of('link'),
    ok: of('ok'),
    waiting: of('waiting'),
    stale: of('stale'),
    lost: of('lost'),
    failed: of('failed'),
    frozen: of('frozen'),
    strategy: (name) => of(`strategy-${name}`) || of('link'),
  };
}

/** The colours of the moment: they follow light and dark. */
export function theme(): Theme {
  if (now === null) {
    const media = matchMedia('(prefers-color-scheme: dark)');
    media.addEventListener('change', () => {
      now = read();
    });
    now = read();
  }
  return now;
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the reader has asked for less motion. */
export function isCalm(): boolean {
  return calm.matches;
}
