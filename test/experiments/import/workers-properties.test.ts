import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jkBalancer, jkRoute } from '../../../experiments/import/jk-facts.ts';
import { readWorkersProperties } from '../../../experiments/import/workers-properties.ts';
import { fileWith } from './helpers.ts';

test('workers, references, lists in parts and values that refer to others', () => {
  const file = readWorkersProperties(
    fileWith(
      'workers.properties',
      [
        '# mod_jk',
        'shop.port=8009',
        'worker.list=lb',
        'worker.list=status',
        'worker.base.type=ajp13',
        'worker.base.port=$(shop.port)',
        'worker.t1.reference=worker.base',
        'worker.t1.host=10.0.0.1',
        'worker.t2.reference=worker.base',
        'worker.t2.host=10.0.0.2',
        'worker.t2.route=node2',
        'worker.lb.type=lb',
        'worker.lb.balance_workers=t1',
        'worker.lb.balance_workers=t2',
      ].join('\r\n'),
    ),
  );
  assert.equal(file.list, ['lb', 'status']);
  const balancer = jkBalancer(file);
  assert.equal(balancer?.members.map(jkRoute), ['t1', 'node2']);
  const [first] = balancer?.members ?? [];
  assert.equal([first.properties.get('port')?.value, first.properties.get('port')?.line], ['8009', 6]);
  assert.is(first.line, 7);
});

test('no load balancer in it: none', () => {
  assert.is(jkBalancer(readWorkersProperties(fileWith('workers.properties', 'worker.a.type=ajp13'))), undefined);
});

test.run();
