// The page of the explorer: two simulations in workers, one clock, and what the user does to them.
import { look } from '../frames.ts';
import type { Tree } from '../protocol.ts';
import { Charts } from './charts.ts';
import { byId, make, setText } from './dom.ts';
import { PastedInput } from './files.ts';
import { moment } from './format.ts';
import type { FrameStore } from './frame-store.ts';
import { noticedWords } from './noticed.ts';
import { Player } from './player.ts';
import { showResults } from './results-table.ts';
import { Settings } from './settings.ts';
import { Side } from './side.ts';
import { comparedScenario, faultsOf, fromFragment, initialState, type State, toFragment, withFaults } from './state.ts';
import { isCalm } from './theme.ts';
import { type Deed, deeds } from './words.ts';

const workerText = JSON.parse(byId('worker').textContent!) as string;
const workerUrl = URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }));

/** Charts, words and counts change no more often than this [ms]. */
const WORDS_MS = 95;

/** On a small screen the drawing comes first, and the form is folded. */
const fold = byId<HTMLDetailsElement>('settings-fold');
const wide = matchMedia('(min-width:721px)');
fold.open = wide.matches;
wide.addEventListener('change', () => {
  fold.open = wide.matches;
});

const player = new Player();
const slider = byId<HTMLInputElement>('time');
const deed = byId<HTMLSelectElement>('deed');
let state: State = initialState;
let drawnIndex = -1;
let drawnMs = 0;
let drawnReady = '';

function say(text: string): void {
  setText(byId('status'), text);
}

function problem(message: string): void {
  const box = byId('problem');
  box.hidden = message === '';
  setText(box, message);
}

const sides = ['a', 'b'].map(
  (name) =>
    new Side(byId(`side-${name}`), workerUrl, {
      act: (node) => act(node),
      started: (side) => started(side),
      finished: () => finished(),
      problem,
    }),
);

function stores(): FrameStore[] {
  return sides.flatMap((side) => (side.isShown && side.store !== null && side.store.ready > 0 ? [side.store] : []));
}

function endS(): number {
  const facts = sides[0].store?.facts;
  return facts ? (facts.frames - 1) * facts.dtS : 1;
}

function readyS(): number {
  const shown = sides.filter((side) => side.isShown);
  return Math.min(...shown.map(({ store }) => (store === null ? 0 : (store.ready - 1) * store.facts.dtS)));
}

/** Runs both strategies anew. @param sameUntilS - moment up to which nothing is different. */
function run(next: State, sameUntilS: number): void {
  state = next;
  problem('');
  history.replaceState(null, '', toFragment(state));
  settings.show(state);
  showFaults();
  const second = comparedScenario(state);
  sides[0].start(state.scenario, sameUntilS);
  sides[1].isShown = second !== null;
  document.body.classList.toggle('one', second === null);
  if (second !== null) sides[1].start(second, sameUntilS);
  showResults(byId<HTMLTableElement>('results'), shownResults());
}

function shownResults(): { name: string; result: Side['result'] }[] {
  return sides
    .filter((side) => side.isShown)
    .map((side, place) => ({
      name: place === 0 ? strategyOf(state.scenario) : (state.compare ?? ''),
      result: side.result,
    }));
}

function strategyOf(scenario: Tree): string {
  return ((scenario.replication as Tree | undefined)?.strategy as string | undefined) ?? 'delta';
}

function started(side: Side): void {
  const { facts } = side.store!;
  slider.max = String(endS());
  drawnIndex = -1;
  const name = side === sides[0] ? 'a' : 'b';
  setText(byId(`name-${name}`), facts.strategy);
  setText(byId(`about-${name}`), `${facts.nodes} nodes behind ${facts.balancer}`);
  byId(`mark-${name}`).style.background = `var(--strategy-${facts.strategy})`;
  if (side === sides[0]) byId<HTMLTextAreaElement>('scenario-text').value = side.yaml;
}

function finished(): void {
  const shown = shownResults();
  showResults(byId<HTMLTableElement>('results'), shown);
  const items = shown.flatMap(({ name, result }) =>
    noticedWords(result?.detection ?? []).map((text) => make('li', {}, [make('b', {}, name), new Text(` ${text}`)])),
  );
  byId('noticed').replaceChildren(...items);
  drawnIndex = -1;
}

/** Something is done to a node at the moment that is shown: the scenario has one fault more. */
function act(node: number): void {
  const store = sides[0].store;
  if (store === null || store.ready === 0) return;
  const atS = Math.round(player.timeS * 1000) / 1000;
  const isDown = sides.some(
    (side) =>
      side.isShown && side.store !== null && side.store.frame(side.store.indexAt(atS)).state[node] <= look.STARTING,
  );
  const name = `node-${node + 1}`;
  const kind = deed.value as Deed;
  const fault = isDown
    ? { atS, restart: name }
    : kind === 'freeze'
      ? { atS, freeze: name, forS: 5 }
      : { atS, [kind]: name };
  const words = isDown
    ? 'starts again'
    : { crash: 'is killed', powerOff: 'loses its power', freeze: 'stands still', stop: 'stops' }[kind];
  run({ ...state, scenario: withFaults(state.scenario, [...faultsOf(state.scenario), fault]) }, atS);
  say(`${name} ${words} at ${moment(atS)}.`);
  if (!player.isPlaying && !isCalm()) togglePlay();
}

