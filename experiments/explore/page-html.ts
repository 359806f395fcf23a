import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { balancerNames, strategyNames } from '../lib/vocabulary.ts';
import { Html, html } from '../report/html.ts';
import { type Field, numberFields } from './fields.ts';
import { valueAt } from './page/state.ts';
import { counterWords, deeds, seenWords } from './page/words.ts';
import type { Tree } from './protocol.ts';
import { style } from './style.ts';

const defaults = parseScenario({}) as unknown as Tree;

function options(values: readonly { value: string; text: string }[], chosen?: string): Html {
  const selected = new Html(' selected');
  return html`${values.map(({ value, text }) => html`<option value="${value}"${value === chosen && selected}>${text}</option>`)}`;
}

function plain(names: readonly string[]): { value: string; text: string }[] {
  return names.map((value) => ({ value, text: value }));
}

function labelled(field: Pick<Field, 'path' | 'label' | 'about' | 'unit'>, input: Html): Html {
  return html`<label title="${field.about}"><span>${field.label}${field.unit ? html` <small>${field.unit}</small>` : null}</span>${input}</label>`;
}

function choice(path: string, label: string, about: string, values: readonly { value: string; text: string }[]): Html {
  const byDefault = path === 'compare' ? '' : String(valueAt(defaults, path));
  return labelled(
    { path, label, about },
    html`<select data-path="${path}" data-default="${byDefault}">${options(values)}</select>`,
  );
}

function fieldHtml(field: Field): Html {
  const { path, number } = field;
  const byDefault = String(valueAt(defaults, path));
  if (!number) return choice(path, field.label, field.about, field.options ?? []);
  const input = html`<input type="number" required data-path="${path}" data-default="${byDefault}" value="${byDefault}" min="${number.min}" max="${number.max}" step="${number.step}">`;
  return labelled(field, input);
}

/** Open where there is room for both the form and the drawing; on a small screen the drawing comes first. */
const settings = html`<details class="settings" id="settings-fold" open><summary>Settings</summary>
<form id="settings" aria-label="Settings">
<div class="fields">
${choice('replication.strategy', 'Strategy', 'How sessions survive the death of their node.', plain(strategyNames()))}
${choice('compare', 'Compared with', 'A second strategy on the very same arrivals.', [{ value: '', text: 'nothing' }, ...plain(strategyNames())])}
${choice('balancer.type', 'Balancer', 'How the load balancer chooses a node.', plain(balancerNames()))}
${numberFields.map(fieldHtml)}
</div>
</form></details>`;

const inputs = html`<details class="paste"><summary>Paste a server.xml and an nginx.conf</summary>
<p class="note">They are read here, in the page, by the importer of the command line, and go nowhere. What they decide is used, the rest is listed; load and length stay as set above.</p>
<div class="two">
<label><span>server.xml</span><textarea id="server-xml" rows="9" spellcheck="false" autocomplete="off"></textarea></label>
<label><span>nginx.conf</span><textarea id="nginx-conf" rows="9" spellcheck="false" autocomplete="off"></textarea></label>
</div>
<button type="button" id="read-files">Read and simulate</button>
<div id="files-account" role="status"></div>
</details>
<details class="paste"><summary>The whole scenario as text</summary>
<p class="note">Every key of a scenario can be set here; MODEL.md lists them. What is left out has its default.</p>
<label><span>Scenario (YAML or JSON)</span><textarea id="scenario-text" rows="14" spellcheck="false" autocomplete="off"></textarea></label>
<button type="button" id="apply-text">Simulate this</button>
<p id="text-problem" class="problem" role="status"></p>
</details>`;

const speeds = [
  ['0.1', '1/10'],
  ['0.25', '1/4'],
  ['0.5', '1/2'],
  ['1', 'real time'],
  ['2', '2 times'],
  ['5', '5 times'],
  ['20', '20 times'],
].map(([value, text]) => ({ value, text }));

const transport = html`<section class="transport" aria-label="Time">
<button type="button" id="play">Play</button>
<input type="range" id="time" min="0" max="60" step="0.1" value="0" aria-label="Simulated time">
<output id="clock" for="time">0.0 s</output>
<label class="inline"><span>Speed</span><select id="speed">${options(speeds, '1')}</select></label>
<label class="inline"><span>A click on a node</span><select id="deed">${options(Object.entries(deeds).map(([value, { name }]) => ({ value, text: name })))}</select></label>
</section>`;

function side(name: 'a' | 'b', ordinal: string): Html {
  return html`<section class="side" id="side-${name}" aria-labelledby="name-${name}">
<h2><i class="mark" id="mark-${name}"></i><span id="name-${name}">${ordinal} strategy</span> <small id="about-${name}"></small></h2>
<div class="stage"><canvas role="img" aria-label="The cluster: nodes on a circle, traffic between them, users outside"></canvas><div class="nodes" role="group" aria-label="Nodes of the ${ordinal} cluster; arrow keys go round"></div></div>
<p class="about-node"></p>
<dl class="counters">${counterWords.map(({ key, name: word, text }) => html`<div title="${text}"><dt>${word}</dt><dd data-counter="${key}">0</dd></div>`)}</dl>
<ul class="seen" aria-label="Users by what they saw last">${seenWords.map(({ key, name: word, text }) => html`<li title="${text}"><i class="shape ${key}"></i>${word} <b data-seen="${key}">0</b></li>`)}</ul>
<div class="below">
<div class="views"><h3>Who sees whom</h3><canvas role="img" aria-label="Views of the membership, a row for each observer"></canvas><p class="words"></p></div>
<div class="kinds" role="region" aria-label="Traffic by kind of message" tabindex="0"><h3>On the wire now</h3><table><tbody></tbody></table></div>
</div>
</section>`;
}

