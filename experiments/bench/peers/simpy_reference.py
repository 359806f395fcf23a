# M/M/1 at a load of 0.9 in SimPy, with a resource. Prints one JSON object: processor time per customer [ns].
import json
import random
import time

import simpy

CUSTOMERS = 30_000


def customer(environment, server, source):
    with server.request() as turn:
        yield turn
        yield environment.timeout(source.expovariate(1.0))


def arrivals(environment, server, source):
    for _ in range(CUSTOMERS):
        yield environment.timeout(source.expovariate(0.9))
        environment.process(customer(environment, server, source))


best = float("inf")
for _ in range(3):
    environment = simpy.Environment()
    environment.process(arrivals(environment, simpy.Resource(environment), random.Random(1)))
    started = time.process_time()
    environment.run()
    best = min(best, time.process_time() - started)
print(json.dumps({"version": simpy.__version__, "mm1": best * 1e9 / CUSTOMERS}))
