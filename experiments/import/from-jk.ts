import { importSticky } from './from-stickiness.ts';
import { jkIsOn, jkProperty, jkRoute } from './jk-facts.ts';
import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { importFactors, importRedirect, ServerParameters } from './server-parameters.ts';
import type { Situation } from './situation.ts';
import { refuse } from './source.ts';
import { wholeNumber } from './units.ts';
import type { JkWorker } from './workers-properties.ts';

const jkMethods: Readonly<Record<string, string>> = {
  R: 'jk-request',
  S: 'jk-session',
  N: 'jk-session',
  T: 'jk-traffic',
  B: 'jk-busyness',
};

/** The load balancer worker of workers.properties. */
export function importJk(builder: ScenarioBuilder, situation: Situation): void {
  const { worker, members } = situation.files.jk!;
  const method = jkProperty(worker, 'method');
  const over = jkMethods[(method?.value[0] ?? 'R').toUpperCase()];
  const at: Source = method ?? { file: worker.file, line: worker.line };
  if (!over)
    throw refuse(
      at,
      `method (${method?.value.slice(0, 60)}) of a load balancer; Request, Session, Next, Traffic or Busyness is expected`,
    );
  const isSticky = importSticky(builder, situation, { over, at, text: `mod_jk method ${method?.value ?? 'Request'}` });
  const { stickiness } = situation;
  if (!isSticky) builder.set('balancer.jk.stickySession', false, { ...(stickiness.place ?? at) }, stickiness.text);
  for (const member of [worker, ...members]) {
    for (const name of ['type', 'host', 'port', 'lbfactor', 'reference', 'route', 'jvm_route', 'jvmRoute'])
      builder.mark(jkProperty(member, name));
  }
  builder.mark(jkProperty(worker, 'sticky_session'));
  builder.mark(jkProperty(worker, 'balance_workers', 'balanced_workers'));
  importWorkers(builder, members);
  importJkTimes(builder, situation);
  const force = jkProperty(worker, 'sticky_session_force');
  if (force) builder.set('balancer.jk.stickySessionForce', jkIsOn(force, false), force, `sticky_session_force`);
}

/** Numbers of the load balancer, or of its first worker where mod_jk looks there. */
const jkNumbers = [
  ['recover_time', 'balancer.jk.recoverTimeS'],
  ['error_escalation_time', 'balancer.jk.errorEscalationTimeS'],
  ['max_reply_timeouts', 'balancer.jk.maxReplyTimeouts'],
  ['retries', 'balancer.jk.retries'],
  ['lb_retries', 'balancer.jk.lbRetries'],
  ['retry_interval', 'balancer.jk.retryIntervalMs'],
  ['reply_timeout', 'balancer.jk.replyTimeoutMs'],
  ['socket_connect_timeout', 'balancer.jk.socketConnectTimeoutMs'],
  ['prepost_timeout', 'balancer.jk.prepostTimeoutMs'],
  ['socket_timeout', 'balancer.jk.socketTimeoutS'],
  ['recovery_options', 'balancer.jk.recoveryOptions'],
] as const;
const ofBalancer: ReadonlySet<string> = new Set(['retries', 'lb_retries', 'max_reply_timeouts']);
/** Wait for a CPong where `ping_mode` asks for one. @see source: mod_jk, ping_timeout. */
const PING_TIMEOUT_MS = 10_000;

function importJkTimes(builder: ScenarioBuilder, { files }: Situation): void {
  const { worker, members } = files.jk!;
  for (const [name, path] of jkNumbers) {
    const property = jkProperty(worker, name) ?? (ofBalancer.has(name) ? undefined : jkProperty(members[0], name));
    if (property) builder.set(path, wholeNumber(property.value, property, name), property, `${name}=${property.value}`);
    for (const { properties } of members) {
      const own = properties.get(name);
      if (own && property && own.value.trim() === property.value.trim()) builder.mark(own);
    }
  }
  const mode = jkProperty(members[0], 'ping_mode');
  if (mode && /[AP]/i.test(mode.value)) {
    const timeout = jkProperty(members[0], 'ping_timeout');
    const waitMs = timeout ? wholeNumber(timeout.value, timeout, 'ping_timeout') : PING_TIMEOUT_MS;
    builder.set('balancer.jk.prepostTimeoutMs', waitMs, mode, `ping_mode=${mode.value}`);
    builder.mark(timeout);
  }
  const maintain = files.workers?.properties.get('worker.maintain');
  if (maintain) {
    const value = wholeNumber(maintain.value, maintain, 'worker.maintain');
    builder.set('balancer.jk.maintainS', value, maintain, `worker.maintain=${value}`);
  }
}

/** Whether a worker is active, disabled (its own sessions only) or stopped. */
function importActivation(
  builder: ScenarioBuilder,
  servers: ServerParameters,
  { index, member }: { index: number; member: JkWorker },
): void {
  const activation = jkProperty(member, 'activation');
  const [disabled, stopped] = [jkProperty(member, 'disabled'), jkProperty(member, 'stopped')];
  const letter = activation?.value[0]?.toUpperCase();
  if (activation && letter !== undefined && !'ADS'.includes(letter))
    throw refuse(activation, `activation (${activation.value.slice(0, 60)}); Active, Disabled or Stopped is expected`);
  const source = activation ?? (jkIsOn(stopped, false) ? stopped : disabled);
  builder.mark(activation);
  if (!source) return;
  const text = `${source.key.slice(source.key.lastIndexOf('.') + 1)}=${source.value}`;
  if (letter === 'S' || (!activation && jkIsOn(stopped, false)))
    servers.set(index, 'down', { value: true, source, text });
  else if (letter === 'D' || (!activation && jkIsOn(disabled, false)))
    servers.set(index, 'drain', { value: true, source, text });
}

/** Parameters of the single workers. */
function importWorkers(builder: ScenarioBuilder, members: readonly JkWorker[]): void {
  const servers = new ServerParameters(members.length);
  importFactors(
    builder,
    servers,
    members.map((member) => jkProperty(member, 'lbfactor')),
  );
  const routes = members.map(jkRoute);
  members.forEach((member, index) => {
    const [distance, domain, redirect] = [['distance'], ['domain', 'jvm_route_domain'], ['redirect']].map((names) =>
      jkProperty(member, ...names),
    );
    if (distance) {
      const value = wholeNumber(distance.value, distance, 'distance');
      servers.set(index, 'distance', { value, source: distance, text: `distance=${value}` });
    }
    if (domain) servers.set(index, 'domain', { value: domain.value, source: domain, text: `domain=${domain.value}` });
    if (redirect) importRedirect(builder, servers, { index, redirect, routes });
    importActivation(builder, servers, { index, member });
  });
  servers.into(builder);
}
