/** A colour on light and on dark ground, each with a contrast of at least 3:1 to it. */
interface Shade {
  readonly light: string;
  readonly dark: string;
  readonly symbol: SymbolName;
}

/** Shapes of Observable Plot that can be told apart without colour. */
export type SymbolName = 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross' | 'wye';

/** The same shapes as characters, for the key beside a figure. */
const characters: Readonly<Record<SymbolName, string>> = {
  circle: '●',
  square: '■',
  triangle: '▲',
  diamond: '◆',
  star: '★',
  cross: '✚',
  wye: 'Y',
};

/** A strategy looks the same in every figure of every report. */
const strategies: Readonly<Record<string, Shade>> = {
  'all-to-all': { light: '#c4314b', dark: '#ff8095', symbol: 'triangle' },
  backup: { light: '#b85c00', dark: '#f6a94f', symbol: 'square' },
  delta: { light: '#2463c9', dark: '#7db2ff', symbol: 'circle' },
  'memcached-nonsticky': { light: '#0b7f86', dark: '#4fd0d3', symbol: 'star' },
  'memcached-sticky': { light: '#1c7f45', dark: '#63d394', symbol: 'diamond' },
  none: { light: '#667085', dark: '#aeb6c4', symbol: 'cross' },
  'redis-manager': { light: '#ab3aa8', dark: '#e993e4', symbol: 'square' },
  redisson: { light: '#7548d6', dark: '#b9a1ff', symbol: 'circle' },
  'spring-session': { light: '#6d7800', dark: '#c6d04c', symbol: 'triangle' },
  terracotta: { light: '#8a5638', dark: '#d6a788', symbol: 'diamond' },
};

/** For kinds of messages, balancers and whatever else has no colour of its own. */
const series: readonly Shade[] = [
  { light: '#2463c9', dark: '#7db2ff', symbol: 'circle' },
  { light: '#b85c00', dark: '#f6a94f', symbol: 'square' },
  { light: '#1c7f45', dark: '#63d394', symbol: 'triangle' },
  { light: '#ab3aa8', dark: '#e993e4', symbol: 'diamond' },
  { light: '#0b7f86', dark: '#4fd0d3', symbol: 'star' },
  { light: '#c4314b', dark: '#ff8095', symbol: 'cross' },
  { light: '#6d7800', dark: '#c6d04c', symbol: 'wye' },
  { light: '#7548d6', dark: '#b9a1ff', symbol: 'circle' },
  { light: '#8a5638', dark: '#d6a788', symbol: 'square' },
  { light: '#667085', dark: '#aeb6c4', symbol: 'circle' },
];

/** How one thing looks. */
export interface Look {
  /** A CSS colour that follows light and dark. */
  readonly colour: string;
  readonly symbol: SymbolName;
  readonly character: string;
}

function look(variable: string, { symbol }: Shade): Look {
  return { colour: `var(--${variable})`, symbol, character: characters[symbol] };
}

/** How the `index`-th thing without a colour of its own looks. */
export function seriesLook(index: number): Look {
  const place = index % series.length;
  return look(`series-${place + 1}`, series[place]);
}

/** How a strategy looks. @param index - place among the strategies of the figure, for one that is not known. */
export function strategyLook(name: string, index = 0): Look {
  return Object.hasOwn(strategies, name) ? look(`strategy-${name}`, strategies[name]) : seriesLook(index);
}

/** The variables of the colours, for light or dark. */
export function colourVariables(theme: 'light' | 'dark'): string {
  const own = Object.entries(strategies).map(([name, shade]) => `--strategy-${name}:${shade[theme]};`);
  return [...own, ...series.map((shade, index) => `--series-${index + 1}:${shade[theme]};`)].join('');
}
