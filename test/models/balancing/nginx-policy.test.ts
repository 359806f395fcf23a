import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type NginxAttempt,
  type NginxPolicy,
  nginxAfterAttempt,
  nginxTries,
} from '../../../models/balancing/nginx-policy.ts';
import { equalServers, servers } from './helpers.ts';

/** @see source: nginx `ngx_http_proxy_module.c`, its defaults. */
const nginxPolicyDefaults: NginxPolicy = {
  nextUpstream: ['error', 'timeout'],
  nextUpstreamTries: 0,
  nextUpstreamTimeoutS: 0,
  connectTimeoutS: 60,
  readTimeoutS: 60,
};

function verdict(attempt: Partial<NginxAttempt>, policy: Partial<NginxPolicy> = {}, isSingle = false): string {
  const full: NginxAttempt = {
    end: 'error',
    method: 'GET',
    isSent: true,
    isBodyUnbuffered: false,
    isCachedConnection: false,
    triesLeft: 3,
    elapsedS: 0,
    ...attempt,
  };
  const { outcome, isRetried, triesLeft, status } = nginxAfterAttempt(
    full,
    { ...nginxPolicyDefaults, ...policy },
    isSingle,
  );
  return `${outcome} ${isRetried ? 'retried' : 'ends'} ${status} ${triesLeft}`;
}

test('tries: every server that is not down, backup ones too, or fewer', () => {
  const list = servers({}, { down: true }, {}, { backup: true });
  assert.is(nginxTries(list, nginxPolicyDefaults), 3);
  assert.is(nginxTries(list, { ...nginxPolicyDefaults, nextUpstreamTries: 2 }), 2);
  assert.is(nginxTries(equalServers(2), { ...nginxPolicyDefaults, nextUpstreamTries: 9 }), 2);
});

test('a lost connection or a timeout counts and goes on; 502 or 504 when nobody is left', () => {
  assert.is(verdict({ end: 'error' }), 'failed retried 502 2');
  assert.is(verdict({ end: 'timeout' }), 'failed retried 504 2');
  assert.is(verdict({ end: 'error', triesLeft: 1 }), 'failed ends 502 0');
  assert.is(verdict({ end: 'timeout', triesLeft: 1 }), 'failed ends 504 0');
  assert.is(verdict({ end: 'invalid_header' }), 'failed ends 502 2', 'counts although it is not listed');
});

test('POST, LOCK and PATCH are not repeated once sent, but are if connecting failed', () => {
  for (const method of ['POST', 'LOCK', 'PATCH']) {
    assert.is(verdict({ method }), 'failed ends 502 2');
    assert.is(verdict({ method, isSent: false }), 'failed retried 502 2');
    assert.is(verdict({ method }, { nextUpstream: ['error', 'non_idempotent'] }), 'failed retried 502 2');
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) assert.is(verdict({ method }), 'failed retried 502 2');
});

test('a body passed on unbuffered cannot be sent again', () => {
  assert.is(verdict({ method: 'PUT', isBodyUnbuffered: true }), 'failed ends 502 2');
  assert.is(verdict({ method: 'PUT', isBodyUnbuffered: true, isSent: false }), 'failed retried 502 2');
});

test('the loss of a kept-alive connection costs no try', () => {
  assert.is(verdict({ isCachedConnection: true }), 'failed retried 502 3');
  assert.is(verdict({ isCachedConnection: true, triesLeft: 1 }), 'failed retried 502 1');
  assert.is(verdict({ isCachedConnection: true, end: 'timeout', triesLeft: 1 }), 'failed ends 504 0');
});

test('a status is passed on unless it is listed and another try is left', () => {
  assert.is(verdict({ end: 500 }), 'ok ends 500 3');
  const listed: Partial<NginxPolicy> = { nextUpstream: ['error', 'http_500', 'http_404'] };
  assert.is(verdict({ end: 500 }, listed), 'failed retried 500 2');
  assert.is(verdict({ end: 500, triesLeft: 1 }, listed), 'ok ends 500 1', 'the last one is not counted');
  assert.is(verdict({ end: 500, method: 'POST' }, listed), 'ok ends 500 3');
  assert.is(verdict({ end: 404 }, listed), 'neutral retried 404 2');
  assert.is(verdict({ end: 501 }, listed), 'ok ends 501 3');
});

test('off, and proxy_next_upstream_timeout', () => {
  assert.is(verdict({}, { nextUpstream: [] }), 'failed ends 502 2');
  assert.is(verdict({ elapsedS: 9.9 }, { nextUpstreamTimeoutS: 10 }), 'failed retried 502 2');
  assert.is(verdict({ elapsedS: 10 }, { nextUpstreamTimeoutS: 10 }), 'failed ends 502 2');
});

test('a single server has no second try', () => {
  assert.is(verdict({ triesLeft: 1 }, {}, true), 'failed ends 502 0');
  assert.is(verdict({ triesLeft: 1, isCachedConnection: true }, {}, true), 'failed retried 502 1');
});

test.run();