function chart(id: string, title: string, text: string): Html {
  return html`<figure><h3>${title} <span class="now" id="now-${id}"></span></h3><canvas id="chart-${id}" role="img" aria-label="${title} over simulated time"></canvas><figcaption>${text}</figcaption></figure>`;
}

const charts = html`<section class="charts" aria-label="Charts">
${chart('throughput', 'Answers per second', 'Requests answered, mean of the last second; a dip is what a failure costs.')}
${chart('latency', 'Time of an answer, ms', 'From the request to its answer, mean of the last second; repeated and waiting requests pull it up.')}
${chart('traffic', 'Bytes per second', 'Everything that nodes and stores send, heartbeats at each receiver included.')}
${chart('losses', 'Lost by users', 'Failed and stale answers and lost sessions since the start, warm-up included.')}
<p class="note">Full lines are the first strategy, dashes the second; faint is computed and not yet seen. Grey is the warm-up, red a fault. Drag to move in time.</p>
</section>`;

const explained = html`<section class="explained"><h2>What is shown</h2>
<dl>
<div><dt>Circle</dt><dd>A Tomcat. The dark arc around it is the share of its processors in use; a cross means that it is down, a dashed rim that it is starting or joining, blue that it stands still.</dd></div>
<div><dt>Grey ring that spreads</dt><dd>A heartbeat: a multicast packet that every other node receives.</dd></div>
<div><dt>Lines and dots between nodes</dt><dd>Traffic of the last second, without heartbeats. The width of a line is the logarithm of its bytes per second; moving dots are shares of the volume, not single messages. A box in the middle is the store.</dd></div>
<div><dt>Dots outside</dt><dd>Users, up to 240 of them, beside the node that answered them last. A dot that flies has been answered by another node: its session moved.</dd></div>
${seenWords.map(({ key, name, text }) => html`<div><dt><i class="shape ${key}"></i>${name}</dt><dd>${text}</dd></div>`)}
${counterWords.map(({ name, text }) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}
<div><dt>Who sees whom</dt><dd>The membership as each node has it: a row per observer, a column per member; red is a member that the observer does not have in its view. Point at a node, or reach it with Tab and the arrow keys, to see its view on the circle.</dd></div>
<div><dt>A click on a node</dt><dd>Adds a fault to the scenario at the moment that is shown and runs it again; up to that moment nothing changes, since a run is a function of scenario and seed. A node that is down starts again.</dd></div>
</dl>
<details><summary>What the settings mean</summary><dl>
<div><dt>Strategy</dt><dd>How sessions survive the death of their node; MODEL.md has a page for each.</dd></div>
<div><dt>Compared with</dt><dd>A second strategy on the very same arrivals: the same users, the same requests at the same moments, as long as the first strategy does not keep them waiting longer.</dd></div>
<div><dt>Balancer</dt><dd>How the load balancer chooses a node; sticky-route sends a user back to the node of the session.</dd></div>
${numberFields.map(({ label, about }) => html`<div><dt>${label}</dt><dd>${about}</dd></div>`)}
</dl></details></section>`;

const results = html`<section class="results"><h2>The numbers at the end</h2>
<p class="note">Columns of throughput.csv, consistency.csv and traffic.csv for the measurement window of the whole run: what <code>npx tsx experiments/simulate.ts --scenario FILE</code> says of the downloaded file, to the last digit.</p>
<div class="scroll" role="region" aria-label="Results" tabindex="0"><table id="results"><thead></thead><tbody></tbody></table></div></section>`;

const policy =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:";

/** The explorer. @param scripts - the programs of the page and of its worker. */
export function pageHtml({ worker, page }: { worker: string; page: string }): string {
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><link rel="icon" href="data:,">
<title>Replisim explorer</title><style>${new Html(style)}</style></head><body>
<a class="skip" href="#main">To the clusters</a>
<header class="top"><div><h1>Replisim explorer</h1><p>The simulator runs in this page. Click a node to kill it: what do the users of two strategies notice?</p></div>
<div class="actions"><button type="button" id="share">Copy link</button><button type="button" id="download-a">Download scenario</button><button type="button" id="download-b" class="second">Download second</button></div></header>
${settings}
<p id="problem" class="problem" role="alert" hidden></p>
${transport}
<p id="status" class="status" role="status" aria-live="polite"></p>
<main id="main" tabindex="-1">
<div class="sides">${side('a', 'first')}${side('b', 'second')}</div>
${charts}
</main>
<section class="faults"><h2>Faults</h2><p id="no-faults" class="note">None yet: click a node, or focus it and press Enter.</p><ul id="faults"></ul><ul id="noticed" aria-label="Who noticed what, and when"></ul></section>
${inputs}
${results}
${explained}
<script type="application/json" id="worker">${new Html(JSON.stringify(worker).replaceAll('<', '\\u003c'))}</script>
<script type="module">${new Html(page)}</script>
</body></html>
`;
  return body.text;
}