function showFaults(): void {
  const faults = faultsOf(state.scenario);
  const items = faults.map((fault, place) => {
    const { atS, ...rest } = fault;
    const [kind, target] = Object.entries(rest)[0];
    const words = `${kind} ${Array.isArray(target) ? target.map((one) => (Array.isArray(one) ? one.join(' ') : one)).join(' | ') : target} at ${atS} s`;
    const button = make('button', { type: 'button', 'aria-label': `take out: ${words}`, title: 'take it out' }, '×');
    button.addEventListener('click', () => {
      const others = faults.filter((_, other) => other !== place);
      run({ ...state, scenario: withFaults(state.scenario, others) }, Math.max(0, atS - 0.2));
      say(`Taken out: ${words}.`);
    });
    return make('li', {}, [make('span', {}, words), button]);
  });
  byId('faults').replaceChildren(...items);
  byId('no-faults').hidden = items.length > 0;
}

function togglePlay(): void {
  player.toggle(endS());
  showPlay();
}

function showPlay(): void {
  const button = byId('play');
  setText(button, player.isPlaying ? 'Pause' : 'Play');
}

function download(side: Side): void {
  if (side.yaml === '') return;
  const url = URL.createObjectURL(new Blob([side.yaml], { type: 'text/yaml' }));
  const name = side === sides[0] ? strategyOf(state.scenario) : state.compare;
  make('a', { href: url, download: `scenario-${name}.yaml` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function share(): Promise<void> {
  history.replaceState(null, '', toFragment(state));
  try {
    await navigator.clipboard.writeText(location.href);
    say('The link is in the clipboard; it holds the whole scenario.');
  } catch {
    say('The link stands in the address bar; it holds the whole scenario.');
  }
}

let lastMs = performance.now();

function tick(nowMs: number): void {
  requestAnimationFrame(tick);
  const passedMs = Math.min(100, nowMs - lastMs);
  lastMs = nowMs;
  const all = stores();
  if (all.length === 0 || all.length < sides.filter((side) => side.isShown).length) return;
  const wasPlaying = player.isPlaying;
  player.advance(passedMs, readyS(), endS());
  if (wasPlaying !== player.isPlaying) {
    showPlay();
    say('The end of the run. The numbers below are those of replisim simulate for this scenario.');
  }
  const index = all[0].indexAt(player.timeS);
  const ready = `${all.map((store) => store.ready).join()} ${innerWidth}`;
  const isOther = index !== drawnIndex || ready !== drawnReady;
  const isDue = isOther && (drawnIndex < 0 || nowMs - drawnMs >= WORDS_MS);
  const { deed: words } = deeds[deed.value as Deed];
  for (const side of sides) {
    if (side.isShown) side.show({ timeS: player.timeS, nowMs, passedMs, isDue, deed: words });
  }
  if (!isDue) return;
  drawnMs = nowMs;
  drawnIndex = index;
  drawnReady = ready;
  charts.draw(all, player.timeS);
  if (document.activeElement !== slider || player.isPlaying) slider.value = String(player.timeS);
  slider.setAttribute('aria-valuetext', moment(player.timeS));
  const inWarmUp = player.timeS < all[0].facts.warmUpS;
  setText(byId('clock'), `${moment(player.timeS)} of ${moment(endS())}${inWarmUp ? ', warm-up' : ''}`);
}

const charts = new Charts((timeS) => player.seek(Math.min(timeS, readyS())));
const settings = new Settings(state, (next) => {
  player.seek(0);
  run(next, -1);
});

new PastedInput(workerUrl, (scenario, from) => {
  const kept = from === 'files' ? { name: 'pasted', load: state.scenario.load, run: state.scenario.run } : {};
  const nodes = from === 'files' && scenario.nodes === undefined ? { nodes: state.scenario.nodes } : {};
  player.seek(0);
  run({ ...state, scenario: { ...kept, ...nodes, ...scenario } }, -1);
  say('The scenario has been read and runs.');
});

deed.addEventListener('change', () => {
  drawnIndex = -1;
});
byId('play').addEventListener('click', togglePlay);
byId('share').addEventListener('click', () => void share());
byId('download-a').addEventListener('click', () => download(sides[0]));
byId('download-b').addEventListener('click', () => download(sides[1]));
byId<HTMLSelectElement>('speed').addEventListener('change', (event) => {
  player.speed = Number((event.target as HTMLSelectElement).value);
});
slider.addEventListener('input', () => {
  player.seek(Math.min(Number(slider.value), readyS()));
  drawnIndex = -1;
});
document.addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (event.key !== ' ' || /^(INPUT|SELECT|TEXTAREA|BUTTON|SUMMARY|A)$/.test(target.tagName)) return;
  event.preventDefault();
  togglePlay();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  drawnIndex = -1;
});

/** Runs what the link in the address bar says. */
function runShared(): void {
  player.seek(0);
  try {
    run(fromFragment(location.hash) ?? initialState, -1);
  } catch {
    run(initialState, -1);
    problem('the scenario in this link is damaged; was it cut? The first scenario is shown instead');
  }
}

addEventListener('hashchange', () => {
  if (location.hash.startsWith('#s=')) runShared();
});
runShared();
player.isPlaying = !isCalm();
showPlay();
requestAnimationFrame(tick);
